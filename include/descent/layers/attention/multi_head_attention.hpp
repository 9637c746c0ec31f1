#pragma once

#include <concepts>
#include <span>
#include <string_view>

#include "descent/concepts/initializer.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/options.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/initializers/xavier.hpp"
#include "descent/layers/attention/attention.hpp"
#include "descent/layers/attention/rotary.hpp"
#include "descent/layers/dense.hpp"
#include "descent/tree/parameter.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `MultiHeadAttention`.
struct MultiHeadAttentionOptions {
  Index heads = 1;            ///< a divisor of the features
  bool causal = false;        ///< true: a step attends to itself and the steps before it only
  double keep = 1;            ///< the probability of keeping an attention weight in training, in [2^-16, 1]
  Bias bias = Bias::learned;  ///< of all four projections
  Rotary rotary = Rotary::none;  ///< rotates queries and keys by their positions
  double rotary_base = 10000;    ///< the longest wavelength is about 2 pi times this
};

/// Multi-head self-attention over the time steps of a sequence, or the positions of an image. For each head of n =
/// features / heads numbers, and with the columns of q, k and v as steps:
///
///   q, k, v = Wq x + bq, Wk x + bk, Wv x + bv
///   P = softmax over keys of k^T q / sqrt(n)      z = v P      y = Wo z + bo, z of all heads
///
///   D = v^T dz      dS = P (D - sum over keys of P D) / sqrt(n)
///   dq = k dS       dk = q dS^T      dv = dz P^T      and the projections as in `Dense`
///
/// In a batch with `lengths()`, steps beyond the length of a sample are padding: they are no keys, and z is 0 there.
/// A sample of length 0 has z = 0 everywhere.
///
///   Residual{Sequential{LayerNorm{128}, MultiHeadAttention{128, rng, {.heads = 4, .causal = true}}}}
///
/// Shapes   x, y {features, height, width}      in_proj_weight [3 * features, features], of q, k and v in this order
///          in_proj_bias [3 * features]         out_proj.weight [features, features]   out_proj.bias [features]
/// Throws   ShapeError when x has other channels, when the number of heads does not divide the features, or when a
///          head of rotary positions has an odd number of them; DataError when an option is out of range, or the
///          weights of attention do not fit into memory.
/// Cost     (8 * features^2 + 4 * features * steps) flop a step forward, twice that backward; memory for heads * steps
///          numbers a step.
/// Source   Vaswani et al.: Attention is all you need (NeurIPS 2017), 3.2
/// Example  examples/33_language_model.cpp
template <std::floating_point T = float>
class MultiHeadAttention {
 public:
  static constexpr std::string_view name = "MultiHeadAttention";
  using Scalar = T;
  struct Cache {
    typename Dense<T>::Cache in, out;
    detail::AttentionCache<T> attention;
    detail::RotaryTable<T> rotary;
    Matrix<T> z, slopes;  // slopes: of queries, keys and values
  };

  /// Initializes the weights by `init` and the biases by zeros.
  MultiHeadAttention(Index features, Rng& rng, Initializer<T> auto const& init,
                     const MultiHeadAttentionOptions& options = {})
      : in_proj(checked(features, options), 3 * features, rng, init, options.bias),
        out_proj(features, features, rng, init, options.bias),
        options_{options} {}
  MultiHeadAttention(Index features, Rng& rng, const MultiHeadAttentionOptions& options = {})
      : MultiHeadAttention{features, rng, XavierUniform{}, options} {}

  static void visit(auto&& f, auto& first, auto&... rest) {
    f(Parameter{"in_proj_weight", Role::weight}, first.in_proj.weight, rest.in_proj.weight...);
    if (first.in_proj.has_bias())
      f(Parameter{"in_proj_bias", Role::bias}, first.in_proj.bias, rest.in_proj.bias...);
    Dense<T>::visit(under("out_proj", f), first.out_proj, rest.out_proj...);
  }
  static void visit_options(auto&& f, auto&... tree) {
    f("heads", tree.options_.heads...);
    f("causal", tree.options_.causal...);
    f("keep", tree.options_.keep...);
    f("rotary", tree.options_.rotary...);
    f("rotary_base", tree.options_.rotary_base...);
  }

  Shape output_shape(const Shape& in) const {
    if (in.channels != features()) detail::throw_features(name, features(), in);
    return in;
  }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const {
    output_shape(x.shape());
    if (x.samples() == 0) {  // allocates nothing, however long the sequences
      c.out.y.resize(features(), 0);
      return x.with_numbers(c.out.y);
    }
    in_proj.forward(x.channels(), c.in, pass);
    c.rotary.set(options_.rotary, options_.rotary_base, head_size(), x.shape().positions());
    c.z.resize(features(), x.shape().positions() * x.samples());
    rotate(x, c.in.y, c, pass.workers(), false);
    attention(x).forward(heads_of<const T>(c.in.y, 0, x), heads_of<const T>(c.in.y, 1, x),
                         heads_of<const T>(c.in.y, 2, x), heads_of<T>(c.z, 0, x), c.attention, pass);
    out_proj.forward(c.z, c.out, pass);
    return x.with_numbers(c.out.y);
  }

  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, MultiHeadAttention& gradient,
                    const Pass& pass) const {
    to_projections(x, dy, c, gradient, pass);
    in_proj.backward(x.channels(), c.slopes, c.in, gradient.in_proj, pass);
    return x.with_numbers(c.in.dx);
  }
  void backward_parameters(const Batch<T>& x, const Batch<T>& dy, Cache& c, MultiHeadAttention& gradient,
                           const Pass& pass) const {
    to_projections(x, dy, c, gradient, pass);
    in_proj.backward_parameters(x.channels(), c.slopes, c.in, gradient.in_proj, pass);
  }

  Index features() const { return out_proj.weight.rows(); }
  const MultiHeadAttentionOptions& options() const { return options_; }

  Dense<T> in_proj;  ///< to queries, keys and values
  Dense<T> out_proj;

 private:
  static Index checked(Index features, const MultiHeadAttentionOptions& options) {
    if (features < 1 || options.heads < 1 || features % options.heads != 0)
      throw_error<ShapeError>(
          name, {"expected a number of heads that divides ", features, " features, got ", options.heads},
          "choose a divisor of the features");
    if (options.rotary != Rotary::none && features / options.heads % 2 != 0)
      throw_error<ShapeError>(name,
                              {"expected heads of an even size for rotary positions, got ",
                               features / options.heads, " features"},
                              "choose fewer heads or an even number of features in each");
    if (features > Index{1} << 32)
      throw_error<DataError>(name, {"expected sizes that fit into memory, got ", features, " features"},
                             "choose smaller sizes");
    detail::checked_keep(name, options.keep);
    expect_positive({name, "rotary_base", options.rotary_base});
    return features;
  }

  Index head_size() const { return features() / options_.heads; }
  detail::Attention<T> attention(const Batch<T>& x) const {
    return {options_.heads, head_size(), x.samples(), options_.causal, options_.keep};
  }
  /// The heads in block `block` of `features` rows.
  template <class Number>
  detail::Heads<Number> heads_of(auto& matrix, Index block, const Batch<T>& x) const {
    return {matrix.data() + block * features(), matrix.rows(), x.shape().positions(), x.lengths()};
  }

  void rotate(const Batch<T>& x, Matrix<T>& projected, const Cache& c, Workers& workers, bool back) const {
    if (options_.rotary == Rotary::none) return;
    const Index steps = x.shape().positions(), heads = 2 * options_.heads;  // of queries and of keys
    for_columns(workers, steps * projected.rows(), x.samples(), [&](Index sample) {
      for (Index head = 0; head < heads; ++head)
        c.rotary.rotate(projected.col(sample * steps).data() + head * head_size(), projected.rows(), steps,
                        back);
    });
  }

  /// Computes the gradient of the output projection, and `slopes`.
  void to_projections(const Batch<T>& x, const Batch<T>& dy, Cache& c, MultiHeadAttention& gradient,
                      const Pass& pass) const {
    expect_backward(name, {features(), features()}, x, dy, c.out.y);
    const Index steps = x.shape().positions(), weights = steps * options_.heads * x.samples();
    if (x.shape().channels != features() || c.in.y.rows() != 3 * features() || c.z.cols() != c.out.y.cols() ||
        c.attention.probabilities.rows() != steps || c.attention.probabilities.cols() != weights)
      detail::throw_backward(name, {c.out.y.rows(), c.out.y.cols()}, {x.rows(), x.cols()},
                             {dy.rows(), dy.cols()});
    out_proj.backward(c.z, {dy.data(), Shape{features()}, c.z.cols()}, c.out, gradient.out_proj, pass);
    c.slopes.resize(3 * features(), c.z.cols());
    const Matrix<T>& projected = c.in.y;
    attention(x).backward(heads_of<const T>(projected, 0, x), heads_of<const T>(projected, 1, x),
                          heads_of<const T>(projected, 2, x), heads_of<const T>(c.out.dx, 0, x),
                          heads_of<T>(c.slopes, 0, x), heads_of<T>(c.slopes, 1, x),
                          heads_of<T>(c.slopes, 2, x), c.attention, pass.workers());
    rotate(x, c.slopes, c, pass.workers(), true);
  }

  MultiHeadAttentionOptions options_;
};

}  // namespace descent
