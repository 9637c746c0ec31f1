#include <cmath>

#include "golden.hpp"

namespace elementwise_test {

using namespace descent;

namespace {

/// Requires that a formula and a built-in layer compute the same values and gradients.
void same_as(const auto& formula, const auto& layer) {
  const auto file = golden::read("activations");
  // Without the largest values, for which these formulas overflow or cancel; the layers do not.
  const Matrix<double> x = golden::batch(file.at("x")).middleCols(2, 23).eval();
  const Matrix<double> dy = golden::batch(file.at("dy")).middleCols(2, 23).eval();
  auto mine = elementwise<double>(formula);
  auto other = layer;
  typename decltype(mine)::Cache cache;
  typename decltype(other)::Cache other_cache;
  golden::require_close(mine.forward(x, cache, Pass::inference()),
                        other.forward(x, other_cache, Pass::inference()), golden::one_step);
  golden::require_close(mine.backward(x, dy, cache, mine, Pass::inference()),
                        other.backward(x, dy, other_cache, other, Pass::inference()), golden::one_step);
}

}  // namespace

TEST_CASE("Elementwise: computes values and derivatives from the formula", "[layers]") {
  same_as([](auto x) { return 1 / (1 + exp(-x)); }, Sigmoid<double>{});
  same_as([](auto x) { return x / 2 * (1 + erf(x / std::sqrt(2.0))); }, GELU<double>{});
  same_as([](auto x) { return max(x, 0); }, ReLU<double>{});
  same_as([](auto x) { return x > 0 ? x : 0.2 * x; }, LeakyReLU<double>{{.slope = 0.2}});
  same_as([](auto x) { return x * tanh(log1p(exp(x))); }, Mish<double>{});
  same_as([](auto x) { return x / (1 + abs(x)); }, Softsign<double>{});
}

TEST_CASE("Elementwise: a formula may capture variables and may be constant", "[layers]") {
  const double beta = 1;
  same_as([beta](auto x) { return x / (1 + exp(-beta * x)); }, SiLU<double>{});
  const Elementwise step{[](auto x) { return x > 0 ? 1 : 0; }};
  CHECK(predict(step, Matrix<>{{-2, 3}}) == Matrix<>{{0, 1}});

  auto a = elementwise([c = 2.0](auto x) { return c * x; });
  auto b = a;
  b = a;  // closures with captures cannot be assigned
  CHECK(predict(b, Matrix<>{{3}})(0, 0) == 6);
}

TEST_CASE("Elementwise: trains in a network", "[layers]") {
  Rng rng{1};
  Dataset<> data{.x = Matrix<>{{-2, -1, 1, 2}}, .y = Matrix<>{{1, 0, 0, 1}}};
  Sequential net{Dense{1, 8, rng}, Elementwise{[](auto x) { return x * x / (1 + x * x); }}, Dense{8, 1, rng}};
  fit(net, data, SigmoidCrossEntropy{}, Adam{.learning_rate = 0.05},
      {.epochs = 200, .batch_size = 4, .progress = silent});
  CHECK(evaluate(net, data, Accuracy{}) == 1);
}

}  // namespace elementwise_test
