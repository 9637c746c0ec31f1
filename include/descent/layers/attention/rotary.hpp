#pragma once

#include <cmath>
#include <concepts>

#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// Rotary positions of queries and keys: none; of the pairs (0, 1), (2, 3), ... of a head, as in the paper; or of the
/// pairs (0, n/2), (1, n/2 + 1), ..., as in the files of Llama.
enum class Rotary { none, neighbors, halves };

namespace detail {

/// The rotation of the pairs of a head by angles that grow with the time step.
///
///   angle(i, t) = t * base^(-2 i / n)       pair i of n / 2, step t
///   (a, b) -> (a cos - b sin, a sin + b cos)
///
/// Source   Su, Lu, Pan, Wen, Liu: RoFormer (arXiv:2104.09864), equation 34
template <std::floating_point T>
class RotaryTable {
 public:
  /// Computes the angles, unless they are those of the last call.
  void set(Rotary kind, double base, Index head_size, Index steps) {
    kind_ = kind;
    const Index pairs = head_size / 2;
    if (kind == Rotary::none || (base == base_ && cosine_.rows() == pairs && cosine_.cols() >= steps)) return;
    base_ = base;
    cosine_.resize(pairs, steps);
    sine_.resize(pairs, steps);
    for (Index t = 0; t < steps; ++t)
      for (Index i = 0; i < pairs; ++i) {
        const double angle = static_cast<double>(t) *
                             std::pow(base, -2 * static_cast<double>(i) / static_cast<double>(head_size));
        cosine_(i, t) = T(std::cos(angle));
        sine_(i, t) = T(std::sin(angle));
      }
  }

  /// Rotates the heads of `steps` consecutive steps, the first of which is step 0, or rotates them back.
  void rotate(T* head, Index stride, Index steps, bool back = false) const {
    if (kind_ == Rotary::none) return;
    const Index pairs = cosine_.rows(), next = kind_ == Rotary::halves ? 1 : 2,
                other = kind_ == Rotary::halves ? pairs : 1;
    for (Index t = 0; t < steps; ++t, head += stride)
      for (Index i = 0; i < pairs; ++i) {
        T &a = head[i * next], &b = head[i * next + other];
        const T cosine = cosine_(i, t), sine = back ? -sine_(i, t) : sine_(i, t), old = a;
        a = old * cosine - b * sine;
        b = old * sine + b * cosine;
      }
  }

 private:
  Rotary kind_ = Rotary::none;
  double base_ = 0;
  Matrix<T> cosine_, sine_;  // [pairs, steps]
};

}  // namespace detail

}  // namespace descent
