#pragma once

#include <Eigen/Core>
#include <concepts>

#include "descent/core/types.hpp"

namespace descent {

/// A read-only view of a batch of samples: [features, samples], one column a sample, no gap in memory.
///
/// A `Matrix`, a `Vector` (one sample), an `Eigen::Map` of them and a range of columns convert to it
/// without a copy. The view is an Eigen expression; pass it by value, and keep what it looks at alive.
template <std::floating_point T = float>
class Batch : public Eigen::Map<const Matrix<T>> {
  using View = Eigen::Map<const Matrix<T>>;

 public:
  using View::View;
  Batch(const View& m) : View{m} {}
  Batch(const Matrix<T>& m) : View{m.data(), m.rows(), m.cols()} {}
  Batch(const Vector<T>& v) : View{v.data(), v.rows(), 1} {}
  Batch(const Eigen::Map<Matrix<T>>& m) : View{m.data(), m.rows(), m.cols()} {}
  template <class M>
    requires std::same_as<typename M::Scalar, T>
  Batch(const Eigen::Block<M, Eigen::Dynamic, Eigen::Dynamic, true>& columns)
      : View{columns.data(), columns.rows(), columns.cols()} {}
};

/// Any expression that converts to a `Batch` of its scalar type.
template <class B>
concept BatchLike = std::convertible_to<const B&, Batch<typename B::Scalar>>;

}  // namespace descent
