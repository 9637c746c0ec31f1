#include "descent/autodiff/derivatives.hpp"

#include <cmath>

#include "autodiff/models.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace derivatives_test {

using namespace autodiff_models;
using Catch::Matchers::WithinAbs;
using support::message_of;

TEST_CASE("input_gradient: the derivative of a fitted function") {
  // y = sin(x0) + x1^2
  const auto model = lambda<double>([](auto x) { return sin(rows(x, 0)) + square(rows(x, 1)); });
  const Matrix<double> x = random_batch(2, 5, 1);
  const Matrix<double> slope = input_gradient(model, x);
  for (Index j = 0; j < 5; ++j) {
    CHECK_THAT(slope(0, j), WithinAbs(std::cos(x(0, j)), 1e-14));
    CHECK_THAT(slope(1, j), WithinAbs(2 * x(1, j), 1e-14));
  }
  Rng rng{1};
  CHECK(message_of<ShapeError>([&] {
          input_gradient(Dense<double>{2, 3, rng}, x);
        }) ==
        "input_gradient: expected a model with one output, got 3; compute jacobian for a sample, or pass a "
        "loss and "
        "targets");
}

TEST_CASE("input_gradient: a step along it raises the loss of each sample") {
  Rng rng{1};
  const Sequential net{Dense<double>{4, 6, rng}, Tanh<double>{}, Dense<double>{6, 1, rng}};
  const Matrix<double> x = random_batch(4, 8, 1), y = random_batch(1, 8, 2);
  const Matrix<double> slope = input_gradient(net, MeanSquaredError{}, x, y);
  constexpr double h = 1e-5;
  for (Index j = 0; j < 8; ++j) {
    const auto loss = [&](double step) {
      const Matrix<double> moved = x.col(j) + step * slope.col(j);
      return MeanSquaredError{}.value(predict(net, moved), Matrix<double>{y.col(j)}).sum;
    };
    CHECK_THAT((loss(h) - loss(-h)) / (2 * h), WithinAbs(slope.col(j).squaredNorm(), 1e-6));
  }
}

TEST_CASE("jacobian: that of an affine map is its weight") {
  Rng rng{1};
  const Dense<double> dense{3, 4, rng};
  const Matrix<double> x = random_batch(3, 1, 1);
  CHECK(jacobian(dense, x).isApprox(dense.weight, 1e-15));
  const Sequential net{dense, Tanh<double>{}};
  const Vector<double> y = predict(net, x).col(0);
  CHECK(jacobian(net, x).isApprox((1 - y.array().square()).matrix().asDiagonal() * dense.weight, 1e-14));
  CHECK(message_of<ShapeError>([&] { jacobian(net, random_batch(3, 2, 1)); }) ==
        "jacobian: expected one sample, got 2; pass one column: x.col(0)");
}

TEST_CASE("hessian_vector: that of Rosenbrock's function equals arithmetic") {
  const auto cost = [](const Number& at, auto& g) {
    const auto x = rows(g.parameter(at.w), 0), y = rows(g.parameter(at.w), 1);
    return square(1 - x) + 100 * square(y - square(x));
  };
  // H = [2 + 1200 x^2 - 400 y, -400 x; -400 x, 200] at (1, 2): [402, -400; -400, 200]
  const Number at{Vector<double>{{1, 2}}}, direction{Vector<double>{{1, -0.5}}};
  const Number product = hessian_vector(at, direction, with_gradient(cost));
  CHECK_THAT(product.w(0), WithinAbs(402 + 200, 1e-5));
  CHECK_THAT(product.w(1), WithinAbs(-400 - 100, 1e-5));
  const Number none{Vector<double>::Zero(2)};
  CHECK(hessian_vector(at, none, with_gradient(cost)).w.isZero(0));
}

}  // namespace derivatives_test
