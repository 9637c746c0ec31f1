#pragma once

#include <concepts>
#include <string_view>

#include "descent/autodiff/graph.hpp"
#include "descent/autodiff/variable.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/layers/attention/attention.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `attention`.
struct AttentionOptions {
  Index heads = 1;
  bool causal = false;  ///< true: query t attends to the keys 0 to t only
};

namespace detail {

/// The memory of a node of attention.
template <std::floating_point T>
struct AttentionState final : NodeState<T> {
  Attention<T> attention{};
  AttentionCache<T> cache;
  Matrix<T> dq, dk, dv;

  template <class Number>
  static Heads<Number> heads(Number* numbers, const Batch<T>& like) {
    return {numbers, like.shape().channels, like.shape().positions(), like.lengths()};
  }
  void backward(const Pullback<T>& p) {
    const Batch<T>&q = p.a(), &k = p.b(), &v = p.c();
    dq.resize(q.rows(), q.cols());
    dk.resize(k.rows(), k.cols());
    dv.resize(v.rows(), v.cols());
    attention.backward(heads(q.data(), q), heads(k.data(), k), heads(v.data(), k), heads(p.dy().data(), q),
                       heads(dq.data(), q), heads(dk.data(), k), heads(dv.data(), k), cache, p.workers());
    p.to_a(dq);
    p.to_b(dk);
    p.to_c(dv);
  }
};

[[noreturn, gnu::cold]] inline void throw_attention(const Shape& q, const Shape& k, const Shape& v,
                                                    Index heads) {
  throw_error<ShapeError>("attention",
                          {"expected queries, keys and values of the same channels, which ", heads,
                           " heads divide, got ", shape_text(q), ", ", shape_text(k), " and ", shape_text(v)},
                          "project them by three Dense layers to the same number of features");
}

}  // namespace detail

/// Attention of one sequence to another: each query gets the mean of the values, weighted by a softmax of its products
/// with the keys, in each head of n channels.
///
///   y = v softmax(k^T q / sqrt(n))
///
///   attention(apply(query, x, pass), apply(key, memory, pass), apply(value, memory, pass), {.heads = 4})
///
/// Keys beyond the length of a sample are no keys; queries beyond it get 0, as queries without keys do.
///
/// Shapes   queries, y {channels, 1, steps}   keys, values {channels, 1, other steps}
/// Throws   ShapeError when the channels, steps or samples do not fit; DataError when the weights of attention do not
///          fit into memory.
/// Source   Vaswani et al.: Attention is all you need (NeurIPS 2017), 3.2
template <std::floating_point T>
Variable<T> attention(const Variable<T>& queries, const Variable<T>& keys, const Variable<T>& values,
                      const AttentionOptions& options = {}) {
  const Batch<T>&q = queries.value(), &k = keys.value(), &v = values.value();
  if (options.heads < 1 || q.shape().channels % options.heads != 0 ||
      q.shape().channels != k.shape().channels || k.shape() != v.shape())
    detail::throw_attention(q.shape(), k.shape(), v.shape(), options.heads);
  if (q.samples() != k.samples() || k.samples() != v.samples())
    throw_error<ShapeError>("attention",
                            {"expected the same samples of queries, keys and values, got ", q.samples(), ", ",
                             k.samples(), " and ", v.samples()},
                            "pass sequences of the same batch");
  using State = detail::AttentionState<T>;
  return queries.graph().record(
      {"attention", [](const Pullback<T>& p) { p.template state<State>().backward(p); }},
      {queries, keys, values}, [&](Matrix<T>& y) {
        Graph<T>& graph = queries.graph();
        State& state = graph.template state<State>();
        state.attention = {options.heads, q.shape().channels / options.heads, q.samples(), options.causal, 1};
        y.resize(q.rows(), q.cols());
        state.attention.forward(State::heads(q.data(), q), State::heads(k.data(), k),
                                State::heads(v.data(), k), State::heads(y.data(), q), state.cache,
                                Pass::inference(graph.workers()));
        return q.with_numbers(y);
      });
}

}  // namespace descent
