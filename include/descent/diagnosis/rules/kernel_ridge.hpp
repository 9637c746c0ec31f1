#pragma once

#include <Eigen/Cholesky>
#include <concepts>

#include "descent/core/types.hpp"
#include "descent/data/dataset.hpp"
#include "descent/diagnosis/rules/neighbors.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Returns the error of predicting numbers by kernel ridge regression: that of each of at most `most` samples from all
/// others, as mean squared error relative to the variance. No training is needed, and few samples suffice, also where
/// the nearest neighbors of a sample are far away.
///
///   K_ij = exp(-|x_i - x_j|^2 / s), s the mean of |x_i - x_j|^2      A = (K + 0.05)^-1      e_i = (A y)_i / A_ii
///
/// Source   Hastie, Tibshirani, Friedman: The elements of statistical learning (2009), 5.8.2, and 7.10 for e
template <std::floating_point T>
double error_of_kernel_ridge(const Dataset<T>& train, Index most) {
  constexpr T ridge = T(0.05);
  const Neighbors<T> scaled{train.x, most};
  Matrix<T> kernel = scaled.squared_distances();
  const T scale = kernel.mean();
  const Index n = kernel.cols();
  kernel = scale > 0 ? Matrix<T>{(kernel / -scale).array().exp()} : Matrix<T>::Ones(n, n);
  kernel.diagonal().array() += ridge;

  Matrix<T> y(n, train.y.rows());
  for (Index i = 0; i < n; ++i)
    y.row(i) = train.y.col(scaled.samples()[static_cast<std::size_t>(i)]).transpose();
  y.rowwise() -= y.colwise().mean().eval();
  const auto variance = static_cast<double>(y.squaredNorm());
  if (variance == 0) return 1;

  // The inverse of the factor L of L L^T = K + 0.05 gives both A y and the diagonal of A.
  Matrix<T> inverse = Matrix<T>::Identity(n, n);
  Eigen::LLT<Eigen::Ref<Matrix<T>>>{kernel}.matrixL().solveInPlace(inverse);
  y = inverse.transpose() * (inverse * y).eval();
  const Vector<T> diagonal = inverse.colwise().squaredNorm();
  return static_cast<double>((y.array().colwise() / diagonal.array()).square().sum()) / variance;
}

}  // namespace descent::detail
