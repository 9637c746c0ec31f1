#include "descent/training/trainer.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "catch.hpp"
#include "descent/layers/noise/dropout.hpp"
#include "descent/losses/softmax_cross_entropy.hpp"
#include "descent/metrics/accuracy.hpp"
#include "descent/optimizers/adam.hpp"
#include "descent/optimizers/gradient_descent.hpp"
#include "descent/optimizers/momentum.hpp"
#include "descent/regularizers/l2.hpp"
#include "descent/schedules/inverse_time.hpp"
#include "descent/schedules/per_step.hpp"
#include "descent/training/fit.hpp"
#include "support.hpp"

namespace trainer_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinRel;
using support::message_of;
using support::values_of;

namespace {

/// 50 samples in batches of 8: seven steps per epoch, the last of two samples.
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

  // The snapshot includes the state of the optimizer, so it continues in the same way.
  snapshot.run(data, 2);
  CHECK(values_of(snapshot.model) == values_of(trainer.model));
  CHECK(snapshot.history()["loss"] == trainer.history()["loss"]);
}

}  // namespace

TEMPLATE_TEST_CASE("Trainer: two runs of five epochs give the bits of one run of ten", "", float, double) {
  SECTION("Sequential") { expect_same_bits_in_one_run_or_two(support::rich_net<TestType>()); }
  SECTION("DynamicSequential") { expect_same_bits_in_one_run_or_two(support::rich_network<TestType>()); }
}

namespace {

/// With all stateful options: 7 mini-batches per epoch, in steps of 3.
template <class M>
auto trainer_with_everything(M net, const Dataset<typename M::Scalar>& dev) {
  auto trainer = trainer_of(std::move(net), Adam{.learning_rate = 0.05});
  trainer.options.validation = &dev;
  trainer.options.metrics = {Accuracy{}};
  trainer.options.regularizer = L2{.lambda = 0.1};
  trainer.options.accumulate = 3;
  trainer.options.average_weights = 0.8;
  trainer.options.early_stopping = EarlyStopping{.patience = 100, .mode = Mode::max};
  trainer.options.reduce_on_plateau = ReduceOnPlateau{.factor = 0.5, .patience = 2};
  return trainer;
}

void expect_same_state(const auto& a, const auto& b) {
  CHECK(values_of(a.model) == values_of(b.model));
  CHECK(values_of(a.evaluated_model()) == values_of(b.evaluated_model()));
  CHECK(values_of(a.best_model()) == values_of(b.best_model()));
  CHECK(a.history() == b.history());
  CHECK(a.learning_rate() == b.learning_rate());
  CHECK(a.steps() == b.steps());
}

}  // namespace

TEST_CASE("Trainer: a paused run gives the bits of an unpaused one with all stateful options") {
  const Dataset<> data = clouds(), dev = support::three_clouds(30, 2);
  auto whole = trainer_with_everything(support::rich_net(), dev);
  SECTION("uninterrupted") {}
  SECTION("stopped by a callback within the second run") {
    whole.options.on_step_end = {[](const auto& e) { return e.step == 20 ? Next::stop : Next::proceed; }};
  }
  auto in_parts = whole, one_by_one = whole;
  whole.run(data, 10);
  in_parts.run(data, 5);
  if (!in_parts.stopped()) in_parts.run(data, 5);
  for (int epoch = 0; epoch < 10 && !one_by_one.stopped(); ++epoch) one_by_one.run(data, 1);
  const auto& loss = whole.history()["val_loss"];
  CHECK(std::max_element(loss.begin(), loss.end()) != loss.end() - 1);  // the best epoch is not the last
  expect_same_state(in_parts, whole);
  expect_same_state(one_by_one, whole);

  whole.options.on_step_end.clear();
  in_parts.options.on_step_end.clear();
  whole.run(data, 2);
  in_parts.run(data, 1);
  in_parts.run(data, 1);
  expect_same_state(in_parts, whole);
}

TEST_CASE("Trainer: copies share no state of the library") {
  const Dataset<> data = clouds(), dev = support::three_clouds(30, 2);
  auto trainer = trainer_with_everything(support::rich_network(), dev);
  trainer.options.order = [](std::int64_t epoch) { return plain_order(epoch % 2 == 0 ? 50 : 44); };
  trainer.run(data, 3);
  auto untouched = trainer, copy = trainer;
  auto middle = trainer;
  trainer.options.on_step_end = {[&](const auto& e) {
    if (e.step == 9) middle = trainer;
  }};
  copy.options.early_stopping->patience = 1;
  copy.options.regularizer = {};
  copy.run(data, 4);
  expect_same_state(trainer, untouched);

  trainer.run(data, 2);
  untouched.run(data, 2);
  expect_same_state(trainer, untouched);

  // A copy from within an epoch continues it independently.
  middle.options.on_step_end.clear();
  CHECK(middle.steps() == 9);
  middle.run(data, static_cast<int>(trainer.epochs() - middle.epochs()));
  expect_same_state(middle, trainer);
}

TEST_CASE("Trainer: first_epoch continues order and augmentation and schedule of a split run") {
  const Dataset<> data = clouds();
  const auto options_from = [](int first, int epochs) {
    return FitOptions<decltype(support::plain_net())>{
        .epochs = epochs,
        .batch_size = 8,
        .augment = [](Matrix<>& x, std::span<const Index>, std::uint64_t,
                      std::int64_t epoch) { x.array() += static_cast<float>(epoch); },
        .seed = 1,
        .first_epoch = first,
        .progress = silent};
  };
  const GradientDescent optimizer{.learning_rate = InverseTime{.initial = 0.1, .decay_rate = 1}};
  auto whole = support::plain_net(), split = whole;
  fit(whole, data, SoftmaxCrossEntropy{}, optimizer, options_from(0, 6));
  fit(split, data, SoftmaxCrossEntropy{}, optimizer, options_from(0, 2));
  const History history = fit(split, data, SoftmaxCrossEntropy{}, optimizer, options_from(2, 4));
  CHECK(values_of(split) == values_of(whole));
  CHECK(history.learning_rate().front() == 0.1 / 3);
}

TEST_CASE("Trainer: first_epoch sets the count of epochs and changes the dropout masks") {
  const Dataset<> data = clouds();
  const auto loss_from = [&](std::int64_t first) {
    Rng rng{1};
    Sequential net{Dropout{{.keep = 0.5}}, Dense{2, 3, rng}};
    Trainer trainer{
        net,
        SoftmaxCrossEntropy{},
        GradientDescent{.learning_rate = 0},
        {.epochs = 3, .batch_size = full_batch, .shuffle = false, .first_epoch = first, .progress = silent}};
    CHECK(trainer.epochs() == first);
    CHECK(trainer.epochs_left() == 3);
    trainer.run(data, 1);
    CHECK(trainer.epochs() == first + 1);
    CHECK(trainer.epochs_left() == 2);
    return trainer.history()["loss"].front();
  };
  CHECK(loss_from(0) != loss_from(5));
  CHECK(loss_from(5) == loss_from(5));
  CHECK_THAT(message_of<DataError>([&] { loss_from(-1); }),
             ContainsSubstring("expected .first_epoch from 0 to 2^62, got -1"));
}

TEST_CASE("Trainer: the history has learning rate and time of each epoch") {
  const auto one_over = [](std::int64_t step) { return 1.0 / static_cast<double>(step + 1); };
  auto trainer = trainer_of(support::plain_net(), GradientDescent{.learning_rate = PerStep{one_over}});
  const History& history = trainer.run(clouds(), 2);
  CHECK(history.learning_rate() == std::vector{1.0 / 7, 1.0 / 14});
  REQUIRE(history.seconds().size() == 2);
  CHECK(history.seconds()[0] >= 0);
}

TEST_CASE("Trainer: a copy is an independent snapshot") {
  SECTION("Sequential") { expect_independent_snapshot(support::rich_net()); }
  SECTION("DynamicSequential") { expect_independent_snapshot(support::rich_network()); }
}

TEST_CASE("Trainer: assigning a snapshot restores it") {
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

TEST_CASE("Trainer: a run that paused, changed the rate and went back has the bits of one that never did") {
  const Dataset<> data = clouds();
  auto straight = trainer_of(support::rich_network());
  straight.run(data, 4);

  auto nursed = trainer_of(support::rich_network());
  nursed.run(data, 2);
  const auto before = nursed;
  nursed.optimizer.learning_rate = 100;
  nursed.run(data, 1);
  CHECK(nursed.history()["loss"].back() > before.history()["loss"].back());
  nursed = before;
  nursed.run(data, 2);
  CHECK(values_of(nursed.model) == values_of(straight.model));
  CHECK(nursed.history() == straight.history());
}

TEST_CASE("Trainer: the original model is unchanged") {
  const auto net = support::plain_net();
  auto trainer = trainer_of(net);
  trainer.run(clouds(), 1);
  CHECK(values_of(net) == values_of(support::plain_net()));
  CHECK(values_of(trainer.model) != values_of(net));
}

TEST_CASE("Trainer: the learning rate may change between runs") {
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

TEST_CASE("Trainer: options may change between runs") {
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

TEST_CASE("Trainer: steps and epochs count from 0") {
  auto trainer = trainer_of(support::plain_net());
  CHECK(trainer.steps() == 0);
  CHECK(trainer.epochs() == 0);
  trainer.run(clouds(), 3);
  CHECK(trainer.steps() == 3 * 7);
  CHECK(trainer.epochs() == 3);
  CHECK(trainer.state().progress.step == 3 * 7);
}

TEST_CASE("Trainer: a schedule follows the epochs or with PerStep the steps") {
  constexpr InverseTime schedule{.initial = 1e-2, .decay_rate = 1};
  auto per_epoch = trainer_of(support::plain_net(), Adam{.learning_rate = schedule});
  auto per_step = trainer_of(support::plain_net(), Adam{.learning_rate = PerStep{schedule}});
  CHECK(per_epoch.learning_rate() == 1e-2);
  per_epoch.run(clouds(), 3);
  per_step.run(clouds(), 3);
  CHECK(per_epoch.learning_rate() == schedule(3));
  CHECK(per_step.learning_rate() == schedule(21));
}

TEST_CASE("Trainer: steps use the learning rate of the schedule") {
  // A learning rate of 0 in the first two epochs.
  auto trainer =
      trainer_of(support::plain_net(),
                 GradientDescent{.learning_rate = [](std::int64_t epoch) { return epoch < 2 ? 0 : 0.1; }});
  trainer.run(clouds(), 2);
  CHECK(values_of(trainer.model) == values_of(support::plain_net()));
  trainer.run(clouds(), 1);
  CHECK(values_of(trainer.model) != values_of(support::plain_net()));
}

TEST_CASE("Trainer: a step returns the objective before it and decreases the objective") {
  constexpr double rounding = 1e-12;
  const Dataset<double> data = clouds<double>();
  auto trainer = trainer_of(support::plain_net<double>(), GradientDescent{.learning_rate = 0.1});
  trainer.options.regularizer = L2{.lambda = 1};
  const auto objective = [&] {
    return evaluate(trainer.model, data, SoftmaxCrossEntropy{}) + L2{.lambda = 1}.penalty(trainer.model, 50);
  };
  const double before = objective();
  CHECK_THAT(trainer.step(data.x, data.y), WithinRel(before, rounding));
  CHECK(objective() < before);
  CHECK(trainer.steps() == 1);
  CHECK(trainer.epochs() == 0);
}

TEST_CASE("Trainer: manual steps on the same batches equal an epoch of run") {
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

TEST_CASE("Trainer: a rejected run leaves the trainer unchanged") {
  auto trainer = trainer_of(support::plain_net()), untouched = trainer;
  CHECK_THAT(message_of<DataError>([&] { trainer.run(clouds(), -1); }),
             ContainsSubstring("0 epochs or more, got -1"));
  CHECK_THAT(message_of<DataError>([&] { trainer.run(Dataset<>{}); }), ContainsSubstring("got an empty set"));
  CHECK(trainer.history().epochs() == 0);
  trainer.run(clouds(), 1);
  untouched.run(clouds(), 1);
  CHECK(values_of(trainer.model) == values_of(untouched.model));
}

TEST_CASE("Trainer: a validation set with other names than the training set is rejected") {
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

TEST_CASE("Trainer: a manual loop with end_epoch trains like run") {
  // 0.01 / (1 + epoch): the second epoch has half the rate of the first.
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

TEST_CASE("Trainer: step rejects an invalid number of threads") {
  const Dataset<> data = clouds();
  for (const int threads : {-1, 0, 1'000'000}) {
    auto trainer = trainer_of(support::plain_net());
    trainer.options.threads = threads;
    CHECK_THAT(message_of<DataError>([&] { trainer.step(data.x, data.y); }),
               ContainsSubstring("expected from 1 to 4096 threads"));
  }
}

TEST_CASE("Trainer: step rejects sizes that do not fit together and changes nothing") {
  auto trainer = trainer_of(support::plain_net());
  const Dataset<> data = clouds();
  const auto before = values_of(trainer.model);
  const auto complaint = [&](const Matrix<>& x, const Matrix<>& y) {
    return message_of<ShapeError>([&] { trainer.step(x, y); });
  };
  CHECK_THAT(complaint(data.x.topRows(1), data.y),
             ContainsSubstring("Trainer::step: ") && ContainsSubstring("expected 2 features, got 1"));
  CHECK(complaint(data.x, data.y.leftCols(49)) ==
        "Trainer::step: expected a target for each of the 50 samples, got 49; pass x as [features, samples] "
        "and "
        "y as [targets, samples]");
  CHECK_THAT(complaint(data.x, Matrix<>::Zero(1, 51)), ContainsSubstring("got 51"));
  CHECK_THAT(complaint(data.x, Matrix<>::Zero(2, 50)), ContainsSubstring("targets of 1 or 3 rows, got 2"));
  CHECK_THAT(message_of<DataError>([&] { trainer.step(Matrix<>(2, 0), Matrix<>(1, 0)); }),
             ContainsSubstring("expected samples, got none"));
  CHECK(values_of(trainer.model) == before);
  CHECK(trainer.steps() == 0);
}

}  // namespace trainer_test
