#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>

#include "descent/concepts/layer.hpp"
#include "descent/concepts/loss.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/inference/predict.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/traverse.hpp"

// Derivatives of a model with respect to its inputs, and second derivatives.

namespace descent::inline DESCENT_ABI {

/// Computes dL/dx of the loss of each sample, in inference: the sensitivity of the loss to the inputs, by whose sign
/// adversarial examples are made.
///
/// Shapes   x [features, m]   y as for the loss   returns [features, m]
/// Throws   as predict; the errors of the loss.
/// Cost     a forward and a backward pass
template <Layer M, Loss<typename M::Scalar> L>
Matrix<typename M::Scalar> input_gradient(const M& model, const L& loss, const Batch<typename M::Scalar>& x,
                                          const Batch<typename M::Scalar>& y) {
  detail::expect_input(model, x, "input_gradient");
  typename M::Cache cache;
  M gradient = zeros_like(model);
  Matrix<typename M::Scalar> dy;
  const Pass pass = Pass::inference();
  loss.value_and_gradient(model.forward(x, cache, pass), y, dy);
  return model.backward(x, dy, cache, gradient, pass);
}

/// Computes the slope of the only output of a model at each sample, in inference: the derivative of a fitted function.
///
/// Shapes   x [features, m]   returns [features, m]
/// Throws   as predict; ShapeError when the model has several outputs.
/// Cost     a forward and a backward pass
template <Layer M>
Matrix<typename M::Scalar> input_gradient(const M& model, const Batch<typename M::Scalar>& x) {
  detail::expect_input(model, x, "input_gradient");
  typename M::Cache cache;
  M gradient = zeros_like(model);
  const Pass pass = Pass::inference();
  const auto outputs = model.forward(x, cache, pass);
  if (outputs.rows() != 1)
    throw_error<ShapeError>("input_gradient", {"expected a model with one output, got ", outputs.rows()},
                            "compute jacobian for a sample, or pass a loss and targets");
  const auto ones = Matrix<typename M::Scalar>::Ones(1, x.samples()).eval();
  return model.backward(x, {ones, outputs.shape()}, cache, gradient, pass);
}

/// Computes the Jacobian of a model at a sample, in inference: the entry (i, j) is dy_i / dx_j.
///
/// Shapes   x [features, 1]   returns [outputs, features]
/// Throws   as predict; ShapeError for several samples.
/// Cost     a forward and a backward pass with as many samples as outputs
template <Layer M>
Matrix<typename M::Scalar> jacobian(const M& model, const Batch<typename M::Scalar>& x) {
  using T = typename M::Scalar;
  detail::expect_input(model, x, "jacobian");
  if (x.samples() != 1)
    throw_error<ShapeError>("jacobian", {"expected one sample, got ", x.samples()},
                            "pass one column: x.col(0)");
  const Shape out = model.output_shape(x.shape());
  // A column for each output: backward then computes the gradient of another output in each.
  const Matrix<T> copies = x.replicate(1, out.size()), slopes = Matrix<T>::Identity(out.size(), out.size());
  typename M::Cache cache;
  M gradient = zeros_like(model);
  const Pass pass = Pass::inference();
  const Batch<T> samples{copies, x.shape()};
  model.forward(samples, cache, pass);
  return model.backward(samples, {slopes, out}, cache, gradient, pass).transpose();
}

/// Computes the product of the Hessian of a cost with a direction, by the central difference of its exact gradient:
///
///   H v = (g(w + h v) - g(w - h v)) / 2h      h = eps^(1/3) (1 + max |w|) / max |v|
///
/// `cost_and_gradient` is called as by `minimize`, such as with_gradient(cost). The relative error is about 1e-9 for a
/// smooth cost.
///
/// Throws   ShapeError when the direction is not of the structure of the model.
/// Cost     two evaluations of the gradient
template <Parameterized M>
M hessian_vector(const M& model, const M& direction, auto cost_and_gradient) {
  static_assert(std::same_as<typename M::Scalar, double>,
                "a Hessian by differences needs a model in double precision");
  double largest = 0, along = 0;
  M product = zeros_like(model);
  visit_flat(
      [&](auto, auto w, auto v) {
        if (w.size() == 0) return;
        largest = std::max(largest, w.abs().maxCoeff());
        along = std::max(along, v.abs().maxCoeff());
      },
      product, model, direction);
  if (along == 0) return product;
  const double h = std::cbrt(std::numeric_limits<double>::epsilon()) * (1 + largest) / along;
  const auto gradient_at = [&](double step) {
    M at = model, gradient = zeros_like(model);
    visit_flat([&](auto w, auto v) { w += step * v; }, at, direction);
    cost_and_gradient(at, gradient);
    return gradient;
  };
  const M up = gradient_at(h), down = gradient_at(-h);
  visit_flat([&](auto p, auto u, auto d) { p = (u - d) / (2 * h); }, product, up, down);
  return product;
}

}  // namespace descent
