#pragma once

#include <concepts>
#include <string_view>

#include "descent/layers/dense.hpp"
#include "descent/layers/recurrent/recurrent.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `LSTM`.
struct LSTMOptions {
  Index layers = 1;                ///< each takes the outputs of the one before
  bool bidirectional = false;      ///< adds a direction that begins at the end; the outputs are concatenated
  Outputs outputs = Outputs::all;  ///< of all time steps, or the last of each sequence
  double keep = 1;                 ///< of dropout between layers, as in `Dropout`
  double forget_bias = 1;          ///< the initial bias of the forget gate
  Bias bias = Bias::learned;
};

namespace detail {

struct LSTMCell {
  static constexpr std::string_view name = "LSTM";
  static constexpr Index gates = 4;
  static constexpr bool has_cell_state = true;

  static void visit_options(auto&&, auto&...) {}
  bool has_recurrent_bias() const { return false; }

  template <std::floating_point T>
  void begin(const RecurrentWeights<T>&, RecurrentRun<T>& run) const {
    run.inner.resize(run.hidden.rows(), run.gates.cols());
  }
  template <std::floating_point T>
  void begin_backward(RecurrentRun<T>&, Index) const {}

  template <std::floating_point T>
  void forward(const RecurrentWeights<T>& w, RecurrentRun<T>& run, Index t, const Steps<T>& steps,
               bool has_previous, Workers& workers) const {
    const Index m = steps.samples(), h = run.hidden.rows();
    if (has_previous)
      Product<T>::plain(w.recurrent, columns_of_step(run.hidden, t, m), run.recurrent, workers);
    for_columns(workers, gates * h, m, [&](Index j) {
      const Index k = t * m + j, next = k + m;
      if (steps.is_padding(t, j)) {
        run.hidden.col(next) = run.hidden.col(k);
        run.cell.col(next) = run.cell.col(k);
        return;
      }
      auto a = run.gates.col(k).array();
      if (has_previous) a += run.recurrent.col(j).array();
      a.head(2 * h) = logistic(a.head(2 * h));
      a.segment(2 * h, h) = a.segment(2 * h, h).tanh();
      a.tail(h) = logistic(a.tail(h));
      run.cell.col(next).array() =
          a.segment(h, h) * run.cell.col(k).array() + a.head(h) * a.segment(2 * h, h);
      run.inner.col(k).array() = run.cell.col(next).array().tanh();
      run.hidden.col(next).array() = a.tail(h) * run.inner.col(k).array();
    });
  }

  template <std::floating_point T>
  void backward(const RecurrentWeights<T>& w, RecurrentRun<T>& run, Index t, const Steps<T>& steps,
                bool wants_previous, Workers& workers) const {
    const Index m = steps.samples(), h = run.hidden.rows();
    for_columns(workers, gates * h, m, [&](Index j) {
      const Index k = t * m + j;
      auto d = run.dgates.col(k).array();
      if (steps.is_padding(t, j)) {
        d.setZero();
        return;
      }
      const auto a = run.gates.col(k).array();
      const auto i = a.head(h), f = a.segment(h, h), g = a.segment(2 * h, h), o = a.tail(h);
      const auto tanh_c = run.inner.col(k).array();
      auto dh = run.dh.col(j).array(), dc = run.dc.col(j).array();
      dc += dh * o * (1 - tanh_c.square());
      d.head(h) = dc * g * i * (1 - i);
      d.segment(h, h) = dc * run.cell.col(k).array() * f * (1 - f);
      d.segment(2 * h, h) = dc * i * (1 - g.square());
      d.tail(h) = dh * tanh_c * o * (1 - o);
      dc *= f;
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

/// Long short-term memory over sequences.
///
///   i, f, o = sigmoid(W x_t + U h_(t-1) + b)      g = tanh(W x_t + U h_(t-1) + b)      each with rows of W, U and b
///   c_t = f c_(t-1) + i g      h_t = o tanh(c_t)
///
/// The rows of W, U and b are those of i, f, g and o, as in PyTorch. Padding is never read: the backward direction begins
/// at the last step of each sequence, and `Outputs::last` is the last step of each direction. With several layers or
/// directions, parameters are named `weight_ih_l0`, `weight_hh_l0`, `bias_l0`, `weight_ih_l0_reverse`, ...
///
///   Sequential{Embedding{1000, 64, rng}, LSTM{64, 128, rng, {.outputs = Outputs::last}}, Dense{128, 2, rng}}
///
/// The state is an argument and a result, for sequences that come in parts:
///
///   LSTM<>::State state;                                 // empty: zeros
///   lstm.forward(first, state, cache, Pass::inference());
///   lstm.forward(second, state, cache, Pass::inference());
///
/// Shapes   x {in, 1, time}   y {directions * hidden, 1, time}, or [directions * hidden, m] with `Outputs::last`
///          W [4 hidden, in]   U [4 hidden, hidden]   b [4 hidden], or none with Bias::none
/// Throws   ShapeError when x has another number of channels, or a size is not positive; DataError when an option is
///          out of range or the weights do not fit into memory.
/// Cost     8 * hidden * (in + hidden) * time * m flop forward for each layer and direction, twice that backward
/// Source   Hochreiter, Schmidhuber: Long short-term memory (1997); Gers, Schmidhuber, Cummins: Learning to forget
///          (2000), for the forget gate; Jozefowicz, Zaremba, Sutskever: An empirical exploration of recurrent network
///          architectures (ICML 2015), for its bias of 1
/// Example  examples/30_char_lstm.cpp
template <std::floating_point T = float>
class LSTM : public detail::Recurrent<T, detail::LSTMCell> {
 public:
  /// Initializes W by XavierUniform and U by Orthogonal, each gate on its own, and the bias by zeros but for the forget
  /// gate.
  LSTM(Index in, Index hidden, Rng& rng, const LSTMOptions& options = {}) : LSTM{in, hidden, options} {
    this->initialize(rng);
    expect_finite({this->name, "forget_bias", options.forget_bias});
    for (auto& w : this->weights_)
      if (w.bias.size() > 0) w.bias.segment(hidden, hidden).setConstant(T(options.forget_bias));
  }
  /// Makes weights and biases of zeros, for numbers from elsewhere.
  LSTM(Index in, Index hidden, const LSTMOptions& options = {})
      : detail::Recurrent<T, detail::LSTMCell>{in, hidden, options, {}} {}
};

}  // namespace descent
