#pragma once

#include <concepts>
#include <string_view>

#include "descent/layers/dense.hpp"
#include "descent/layers/recurrent/recurrent.hpp"

namespace descent::inline DESCENT_ABI {

/// The place of the reset gate of a `GRU`: after the recurrent product, as in PyTorch and Keras, or before it, as in the
/// paper and by default in ONNX.
enum class GRUReset { after, before };

/// The options of `GRU`.
struct GRUOptions {
  Index layers = 1;                ///< each takes the outputs of the one before
  bool bidirectional = false;      ///< adds a direction that begins at the end; the outputs are concatenated
  Outputs outputs = Outputs::all;  ///< of all time steps, or the last of each sequence
  double keep = 1;                 ///< of dropout between layers, as in `Dropout`
  GRUReset reset = GRUReset::after;
  Bias bias = Bias::learned;
};

namespace detail {

struct GRUCell {
  static constexpr std::string_view name = "GRU";
  static constexpr Index gates = 3;
  static constexpr bool has_cell_state = false;

  GRUReset reset = GRUReset::after;

  static void visit_options(auto&& f, auto&... tree) { f("reset", tree.reset...); }
  bool has_recurrent_bias() const { return is_after(); }
  bool is_after() const { return reset == GRUReset::after; }

  /// `inner` has the factor of the reset gate: the recurrent product, or the state after the reset.
  template <std::floating_point T>
  void begin(const RecurrentWeights<T>& w, RecurrentRun<T>& run) const {
    const Index h = run.hidden.rows();
    run.inner.setZero(h, run.gates.cols());
    if (is_after()) return;
    run.parts.resize(3);
    run.parts[0] = w.recurrent.topRows(2 * h);
    run.parts[1] = w.recurrent.bottomRows(h);
  }
  template <std::floating_point T>
  void begin_backward(RecurrentRun<T>& run, Index used) const {
    run.dinner.resize(run.gates.rows(), run.gates.cols());
    run.dinner.rightCols(run.gates.cols() - used).setZero();
  }

  template <std::floating_point T>
  void forward(const RecurrentWeights<T>& w, RecurrentRun<T>& run, Index t, const Steps<T>& steps,
               bool has_previous, Workers& workers) const {
    if (is_after())
      forward_after(w, run, t, steps, has_previous, workers);
    else
      forward_before(run, t, steps, has_previous, workers);
  }

  template <std::floating_point T>
  void backward(const RecurrentWeights<T>& w, RecurrentRun<T>& run, Index t, const Steps<T>& steps,
                bool wants_previous, Workers& workers) const {
    if (is_after())
      backward_after(w, run, t, steps, wants_previous, workers);
    else
      backward_before(run, t, steps, workers);
  }

  template <std::floating_point T>
  void recurrent_gradients(RecurrentRun<T>& run, Index, RecurrentWeights<T>& gradient,
                           Workers& workers) const {
    const Index h = run.hidden.rows();
    const Batch<T> before{run.hidden.data(), Shape{h}, run.gates.cols()};
    if (is_after()) {
      Product<T>::transposed_right(run.dinner, before, gradient.recurrent, workers);
      if (gradient.recurrent_bias.size() > 0)
        row_sums(Batch<T>{run.dinner}, gradient.recurrent_bias, workers);
      return;
    }
    Product<T>::transposed_right(run.dgates, before, gradient.recurrent, workers);
    Product<T>::transposed_right(run.dgates, run.inner, run.products, workers);
    gradient.recurrent.bottomRows(h) = run.products.bottomRows(h);
  }

 private:
  /// Computes the new state from the gates r, z and n.
  static auto next_state(const auto& z, const auto& n, const auto& previous) {
    return n + z * (previous - n);
  }

  template <std::floating_point T>
  static void forward_after(const RecurrentWeights<T>& w, RecurrentRun<T>& run, Index t,
                            const Steps<T>& steps, bool has_previous, Workers& workers) {
    const Index m = steps.samples(), h = run.hidden.rows();
    const bool has_bias = w.recurrent_bias.size() > 0;
    if (has_previous)
      Product<T>::affine(w.recurrent, columns_of_step(run.hidden, t, m), w.recurrent_bias, run.recurrent,
                         workers);
    for_columns(workers, gates * h, m, [&](Index j) {
      const Index k = t * m + j;
      if (steps.is_padding(t, j)) {
        run.hidden.col(k + m) = run.hidden.col(k);
        return;
      }
      auto a = run.gates.col(k).array();
      if (has_previous || has_bias) {
        const T* from = has_previous ? run.recurrent.col(j).data() : w.recurrent_bias.data();
        a.head(2 * h) += numbers_at(from, 2 * h);
        run.inner.col(k).array() = numbers_at(from + 2 * h, h);
      }
      a.head(2 * h) = logistic(a.head(2 * h));
      a.tail(h) = (a.tail(h) + a.head(h) * run.inner.col(k).array()).tanh();
      run.hidden.col(k + m).array() = next_state(a.segment(h, h), a.tail(h), run.hidden.col(k).array());
    });
  }

  template <std::floating_point T>
  static void backward_after(const RecurrentWeights<T>& w, RecurrentRun<T>& run, Index t,
                             const Steps<T>& steps, bool wants_previous, Workers& workers) {
    const Index m = steps.samples(), h = run.hidden.rows();
    for_columns(workers, gates * h, m, [&](Index j) {
      const Index k = t * m + j;
      auto d = run.dgates.col(k).array(), e = run.dinner.col(k).array();
      if (steps.is_padding(t, j)) {
        d.setZero();
        e.setZero();
        return;
      }
      const auto a = run.gates.col(k).array();
      const auto r = a.head(h), z = a.segment(h, h), n = a.tail(h);
      auto dh = run.dh.col(j).array();
      d.tail(h) = dh * (1 - z) * (1 - n.square());
      d.segment(h, h) = dh * (run.hidden.col(k).array() - n) * z * (1 - z);
      d.head(h) = d.tail(h) * run.inner.col(k).array() * r * (1 - r);
      e.head(2 * h) = d.head(2 * h);
      e.tail(h) = d.tail(h) * r;
      dh *= z;
    });
    if (wants_previous)
      Product<T>::transposed_left(w.recurrent, columns_of_step(run.dinner, t, m), run.back, workers);
  }

  template <std::floating_point T>
  static void forward_before(RecurrentRun<T>& run, Index t, const Steps<T>& steps, bool has_previous,
                             Workers& workers) {
    const Index m = steps.samples(), h = run.hidden.rows();
    if (has_previous)
      Product<T>::plain(run.parts[0], columns_of_step(run.hidden, t, m), run.recurrent, workers);
    for_columns(workers, gates * h, m, [&](Index j) {
      const Index k = t * m + j;
      if (steps.is_padding(t, j)) return;
      auto a = run.gates.col(k).array().head(2 * h);
      if (has_previous) a += run.recurrent.col(j).array();
      a = logistic(a);
      run.inner.col(k).array() = a.head(h) * run.hidden.col(k).array();
    });
    if (has_previous)
      Product<T>::plain(run.parts[1], columns_of_step(run.inner, t, m), run.parts[2], workers);
    for_columns(workers, gates * h, m, [&](Index j) {
      const Index k = t * m + j;
      if (steps.is_padding(t, j)) {
        run.hidden.col(k + m) = run.hidden.col(k);
        return;
      }
      auto a = run.gates.col(k).array();
      if (has_previous) a.tail(h) += run.parts[2].col(j).array();
      a.tail(h) = a.tail(h).tanh();
      run.hidden.col(k + m).array() = next_state(a.segment(h, h), a.tail(h), run.hidden.col(k).array());
    });
  }

  template <std::floating_point T>
  static void backward_before(RecurrentRun<T>& run, Index t, const Steps<T>& steps, Workers& workers) {
    const Index m = steps.samples(), h = run.hidden.rows();
    Matrix<T>& dn = run.parts[2];  // of the step: contiguous, as the products need them
    dn.resize(h, m);
    for_columns(workers, gates * h, m, [&](Index j) {
      const Index k = t * m + j;
      auto d = run.dgates.col(k).array();
      d.setZero();
      dn.col(j).setZero();
      if (steps.is_padding(t, j)) return;
      const auto z = run.gates.col(k).array().segment(h, h), n = run.gates.col(k).array().tail(h);
      auto dh = run.dh.col(j).array();
      d.tail(h) = dh * (1 - z) * (1 - n.square());
      d.segment(h, h) = dh * (run.hidden.col(k).array() - n) * z * (1 - z);
      dn.col(j) = d.tail(h);
      dh *= z;
    });
    Product<T>::transposed_left(run.parts[1], dn, run.back, workers);
    run.recurrent.resize(2 * h, m);
    for_columns(workers, gates * h, m, [&](Index j) {
      const Index k = t * m + j;
      auto d = run.dgates.col(k).array();
      if (!steps.is_padding(t, j)) {
        const auto r = run.gates.col(k).array().head(h);
        const auto of_product = run.back.col(j).array();
        d.head(h) = of_product * run.hidden.col(k).array() * r * (1 - r);
        run.dh.col(j).array() += of_product * r;
      }
      run.recurrent.col(j) = d.head(2 * h);
    });
    Product<T>::transposed_left(run.parts[0], run.recurrent, run.back, workers);
  }
};

}  // namespace detail

/// Gated recurrent unit over sequences.
///
///   r, z = sigmoid(W x_t + U h_(t-1) + b)      each with rows of W, U and b
///   n = tanh(W x_t + b + r (U h_(t-1) + b'))   by default, or tanh(W x_t + b + U (r h_(t-1))) with GRUReset::before
///   h_t = (1 - z) n + z h_(t-1)
///
/// The rows of W, U, b and b' are those of r, z and n, as in PyTorch. Padding, directions, layers and state are as for
/// `LSTM`; parameters are named `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, or `bias_l0` for a reset
/// before the product.
///
/// Shapes   x {in, 1, time}   y {directions * hidden, 1, time}, or [directions * hidden, m] with `Outputs::last`
///          W [3 hidden, in]   U [3 hidden, hidden]   b, b' [3 hidden], or none with Bias::none
/// Throws   as LSTM.
/// Cost     6 * hidden * (in + hidden) * time * m flop forward for each layer and direction, twice that backward
/// Source   Cho et al.: Learning phrase representations using RNN encoder-decoder (EMNLP 2014)
/// Example  examples/31_forecast.cpp
template <std::floating_point T = float>
class GRU : public detail::Recurrent<T, detail::GRUCell> {
 public:
  /// Initializes W by XavierUniform and U by Orthogonal, each gate on its own, and the biases by zeros.
  GRU(Index in, Index hidden, Rng& rng, const GRUOptions& options = {}) : GRU{in, hidden, options} {
    this->initialize(rng);
  }
  /// Makes weights and biases of zeros, for numbers from elsewhere.
  GRU(Index in, Index hidden, const GRUOptions& options = {})
      : detail::Recurrent<T, detail::GRUCell>{in, hidden, options, {options.reset}} {}
};

}  // namespace descent
