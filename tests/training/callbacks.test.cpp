#include "descent/training/callbacks.hpp"

#include "catch.hpp"
#include "descent/descent.hpp"
#include "support.hpp"

namespace callbacks_test {

using namespace descent;

TEST_CASE("Callbacks see every step and epoch, and can take snapshots") {
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

TEST_CASE("A callback can stop the run, at a step or an epoch") {
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

}  // namespace callbacks_test
