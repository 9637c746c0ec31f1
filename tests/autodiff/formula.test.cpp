#include "descent/autodiff/formula.hpp"

#include "catch.hpp"
#include "descent/autodiff.hpp"
#include "descent/descent.hpp"

namespace formula_test {

using namespace descent;

namespace {

struct Number {
  using Scalar = double;
  Vector<double> w = Vector<double>::Zero(1);
  static void visit(auto&& f, auto&... tree) { f(Parameter{"w", Role::weight}, tree.w...); }
};

template <std::floating_point T = float>
struct Highway : Formula<Highway<T>, T> {
  static constexpr std::string_view name = "Highway";
  Highway(Index n, Rng& rng)
      : weight(n, n), gate(n, n), bias(Vector<T>::Zero(n)), gate_bias(Vector<T>::Constant(n, T(-1))) {
    HeNormal{}(weight, Fan{n, n}, rng);
    HeNormal{}(gate, Fan{n, n}, rng);
  }
  static void visit(auto&& f, auto&... tree) {
    f(Parameter{"weight", Role::weight}, tree.weight...);
    f(Parameter{"bias", Role::bias}, tree.bias...);
    f(Parameter{"gate", Role::weight}, tree.gate...);
    f(Parameter{"gate_bias", Role::bias}, tree.gate_bias...);
  }
  Variable<T> formula(Variable<T> x, const Pass&) const {
    const auto t = sigmoid(gate * x + gate_bias);
    return cwise_product(t, tanh(weight * x + bias)) + cwise_product(1 - t, x);
  }
  Matrix<T> weight, gate;
  Vector<T> bias, gate_bias;
};
static_assert(Layer<Highway<>>);
static_assert(has_valid_hooks<Highway<>>);

}  // namespace

TEST_CASE("with_gradient: minimize finds the minimum of a formula") {
  Number at;
  const auto cost = [](const Number& p, auto& g) {
    const auto w = g.parameter(p.w);
    return w * w - 10 * w + 25;
  };
  minimize(at, with_gradient(cost), LBFGS{});
  CHECK(std::abs(at.w(0) - 5) < 1e-6);
}

TEST_CASE("Formula: a network of formulas has the right gradient") {
  Rng rng{1};
  const Matrix<double> x = Matrix<double>::Random(4, 6), y = Matrix<double>::Random(2, 6);
  const Sequential net{Highway<double>{4, rng}, Highway<double>{4, rng}, Dense<double>{4, 2, rng}};
  const auto report = check_gradient(net, MeanSquaredError{}, x, y);
  CAPTURE(report);
  CHECK(report.relative_difference < 1e-7);
  const FormulaLoss loss{[](auto p, auto t) { return mean(log(1 + square(p - t)), Over::features); }};
  CHECK(check_gradient(net, loss, x, y).relative_difference < 1e-7);
}

}  // namespace formula_test
