#include "descent/training/trainer.hpp"

#include <vector>

#include "catch.hpp"
#include "descent/losses/softmax_cross_entropy.hpp"
#include "descent/optimizers/adam.hpp"
#include "descent/optimizers/gradient_descent.hpp"
#include "descent/optimizers/momentum.hpp"
#include "descent/regularizers/l2.hpp"
#include "descent/schedules/inverse_time.hpp"
#include "descent/schedules/per_step.hpp"
#include "support.hpp"

namespace trainer_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinRel;
using support::message_of;
using support::values_of;

namespace {

// 50 samples in batches of 8: seven steps an epoch, the last of two samples.
template <class M, class O = Adam>
auto trainer_of(M net, O optimizer = {}) {
  return Trainer{std::move(net), SoftmaxCrossEntropy{}, std::move(optimizer),
                 FitOptions<M>{.batch_size = 8, .seed = 1, .progress = silent}};
}

template <class T = float>
Dataset<T> clouds() {
  return support::three_clouds<T>(50);
}

template <class M>
void expect_same_bits_in_one_run_or_two(M net) {
  const auto data = clouds<typename M::Scalar>();
  auto whole = trainer_of(net), in_parts = trainer_of(net);
  whole.run(data, 10);
  in_parts.run(data, 5);
  in_parts.run(data, 5);
  CHECK(values_of(in_parts.model) == values_of(whole.model));
  CHECK(in_parts.history()["loss"] == whole.history()["loss"]);
  CHECK(in_parts.history().epochs() == 10);
}

template <class M>
void expect_independent_snapshot(M net) {
  const auto data = clouds<typename M::Scalar>();
  auto trainer = trainer_of(net);
  trainer.run(data, 3);
  auto snapshot = trainer;
  const auto weights = values_of(snapshot.model);

  trainer.run(data, 2);
  CHECK(values_of(trainer.model) != weights);
  CHECK(values_of(snapshot.model) == weights);
  CHECK(snapshot.epochs() == 3);
  CHECK(snapshot.history().epochs() == 3);

  // With the state of the optimizer, the snapshot goes the same way.
  snapshot.run(data, 2);
  CHECK(values_of(snapshot.model) == values_of(trainer.model));
  CHECK(snapshot.history()["loss"] == trainer.history()["loss"]);
}

}  // namespace

TEMPLATE_TEST_CASE("Five epochs and five more give the same bits as ten", "", float, double) {
  SECTION("Sequential") { expect_same_bits_in_one_run_or_two(support::rich_net<TestType>()); }
  SECTION("Network") { expect_same_bits_in_one_run_or_two(support::rich_network<TestType>()); }
}

TEST_CASE("A copy of a trainer is a snapshot that nothing changes any more") {
  SECTION("Sequential") { expect_independent_snapshot(support::rich_net()); }
  SECTION("Network") { expect_independent_snapshot(support::rich_network()); }
}

TEST_CASE("Assigning a snapshot goes back to it") {
  const Dataset<> data = clouds();
  auto trainer = trainer_of(support::rich_network());
  trainer.run(data, 2);
  const auto snapshot = trainer;
  trainer.run(data, 2);
  const auto weights = values_of(trainer.model);

  trainer = snapshot;
  CHECK(values_of(trainer.model) == values_of(snapshot.model));
  trainer.run(data, 2);
  CHECK(values_of(trainer.model) == weights);
}

TEST_CASE("A trainer trains a copy; the model it was made from stays as it is") {
  const auto net = support::plain_net();
  auto trainer = trainer_of(net);
  trainer.run(clouds(), 1);
  CHECK(values_of(net) == values_of(support::plain_net()));
  CHECK(values_of(trainer.model) != values_of(net));
}

TEST_CASE("The learning rate may be changed between runs") {
  const Dataset<> data = clouds();
  auto trainer = trainer_of(support::plain_net());
  trainer.run(data, 1);
  auto weights = values_of(trainer.model);

  trainer.optimizer.learning_rate = 0;
  trainer.run(data, 1);
  CHECK(values_of(trainer.model) == weights);

  trainer.optimizer.learning_rate = 0.01;
  trainer.run(data, 1);
  CHECK(values_of(trainer.model) != weights);
}

TEST_CASE("Options may be changed between runs as well") {
  const Dataset<> data = clouds();
  auto trainer = trainer_of(support::plain_net());
  trainer.run(data, 1);
  CHECK(trainer.steps() == 7);
  trainer.options.batch_size = full_batch;
  trainer.run(data, 1);
  CHECK(trainer.steps() == 8);
  trainer.options.epochs = 3;
  trainer.run(data);
  CHECK(trainer.epochs() == 5);
}

TEST_CASE("A trainer counts steps and epochs, from 0") {
  auto trainer = trainer_of(support::plain_net());
  CHECK(trainer.steps() == 0);
  CHECK(trainer.epochs() == 0);
  trainer.run(clouds(), 3);
  CHECK(trainer.steps() == 3 * 7);
  CHECK(trainer.epochs() == 3);
  CHECK(trainer.state().progress.step == 3 * 7);
}

TEST_CASE("A schedule follows the epochs, or with PerStep the steps") {
  constexpr InverseTime schedule{.initial = 1e-2, .decay_rate = 1};
  auto per_epoch = trainer_of(support::plain_net(), Adam{.learning_rate = schedule});
  auto per_step = trainer_of(support::plain_net(), Adam{.learning_rate = PerStep{schedule}});
  CHECK(per_epoch.learning_rate() == 1e-2);
  per_epoch.run(clouds(), 3);
  per_step.run(clouds(), 3);
  CHECK(per_epoch.learning_rate() == schedule(3));
  CHECK(per_step.learning_rate() == schedule(21));
}

TEST_CASE("A schedule's rate is the one that trains") {
  // No step at all in the first two epochs.
  auto trainer =
      trainer_of(support::plain_net(),
                 GradientDescent{.learning_rate = [](std::int64_t epoch) { return epoch < 2 ? 0 : 0.1; }});
  trainer.run(clouds(), 2);
  CHECK(values_of(trainer.model) == values_of(support::plain_net()));
  trainer.run(clouds(), 1);
  CHECK(values_of(trainer.model) != values_of(support::plain_net()));
}

TEST_CASE("A step returns the cost before it, with the penalty, and moves the model downhill") {
  constexpr double rounding = 1e-12;
  const Dataset<double> data = clouds<double>();
  auto trainer = trainer_of(support::plain_net<double>(), GradientDescent{.learning_rate = 0.1});
  trainer.options.regularizer = L2{.lambda = 1};
  const auto cost = [&] {
    return evaluate(trainer.model, data, SoftmaxCrossEntropy{}) + L2{.lambda = 1}.penalty(trainer.model, 50);
  };
  const double before = cost();
  CHECK_THAT(trainer.step(data.x, data.y), WithinRel(before, rounding));
  CHECK(cost() < before);
  CHECK(trainer.steps() == 1);
  CHECK(trainer.epochs() == 0);
}

TEST_CASE("Steps by hand on the same batches are an epoch of run") {
  const Dataset<> data = clouds();
  auto run = trainer_of(support::plain_net(), Momentum{}), by_hand = run;
  run.options.shuffle = false;
  run.run(data, 1);
  for (Index first = 0; first < data.samples(); first += 8) {
    const Index size = std::min(Index{8}, data.samples() - first);
    by_hand.step(data.x.middleCols(first, size), data.y.middleCols(first, size));
  }
  CHECK(values_of(by_hand.model) == values_of(run.model));
}

TEST_CASE("A run that is refused leaves the trainer as it was, ready to run again") {
  auto trainer = trainer_of(support::plain_net()), untroubled = trainer;
  CHECK_THAT(message_of<DataError>([&] { trainer.run(clouds(), -1); }),
             ContainsSubstring("0 epochs or more, got -1"));
  CHECK_THAT(message_of<DataError>([&] { trainer.run(Dataset<>{}); }), ContainsSubstring("got an empty set"));
  CHECK(trainer.history().epochs() == 0);
  trainer.run(clouds(), 1);
  untroubled.run(clouds(), 1);
  CHECK(values_of(trainer.model) == values_of(untroubled.model));
}

TEST_CASE("Trainer: refuses a validation set whose names differ from those of the training set") {
  Dataset<> train = support::three_clouds(30), dev = support::three_clouds(12);
  train.feature_names = dev.feature_names = {"x", "y"};
  train.class_names = {"a", "b", "c"};
  dev.class_names = {"a", "c"};
  Trainer trainer{support::plain_net(),
                  SoftmaxCrossEntropy{},
                  Adam{},
                  {.epochs = 1, .batch_size = 10, .validation = &dev, .progress = silent}};
  CHECK_THAT(
      support::message_of<DataError>([&] { trainer.run(train); }),
      Catch::Matchers::ContainsSubstring("fit: expected classes named as in the training set, got \"c\" as "
                                         "number 1 of the validation set instead of \"b\""));
  CHECK(trainer.steps() == 0);
  dev.class_names = train.class_names;
  CHECK_NOTHROW(trainer.run(train));
}

TEST_CASE("Trainer: a loop of one's own that ends its epochs trains as run does") {
  // Of the epoch: 0.01 / (1 + epoch), so the second epoch has half the rate of the first.
  constexpr InverseTime schedule{.initial = 1e-2, .decay_rate = 1};
  const Dataset<> data = clouds();
  auto run = trainer_of(support::plain_net(), Adam{.learning_rate = schedule}), by_hand = run;
  run.options.shuffle = false;
  run.run(data, 3);
  for (int epoch = 0; epoch < 3; ++epoch, by_hand.end_epoch()) {
    CHECK(by_hand.learning_rate() == 1e-2 / (1 + epoch));
    for (Index first = 0; first < data.samples(); first += 8) {
      const Index size = std::min(Index{8}, data.samples() - first);
      by_hand.step(data.x.middleCols(first, size), data.y.middleCols(first, size));
    }
  }
  CHECK(by_hand.epochs() == 3);
  CHECK(values_of(by_hand.model) == values_of(run.model));
}

TEST_CASE("Trainer: step refuses a number of threads that cannot be") {
  const Dataset<> data = clouds();
  for (const int threads : {-1, 0, 1'000'000}) {
    auto trainer = trainer_of(support::plain_net());
    trainer.options.threads = threads;
    CHECK_THAT(message_of<DataError>([&] { trainer.step(data.x, data.y); }),
               ContainsSubstring("expected from 1 to 4096 threads"));
  }
}

TEST_CASE("Trainer: step refuses sizes that do not fit together, and changes nothing") {
  auto trainer = trainer_of(support::plain_net());
  const Dataset<> data = clouds();
  const auto before = values_of(trainer.model);
  const auto complaint = [&](const Matrix<>& x, const Matrix<>& y) {
    return message_of<ShapeError>([&] { trainer.step(x, y); });
  };
  CHECK_THAT(complaint(data.x.topRows(1), data.y),
             ContainsSubstring("Trainer::step: ") && ContainsSubstring("expected 2 features, got 1"));
  CHECK(
      complaint(data.x, data.y.leftCols(49)) ==
      "Trainer::step: expected a target for each of the 50 samples, got 49; pass [targets, samples]: is one "
      "transposed?");
  CHECK_THAT(complaint(data.x, Matrix<>::Zero(1, 51)), ContainsSubstring("got 51"));
  CHECK_THAT(complaint(data.x, Matrix<>::Zero(2, 50)), ContainsSubstring("targets of 1 or 3 rows, got 2"));
  CHECK_THAT(message_of<DataError>([&] { trainer.step(Matrix<>(2, 0), Matrix<>(1, 0)); }),
             ContainsSubstring("expected samples, got none"));
  CHECK(values_of(trainer.model) == before);
  CHECK(trainer.steps() == 0);
}

}  // namespace trainer_test
