#pragma once

#include <concepts>
#include <string_view>

#include "descent/layers/dense.hpp"
#include "descent/layers/recurrent/recurrent.hpp"

namespace descent::inline DESCENT_ABI {

/// The activation of an `RNN`.
enum class RNNActivation { tanh, relu };

/// The options of `RNN`.
struct RNNOptions {
  Index layers = 1;                ///< each takes the outputs of the one before
  bool bidirectional = false;      ///< adds a direction that begins at the end; the outputs are concatenated
  Outputs outputs = Outputs::all;  ///< of all time steps, or the last of each sequence
  double keep = 1;                 ///< of dropout between layers, as in `Dropout`
  RNNActivation activation = RNNActivation::tanh;
  Bias bias = Bias::learned;
};

namespace detail {

struct RNNCell {
  static constexpr std::string_view name = "RNN";
  static constexpr Index gates = 1;
  static constexpr bool has_cell_state = false;

  RNNActivation activation = RNNActivation::tanh;

  static void visit_options(auto&& f, auto&... tree) { f("activation", tree.activation...); }
  bool has_recurrent_bias() const { return false; }

  template <std::floating_point T>
  void begin(const RecurrentWeights<T>&, RecurrentRun<T>&) const {}
  template <std::floating_point T>
  void begin_backward(RecurrentRun<T>&, Index) const {}

  template <std::floating_point T>
  void forward(const RecurrentWeights<T>& w, RecurrentRun<T>& run, Index t, const Steps<T>& steps,
               bool has_previous, Workers& workers) const {
    const Index m = steps.samples();
    if (has_previous)
      Product<T>::plain(w.recurrent, columns_of_step(run.hidden, t, m), run.recurrent, workers);
    for_columns(workers, run.hidden.rows(), m, [&](Index j) {
      const Index k = t * m + j;
      auto y = run.hidden.col(k + m).array();
      if (steps.is_padding(t, j)) {
        y = run.hidden.col(k).array();
        return;
      }
      auto a = run.gates.col(k).array();
      if (has_previous) a += run.recurrent.col(j).array();
      if (activation == RNNActivation::tanh)
        y = a.tanh();
      else
        y = a.max(T(0));
    });
  }

  template <std::floating_point T>
  void backward(const RecurrentWeights<T>& w, RecurrentRun<T>& run, Index t, const Steps<T>& steps,
                bool wants_previous, Workers& workers) const {
    const Index m = steps.samples();
    for_columns(workers, run.hidden.rows(), m, [&](Index j) {
      const Index k = t * m + j;
      auto d = run.dgates.col(k).array();
      if (steps.is_padding(t, j)) {
        d.setZero();
        return;
      }
      const auto y = run.hidden.col(k + m).array();
      auto dh = run.dh.col(j).array();
      if (activation == RNNActivation::tanh)
        d = dh * (1 - y.square());
      else
        d = (y > T(0)).select(dh, T(0));
      dh.setZero();
    });
    if (wants_previous)
      Product<T>::transposed_left(w.recurrent, columns_of_step(run.dgates, t, m), run.back, workers);
  }

  template <std::floating_point T>
  void recurrent_gradients(const RecurrentRun<T>& run, Index, RecurrentWeights<T>& gradient,
                           Workers& workers) const {
    const Batch<T> before{run.hidden.data(), Shape{run.hidden.rows()}, run.gates.cols()};
    Product<T>::transposed_right(run.dgates, before, gradient.recurrent, workers);
  }
};

}  // namespace detail

/// Simple recurrent layer, also called Elman network. For sequences of more than some ten steps prefer `GRU` or `LSTM`,
/// whose gradients vanish more slowly.
///
///   h_t = g(W x_t + U h_(t-1) + b)      g = tanh or max(0, .)
///
/// Padding, directions, layers and state are as for `LSTM`.
///
/// Shapes   x {in, 1, time}   y {directions * hidden, 1, time}, or [directions * hidden, m] with `Outputs::last`
///          W [hidden, in]   U [hidden, hidden]   b [hidden], or none with Bias::none
/// Throws   as LSTM.
/// Cost     2 * hidden * (in + hidden) * time * m flop forward for each layer and direction, twice that backward
/// Source   Elman: Finding structure in time (Cognitive Science 14, 1990)
template <std::floating_point T = float>
class RNN : public detail::Recurrent<T, detail::RNNCell> {
 public:
  /// Initializes W by XavierUniform, U by Orthogonal and the bias by zeros.
  RNN(Index in, Index hidden, Rng& rng, const RNNOptions& options = {}) : RNN{in, hidden, options} {
    this->initialize(rng);
  }
  /// Makes weights and biases of zeros, for numbers from elsewhere.
  RNN(Index in, Index hidden, const RNNOptions& options = {})
      : detail::Recurrent<T, detail::RNNCell>{in, hidden, options, {options.activation}} {}
};

}  // namespace descent
