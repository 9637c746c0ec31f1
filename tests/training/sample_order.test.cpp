#include "descent/training/sample_order.hpp"

#include <cstdint>
#include <numeric>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "descent/losses/mean_squared_error.hpp"
#include "descent/optimizers/gradient_descent.hpp"
#include "descent/training/fit.hpp"
#include "support.hpp"

namespace sample_order_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;

namespace {

using Net = Dense<double>;

/// Ten samples whose targets are their numbers.
Dataset<double> numbered() {
  Dataset<double> data{.x = Matrix<double>::Zero(1, 10), .y = Matrix<double>(1, 10)};
  data.y.row(0).setLinSpaced(0, 9);
  return data;
}

/// Stores the targets as the digits of a number.
struct Digits {
  static constexpr std::string_view name = "digits";
  double digits = 0;
  void update(Batch<double>, Batch<double> targets, SampleWeights<double>) {
    for (const double target : targets.reshaped()) digits = 10 * digits + target;
  }
  void merge(const Digits&) {}
  double value() const { return digits; }
};

Trainer<Net, MeanSquaredError, GradientDescent> trainer_with(SampleOrder order) {
  Rng rng{1};
  return {
      Net{1, 1, rng}, MeanSquaredError{}, GradientDescent{.learning_rate = 0},
      FitOptions<Net>{.batch_size = 2, .metrics = {Digits{}}, .order = std::move(order), .progress = silent}};
}

}  // namespace

TEST_CASE("SampleOrder: epochs take the samples in the order of a list") {
  auto trainer = trainer_with(std::vector<Index>{3, 1, 2, 9, 8, 7, 6, 5, 4, 0});
  CHECK(trainer.run(numbered(), 2)["digits"] == std::vector<double>{3129876540, 3129876540});
}

TEST_CASE("SampleOrder: a function gives each epoch its order") {
  auto trainer = trainer_with([](std::int64_t epoch) { return std::vector<Index>{5, 6, epoch}; });
  CHECK(trainer.run(numbered(), 3)["digits"] == std::vector<double>{560, 561, 562});
  CHECK(trainer.steps() == 3 * 2);  // batches of 2 and 1
}

TEST_CASE("SampleOrder: samples may be omitted or repeated and the loss is the mean over the list") {
  // The predictions are 0, so the losses are 4, 4 and 9.
  auto trainer = trainer_with(std::vector<Index>{2, 2, 3});
  const History& history = trainer.run(numbered(), 1);
  CHECK(history["digits"].back() == 223);
  CHECK_THAT(history["loss"].back(), Catch::Matchers::WithinRel((4 + 4 + 9) / 3.0, 1e-12));
}

TEST_CASE("SampleOrder: the size of a list determines the batches of its epoch") {
  auto trainer = trainer_with([](std::int64_t epoch) {
    std::vector<Index> order(epoch == 0 ? 3 : 10);
    std::iota(order.begin(), order.end(), Index{0});
    return order;
  });
  trainer.options.drop_last = true;
  CHECK(trainer.run(numbered(), 2)["digits"] == std::vector<double>{1, 123456789});
  CHECK(trainer.steps() == 1 + 5);
}

TEST_CASE("SampleOrder: indices out of range are rejected before the first step") {
  const auto complaint = [](SampleOrder order) {
    auto trainer = trainer_with(std::move(order));
    const std::string text = support::message_of<DataError>([&] { trainer.run(numbered(), 2); });
    CHECK(trainer.steps() == 0);
    CHECK(trainer.history().epochs() == 0);
    return text;
  };
  CHECK(complaint(std::vector<Index>{0, 10}) ==
        "fit: expected indices from 0 to 9 in .order of epoch 0, got 10; number the samples from 0");
  CHECK_THAT(complaint(std::vector<Index>{-1}), ContainsSubstring("got -1"));
  CHECK(complaint(std::vector<Index>{}) ==
        "fit: expected one sample or more in .order of epoch 0, got none; pass the indices of the samples to "
        "train on");
}

TEST_CASE("SampleOrder: an order that is rejected in a later epoch keeps the epochs before it") {
  auto trainer = trainer_with([](std::int64_t epoch) { return std::vector<Index>{0, 8 + epoch}; });
  CHECK_THROWS_AS(trainer.run(numbered(), 5), DataError);
  CHECK(trainer.epochs() == 2);
  CHECK(trainer.history()["digits"] == std::vector<double>{8, 9});
}

}  // namespace sample_order_test
