#include "descent/training/callbacks.hpp"

#include "catch.hpp"
#include "descent/descent.hpp"
#include "support.hpp"

namespace callbacks_test {

using namespace descent;

TEST_CASE("Callback: it is called for every step and epoch and can copy the model") {
  auto net = support::plain_net();
  const Dataset<> data = support::three_clouds(50);
  std::vector<std::int64_t> steps, epochs;
  std::vector<decltype(net)> snapshots;
  FitOptions<decltype(net)> options{.epochs = 3, .batch_size = 20, .progress = silent};
  options.on_step_end = {[&](const auto& e) { steps.push_back(e.step); }};
  options.on_epoch_end = {[&](const auto& e) {
    epochs.push_back(e.epoch);
    CHECK(e.history.epochs() == static_cast<std::size_t>(e.epoch));
    snapshots.push_back(e.model);
  }};
  fit(net, data, SoftmaxCrossEntropy{}, Adam{}, options);
  CHECK(steps == std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(epochs == std::vector<std::int64_t>{1, 2, 3});
  CHECK(predict(snapshots.back(), data.x) == predict(net, data.x));
  CHECK(predict(snapshots.front(), data.x) != predict(net, data.x));
}

TEST_CASE("Callback: it can stop the run at a step or an epoch") {
  const Dataset<> data = support::three_clouds(50);
  auto net = support::plain_net();
  FitOptions<decltype(net)> options{.epochs = 9, .batch_size = 20, .progress = silent};
  options.on_epoch_end = {[](const auto& e) { return e.epoch == 2 ? Next::stop : Next::proceed; }};
  CHECK(fit(net, data, SoftmaxCrossEntropy{}, Adam{}, options).epochs() == 2);
  options.on_epoch_end.clear();
  options.on_step_end = {[](const auto& e) { return e.step == 4 ? Next::stop : Next::proceed; }};
  Trainer trainer{net, SoftmaxCrossEntropy{}, Adam{}, options};
  CHECK(trainer.run(data).epochs() == 2);
  CHECK(trainer.steps() == 4);
}

TEST_CASE("StepEnd: it has the objective and the gradient of the loss alone") {
  // One weight w = 3, x = 2, t = 1: the mean squared error is 25, its gradient 2 * 5 * 2 = 20. The penalty for one
  // sample is 0.5 / 2 * 9 = 2.25, its gradient 1.5. Clipped to 10, a step with rate 0.01 leads to 2.9.
  const Dataset<double> data{.x = Matrix<double>{{2}}, .y = Matrix<double>{{1}}};
  Rng rng{1};
  Dense<double> net{1, 1, rng, Bias::none};
  net.weight(0, 0) = 3;
  int calls = 0;
  FitOptions<Dense<double>> options{.epochs = 1, .progress = silent};
  options.regularizer = L2{.lambda = 0.5};
  options.clip = ClipByGlobalNorm{.limit = 10};
  options.on_step_end = {[&](const auto& e) {
    ++calls;
    CHECK(e.step == 1);
    CHECK(e.loss == 27.25);
    CHECK(e.learning_rate == 0.01);
    CHECK(e.before.weight(0, 0) == 3);
    CHECK(e.gradient.weight(0, 0) == 20);
    CHECK_THAT(e.model.weight(0, 0), Catch::Matchers::WithinRel(2.9, 1e-12));
  }};
  fit(net, data, MeanSquaredError{}, GradientDescent{.learning_rate = 0.01}, options);
  CHECK(calls == 1);
}

TEST_CASE("StepEnd: the learning rate is the one of the step") {
  auto net = support::plain_net();
  std::vector<double> rates;
  FitOptions<decltype(net)> options{.epochs = 1, .batch_size = 20, .progress = silent};
  options.on_step_end = {[&](const auto& e) { rates.push_back(e.learning_rate); }};
  const auto one_over = [](std::int64_t step) { return 1.0 / static_cast<double>(step + 1); };
  fit(net, support::three_clouds(50), SoftmaxCrossEntropy{},
      GradientDescent{.learning_rate = PerStep{one_over}}, options);
  CHECK(rates == std::vector<double>{1.0, 1.0 / 2, 1.0 / 3});
}

TEST_CASE("StepEnd: an accumulated step is one call with the mean over its mini-batches") {
  const Dataset<double> data = support::three_clouds<double>(50);
  const auto steps_of = [&](Index batch_size, int accumulate) {
    auto net = support::plain_net<double>();
    std::vector<std::pair<double, Matrix<double>>> steps;
    FitOptions<decltype(net)> options{.epochs = 1,
                                      .batch_size = batch_size,
                                      .accumulate = accumulate,
                                      .shuffle = false,
                                      .progress = silent};
    options.on_step_end = {[&](const auto& e) {
      steps.emplace_back(e.loss, e.gradient.template layer<0>().weight);
      CHECK(e.before.template layer<0>().weight != e.model.template layer<0>().weight);
    }};
    fit(net, data, SoftmaxCrossEntropy{}, GradientDescent{}, options);
    return steps;
  };
  const auto accumulated = steps_of(8, 4), large = steps_of(32, 1);
  REQUIRE(accumulated.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK_THAT(accumulated[i].first, Catch::Matchers::WithinRel(large[i].first, 1e-12));
    CHECK((accumulated[i].second - large[i].second).norm() < 1e-14);
  }
}

TEST_CASE("Callback: observing the steps does not change training") {
  const Dataset<> data = support::three_clouds(50);
  auto plain = support::rich_net(), watched = plain;
  FitOptions<decltype(plain)> options{.epochs = 2, .batch_size = 20, .progress = silent};
  fit(plain, data, SoftmaxCrossEntropy{}, Adam{}, options);
  options.on_step_end = {[](const auto&) {}};
  fit(watched, data, SoftmaxCrossEntropy{}, Adam{}, options);
  CHECK(support::values_of(watched) == support::values_of(plain));
}

TEST_CASE("EpochEnd: it has the model as trained and as evaluated") {
  const Dataset<> data = support::three_clouds(50);
  Trainer trainer{support::plain_net(),
                  SoftmaxCrossEntropy{},
                  Adam{},
                  {.epochs = 2, .batch_size = 20, .average_weights = 0.9, .progress = silent}};
  int calls = 0;
  trainer.options.on_epoch_end = {[&](const auto& e) {
    ++calls;
    CHECK(&e.model == &trainer.model);
    CHECK(&e.evaluated_model == &trainer.evaluated_model());
    CHECK(support::values_of(e.model) != support::values_of(e.evaluated_model));
  }};
  trainer.run(data);
  trainer.options.average_weights = 0;
  CHECK(calls == 2);
}

}  // namespace callbacks_test
