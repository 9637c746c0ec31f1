#include "descent/autodiff.hpp"
#include <optional>

#include "allocations/count.hpp"
#include "autodiff/models.hpp"
#include "catch.hpp"
#include "descent/descent.hpp"

using namespace descent;

namespace {

/// The number of allocations in the second epoch of `fit`, whose last batch is smaller, after its first steps.
int allocations_in_fit(auto net, const auto& loss, int threads) {
  constexpr Index features = 200;
  Dataset<> data{.x = Matrix<>::Random(features, 1500), .y = Matrix<>::Random(4, 1500)};
  std::optional<CountAllocations> count;
  int own = -1;
  const auto watch = [&](const auto& end) {  // 3 steps an epoch, of 600, 600 and 300 samples
    if (end.step == 4) count.emplace();
    if (end.step == 6) {
      own = count->own();
      count.reset();
    }
    return Next::proceed;
  };
  fit(net, data, loss, Adam{},
      {.epochs = 2, .batch_size = 600, .on_step_end = {watch}, .threads = threads, .progress = silent});
  return own;
}

}  // namespace

TEST_CASE("Formula: a step after warm-up allocates nothing") {
  Rng rng{1};
  const Sequential net{Dense{200, 64, rng}, autodiff_models::Highway{64, rng},
                       lambda([](auto x) { return x - mean(x, Over::samples); }),
                       autodiff_models::Applying{64, 4, rng}};
  const FormulaLoss loss{[](auto p, auto t) { return mean(log(1 + square(p - t)), Over::features); }};
  for (const int threads : {1, 2}) {
    CAPTURE(threads);
    CHECK(allocations_in_fit(net, loss, threads) == 0);
  }
}

TEST_CASE("value_and_gradient: runs of two sizes in turn allocate nothing after the first") {
  Rng rng{1};
  autodiff_models::Applying<> model{20, 4, rng}, gradient = model;
  const Matrix<> x = Matrix<>::Random(20, 50), y = Matrix<>::Random(4, 50);
  Graph<> graph;
  const auto evaluate_on = [&](Index samples) {
    value_and_gradient(model, gradient, graph, [&](const auto& m, auto& g) {
      const auto p = m.formula(g.input(x.leftCols(samples)), Pass::training({}));
      return mean_loss(MeanSquaredError{}, p, g.input(y.leftCols(samples))) + 0.1 * squared_norm(p);
    });
  };
  evaluate_on(50), evaluate_on(20), evaluate_on(50), evaluate_on(20);
  const CountAllocations count;
  evaluate_on(50), evaluate_on(20), evaluate_on(50);
  CHECK(count.own() == 0);
}

TEST_CASE("with_gradient: an evaluation by L-BFGS allocates nothing after the first") {
  autodiff_models::Line line;
  const Matrix<double> x = Matrix<double>::Random(3, 40), y = Matrix<double>::Random(2, 40);
  int evaluations = 0, own = 0;
  auto cost = with_gradient([&](const auto& l, auto& g) {
    return mean(square(tanh(l.weight * g.input(x) + l.bias) - g.input(y)));
  });
  minimize(line,
           [&](const auto& at, auto& gradient) {
             const CountAllocations count;
             const double value = cost(at, gradient);
             if (evaluations++ > 1) own += count.own();
             return value;
           },
           LBFGS{}, {.steps = 20});
  CHECK(evaluations > 5);
  CHECK(own == 0);
}

TEST_CASE("Formula: training takes at most 1.3 times the memory of layers by hand") {
  const auto peak = [](auto net) {
    const Dataset<> data{.x = Matrix<>::Random(784, 256), .y = Matrix<>::Random(10, 256)};
    const PeakMemory memory;
    fit(net, data, MeanSquaredError{}, Adam{}, {.epochs = 1, .batch_size = 128, .progress = silent});
    return static_cast<double>(memory.bytes());
  };
  Rng rng{1};
  const Dense first{784, 256, rng}, second{256, 128, rng}, last{128, 10, rng};
  const double by_hand = peak(Sequential{first, ReLU{}, second, ReLU{}, last});
  const double by_formula = peak(autodiff_models::ThreeLayers{first, second, last});
  CAPTURE(by_formula, by_hand);
  CHECK(by_formula < 1.3 * by_hand);
}
