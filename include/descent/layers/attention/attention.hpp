#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <new>
#include <span>
#include <string_view>

#include "descent/concepts/pass.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/layers/noise/keep_mask.hpp"
#include "descent/linalg/gemm.hpp"
#include "descent/linalg/product.hpp"
#include "descent/parallel/parts.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The queries, keys, values or results of all heads: `steps` columns for each sample, `stride` numbers apart, in which
/// the heads follow each other.
template <class T>
struct Heads {
  T* data;
  Index stride, steps;
  std::span<const Index> lengths = {};  // of the samples; empty if all have `steps`

  Index length(Index sample) const {
    return lengths.empty() ? steps : lengths[static_cast<std::size_t>(sample)];
  }
  T* at(Index sample, Index row) const { return data + sample * steps * stride + row; }
};

/// The intermediate results of attention.
template <std::floating_point T>
struct AttentionCache {
  Matrix<T> probabilities;  // [keys, queries * heads * samples]
  Matrix<T> kept;           // the same after dropout, if there is any
  bool drops = false;

  const Matrix<T>& weights() const { return drops ? kept : probabilities; }
};

/// Scaled dot-product attention of each head of each sample:
///
///   S = K^T Q / sqrt(n)      P = softmax over keys of S      Z = V P
///   D = V^T dZ               dS = P (D - sum over keys of P D) / sqrt(n)
///   dQ = K dS    dK = Q dS^T    dV = dZ P^T
///
/// Keys and queries beyond the length of a sample do not take part, and a query without keys gets 0.
template <std::floating_point T>
struct Attention {
  Index heads, size, samples;  // `size` numbers in a head
  bool causal = false;
  double keep = 1;

  void forward(const Heads<const T>& q, const Heads<const T>& k, const Heads<const T>& v, const Heads<T>& z,
               AttentionCache<T>& c, const Pass& pass) const {
    c.drops = pass.is_training() && keep < 1;
    resize(c.probabilities, q, k);
    if (c.drops) resize(c.kept, q, k);
    for_heads(pass.workers(), q, k, [&](Index sample, Index head) {
      const Index queries = q.length(sample), keys = k.length(sample), row = head * size,
                  first = (sample * heads + head) * q.steps;
      T* const p = c.probabilities.data() + first * k.steps;
      Product<T>::multiply({{k.at(sample, row), k.stride, true},
                            {q.at(sample, row), q.stride, false},
                            p,
                            k.steps,
                            keys,
                            queries,
                            size});
      for (Index j = 0; j < queries; ++j) {
        softmax(p + j * k.steps, reach(j, keys), keys);
        if (c.drops)
          drop(p + j * k.steps, c.kept.col(first + j).data(), keys, sample, head * q.steps + j, pass);
      }
      Product<T>::multiply({{v.at(sample, row), v.stride, false},
                            {c.weights().data() + first * k.steps, k.steps, false},
                            z.at(sample, row),
                            z.stride,
                            size,
                            queries,
                            keys});
      clear(z, sample, row, queries);
    });
  }

  void backward(const Heads<const T>& q, const Heads<const T>& k, const Heads<const T>& v,
                const Heads<const T>& dz, const Heads<T>& dq, const Heads<T>& dk, const Heads<T>& dv,
                const AttentionCache<T>& c, Workers& workers) const {
    for_heads(workers, q, k, [&](Index sample, Index head) {
      const Index queries = q.length(sample), keys = k.length(sample), row = head * size,
                  first = (sample * heads + head) * q.steps;
      const T* const p = c.probabilities.data() + first * k.steps;
      const T* const w = c.weights().data() + first * k.steps;
      thread_local Vector<T> memory;
      if (memory.size() < keys * queries) memory.resize(keys * queries);
      T* const d = memory.data();
      const Operand<T> of_dz{dz.at(sample, row), dz.stride, false};
      Product<T>::multiply({of_dz, {w, k.steps, true}, dv.at(sample, row), dv.stride, size, keys, queries});
      Product<T>::multiply({{v.at(sample, row), v.stride, true}, of_dz, d, keys, keys, queries, size});
      for (Index j = 0; j < queries; ++j)
        softmax_gradient(p + j * k.steps, w + j * k.steps, d + j * keys, reach(j, keys), keys);
      Product<T>::multiply({{k.at(sample, row), k.stride, false},
                            {d, keys, false},
                            dq.at(sample, row),
                            dq.stride,
                            size,
                            queries,
                            keys});
      Product<T>::multiply({{q.at(sample, row), q.stride, false},
                            {d, keys, true},
                            dk.at(sample, row),
                            dk.stride,
                            size,
                            keys,
                            queries});
      clear(dq, sample, row, queries);
      clear(dk, sample, row, keys);
      clear(dv, sample, row, keys);
    });
  }

 private:
  using Numbers = Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>>;
  using ConstNumbers = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>;

  T scale() const { return T(1) / std::sqrt(T(size)); }
  /// The number of keys that a query attends to.
  Index reach(Index query, Index keys) const { return causal ? std::min(query + 1, keys) : keys; }

  void resize(Matrix<T>& m, const Heads<const T>& q, const Heads<const T>& k) const {
    try {
      m.resize(k.steps, q.steps * heads * samples);
    } catch (const std::bad_alloc&) {
      throw_error<DataError>("attention",
                             {"expected sequences whose attention fits into memory, got ", samples,
                              " samples of ", q.steps, " x ", k.steps, " steps and ", heads, " heads"},
                             "choose shorter sequences or fewer samples");
    }
  }

  void for_heads(Workers& workers, const Heads<const T>& q, const Heads<const T>& k, auto&& f) const {
    constexpr Index term_cost = 16;  // products in the time to compute a number elsewhere, about
    for_parts(workers, {samples * heads, q.steps * k.steps * size / term_cost + 1}, [&](const Part& part) {
      for (Index i = part.first; i < part.first + part.count; ++i) f(i / heads, i % heads);
    });
  }

  void softmax(T* scores, Index count, Index keys) const {
    if (count > 0) {
      Numbers s{scores, count};
      const T largest = s.maxCoeff();
      s = ((s - largest) * scale()).exp();
      s *= 1 / s.sum();
    }
    std::fill(scores + count, scores + keys, T(0));
  }
  /// Replaces the gradient d with respect to the weights w by that with respect to the products of queries and keys.
  void softmax_gradient(const T* p, const T* w, T* d, Index count, Index keys) const {
    Numbers slopes{d, count};
    slopes *= ConstNumbers{w, count};
    const T sum = slopes.sum();
    slopes = (slopes - ConstNumbers{p, count} * sum) * scale();
    std::fill(d + count, d + keys, T(0));
  }
  void drop(const T* p, T* kept, Index keys, Index sample, Index query, const Pass& pass) const {
    draw_keep_mask(pass, sample, query * ((keys + 127) / 128), keep, kept, keys);
    Numbers{kept, keys} *= ConstNumbers{p, keys};
  }

  /// Sets the steps of a head beyond the length of a sample to 0.
  void clear(const Heads<T>& x, Index sample, Index row, Index length) const {
    for (Index t = length; t < x.steps; ++t) std::fill_n(x.at(sample, row) + t * x.stride, size, T(0));
  }
};

}  // namespace descent::detail
