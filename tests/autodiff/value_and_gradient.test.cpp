#include "descent/autodiff/value_and_gradient.hpp"

#include <cmath>

#include "autodiff/models.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace value_and_gradient_test {

using namespace autodiff_models;
using Catch::Matchers::WithinAbs;
using support::message_of;

TEST_CASE("value_and_gradient: a parabola has the value and the slope of arithmetic") {
  const Number at{Vector<double>{{3}}};
  Number gradient;
  Graph<double> graph;
  const double value = value_and_gradient(at, gradient, graph, [](const Number& n, auto& g) {
    const auto w = g.parameter(n.w);
    return w * w - 10 * w + 25;
  });
  CHECK(value == 4);           // 9 - 30 + 25
  CHECK(gradient.w(0) == -4);  // 2 * 3 - 10
}

TEST_CASE("value_and_gradient: a cost of several numbers is an error") {
  const Line at;
  Line gradient = at;
  Graph<double> graph;
  CHECK(message_of<ShapeError>([&] {
          value_and_gradient(at, gradient, graph,
                             [](const Line& l, auto& g) { return g.parameter(l.weight); });
        }) ==
        "value_and_gradient: expected a cost of one number, got weight [2, 3]; end the formula in a sum or a "
        "mean");
}

TEST_CASE("with_gradient: the programs of the course find their minimum") {
  SECTION("a constant cost") {
    const auto cost = [](const Number& p, auto& g) {
      const auto w = g.parameter(p.w);
      return square(w) - 10 * w + 25;
    };
    Number by_steps, by_lines;
    minimize(by_steps, with_gradient(cost), Adam{.learning_rate = 0.1}, {.steps = 5000});
    CHECK_THAT(by_steps.w(0), WithinAbs(5, 1e-6));
    minimize(by_lines, with_gradient(cost), LBFGS{});
    CHECK_THAT(by_lines.w(0), WithinAbs(5, 1e-6));
  }
  SECTION("a cost whose coefficients are fed") {
    Matrix<double> coefficients{{1}, {-20}, {100}};
    const auto cost = [&](const Number& p, auto& g) {
      const auto w = g.parameter(p.w), x = g.input(coefficients);
      return rows(x, 0) * w * w + rows(x, 1) * w + rows(x, 2);
    };
    Number at;
    minimize(at, with_gradient(cost), LBFGS{});
    CHECK_THAT(at.w(0), WithinAbs(10, 1e-6));
    coefficients << 1, -10, 25;
    minimize(at, with_gradient(cost), LBFGS{});
    CHECK_THAT(at.w(0), WithinAbs(5, 1e-6));
  }
  SECTION("mini-batches") {
    const Matrix<double> x = random_batch(1, 1000, 1), y = 5 * x;
    Number at, gradient;
    const Adam optimizer{.learning_rate = 0.1};
    auto state = optimizer.init(at);
    Graph<double> graph;
    for (Index i = 0; i < 100'000; i += 100) {
      value_and_gradient(at, gradient, graph, [&, k = i % 1000](const Number& model, auto& g) {
        return mean(square(model.w * g.input(x.middleCols(k, 100)) - g.input(y.middleCols(k, 100))));
      });
      optimizer.step(at, gradient, state);
    }
    CHECK_THAT(at.w(0), WithinAbs(5, 1e-6));
  }
}

TEST_CASE("with_gradient: float models work as well") {
  Rng rng{1};
  Dense<> dense{3, 1, rng};
  const Matrix<> x = Matrix<>::Random(3, 50), y = Matrix<>{{1, -2, 0.5}} * x;
  minimize(dense, with_gradient([&](const Dense<>& d, auto& g) {
             return mean(square(d.weight * g.input(x) + d.bias - g.input(y)));
           }),
           LBFGS{}, {.gradient_tolerance = 1e-4});
  CHECK(std::abs(dense.weight(1) + 2) < 1e-2);
}

TEST_CASE("mean_loss: a cost with a loss of the library has the bits of a training step") {
  Rng rng{1};
  const Sequential net{Dense{4, 8, rng}, ReLU{}, Dense{8, 3, rng}};
  const Matrix<> x = Matrix<>::Random(4, 16);
  Matrix<> y(1, 16);
  for (Index j = 0; j < 16; ++j) y(j) = static_cast<float>(j % 3);
  auto expected = net, gradient = net;
  decltype(net)::Cache cache;
  Matrix<> dy;
  const WeightedSum sum =
      SoftmaxCrossEntropy{}.value_and_gradient(net.forward(x, cache, Pass::inference()), y, dy);
  divide_by_weight(dy, sum.weight);
  backward_parameters(net, x, dy, cache, expected, Pass::inference());

  Graph<> graph;
  const double value = value_and_gradient(net, gradient, graph, [&](const auto& model, auto& g) {
    const auto hidden = relu(model.template layer<0>().weight * g.input(x) + model.template layer<0>().bias);
    const auto z = model.template layer<2>().weight * hidden + model.template layer<2>().bias;
    return mean_loss(SoftmaxCrossEntropy{}, z, g.input(y));
  });
  CHECK(value == static_cast<float>(sum.mean()));
  CHECK(support::values_of(gradient) == support::values_of(expected));
}

TEST_CASE("mean_loss: weights count and a target that is learned is an error") {
  const Line line;
  Line gradient = line;
  Graph<double> graph;
  const Matrix<double> x = random_batch(3, 2, 1), t = random_batch(2, 2, 2);
  const Vector<double> weights{{2, 0}};
  const double value = value_and_gradient(line, gradient, graph, [&](const Line& l, auto& g) {
    return mean_loss(MeanSquaredError{}, l.weight * g.input(x), g.input(t), weights);
  });
  CHECK_THAT(value, WithinAbs((line.weight * x - t).col(0).squaredNorm() / 2, 1e-14));
  CHECK(message_of<DataError>([&] {
          value_and_gradient(line, gradient, graph, [&](const Line& l, auto& g) {
            return mean_loss(MeanSquaredError{}, g.input(t), l.weight * g.input(x));
          });
        }) ==
        "mean_loss: expected a constant target, got one that depends on parameters; pass "
        "stop_gradient(target), or "
        "write the loss as a formula");
  CHECK_NOTHROW(value_and_gradient(line, gradient, graph, [&](const Line& l, auto& g) {
    return mean_loss(MeanSquaredError{}, l.weight * g.input(x), stop_gradient(l.weight * g.input(x) + 1));
  }));
}

}  // namespace value_and_gradient_test
