#include "descent/training/early_stopping.hpp"

#include "catch.hpp"
#include "descent/descent.hpp"
#include "golden.hpp"
#include "support.hpp"

namespace early_stopping_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;

namespace {

/// One weight that starts at 3 and that training moves towards 0. The optimum for the validation set is 1, so that the
/// best epoch is the one at which the weight passes 1.
struct Tug {
  Dataset<> train{.x = Matrix<>{{1, 1}}, .y = Matrix<>{{0, 0}}};
  Dataset<> dev{.x = Matrix<>{{1, 1}}, .y = Matrix<>{{1, 1}}};
  Dense<> net;

  explicit Tug(Rng rng = Rng{1}) : net{1, 1, rng, Bias::none} { net.weight(0, 0) = 3; }
  FitOptions<Dense<>> options() const {
    return {.epochs = 100, .batch_size = full_batch, .validation = &dev, .progress = silent};
  }
};

const GradientDescent slow{.learning_rate = 0.05};

}  // namespace

TEST_CASE("EarlyStopping: the run ends patience epochs after the best and restores its weights") {
  Tug tug;
  auto options = tug.options();
  options.early_stopping = EarlyStopping{.patience = 4};
  const History history = fit(tug.net, tug.train, MeanSquaredError{}, slow, options);
  const auto& losses = history["val_loss"];
  const auto best = std::min_element(losses.begin(), losses.end());
  CHECK(losses.end() - best == 5);  // the best, and four without improvement
  CHECK(losses.size() < 30);
  CHECK(evaluate(tug.net, tug.dev, MeanSquaredError{}) == *best);
}

TEST_CASE("EarlyStopping: without restore_best the last weights stay") {
  Tug tug;
  auto options = tug.options();
  options.early_stopping = EarlyStopping{.patience = 4, .restore_best = false};
  const History history = fit(tug.net, tug.train, MeanSquaredError{}, slow, options);
  CHECK(evaluate(tug.net, tug.dev, MeanSquaredError{}) == history["val_loss"].back());
}

TEST_CASE("EarlyStopping: Mode::max and min_delta define an improvement") {
  Tug tug;
  auto options = tug.options();
  options.metrics = {RootMeanSquaredError{}};
  options.early_stopping =
      EarlyStopping{.monitor = "val_root_mean_squared_error", .patience = 3, .mode = Mode::max};
  // The error decreases from the start, so the first epoch stays the best by Mode::max.
  CHECK(fit(tug.net, tug.train, MeanSquaredError{}, slow, options).epochs() == 4);

  Tug again;
  options.early_stopping = EarlyStopping{.monitor = "loss", .patience = 2, .min_delta = 100};
  CHECK(fit(again.net, again.train, MeanSquaredError{}, slow, options).epochs() == 3);
}

TEST_CASE("EarlyStopping: an unknown metric is an error") {
  Tug tug;
  auto options = tug.options();
  options.validation = nullptr;
  options.early_stopping = EarlyStopping{};
  CHECK_THROWS_WITH(fit(tug.net, tug.train, MeanSquaredError{}, slow, options),
                    ContainsSubstring("History: expected one of [loss], got \"val_loss\"") &&
                        ContainsSubstring("pass .validation"));
}

TEST_CASE("EarlyStopping: a run that it does not end keeps the best weights only in best_model") {
  Tug tug;  // the best epoch for validation is not the last of 10
  auto options = tug.options();
  options.epochs = 20;
  options.early_stopping = EarlyStopping{.patience = 100};
  Trainer trainer{tug.net, MeanSquaredError{}, slow, options};
  const auto& losses = trainer.run(tug.train)["val_loss"];
  const double least = *std::min_element(losses.begin(), losses.end());
  REQUIRE(least < losses.back());
  CHECK(evaluate(trainer.model, tug.dev, MeanSquaredError{}) == losses.back());
  CHECK(evaluate(trainer.best_model(), tug.dev, MeanSquaredError{}) == least);
  CHECK_FALSE(trainer.stopped());

  fit(tug.net, tug.train, MeanSquaredError{}, slow, options);
  CHECK(tug.net.weight == trainer.best_model().weight);
}

TEST_CASE("EarlyStopping: a run after one that it ended starts from the best weights") {
  Tug tug;
  auto options = tug.options();
  options.early_stopping = EarlyStopping{.patience = 4};
  Trainer trainer{tug.net, MeanSquaredError{}, slow, options};
  trainer.run(tug.train);
  CHECK(trainer.stopped());
  const Matrix<> best = trainer.model.weight;
  CHECK(best == trainer.best_model().weight);

  const auto done = trainer.epochs();
  trainer.run(tug.train);
  CHECK(trainer.epochs() == done + 4);
  CHECK(trainer.model.weight == best);
}

TEST_CASE("EarlyStopping: single epochs until it stops give the bits of one run") {
  Tug tug;
  auto options = tug.options();
  options.early_stopping = EarlyStopping{.patience = 4};
  Trainer whole{tug.net, MeanSquaredError{}, slow, options}, in_parts = whole;
  whole.run(tug.train);
  while (!in_parts.stopped()) in_parts.run(tug.train, 1);
  CHECK(in_parts.model.weight == whole.model.weight);
  CHECK(in_parts.history() == whole.history());
}

TEST_CASE("ReduceOnPlateau: the learning rate is reduced but not below the minimum") {
  Tug tug;
  tug.net.weight(0, 0) = 0;  // the optimum: the loss stays 0
  auto options = tug.options();
  options.epochs = 7;
  options.reduce_on_plateau =
      ReduceOnPlateau{.monitor = "loss", .factor = 0.5, .patience = 2, .minimum = 0.02};
  std::vector<double> rates;
  options.on_epoch_end = {[&](const auto& e) { rates.push_back(e.learning_rate); }};
  fit(tug.net, tug.train, MeanSquaredError{}, GradientDescent{.learning_rate = 0.08}, options);
  // Halved after epochs 3 and 5, the second and the fourth without improvement, and then at the minimum.
  CHECK(rates[1] == 0.08);
  CHECK_THAT(rates.back(), Catch::Matchers::WithinRel(0.02, 1e-12));
  CHECK(std::is_sorted(rates.rbegin(), rates.rend()));
}

TEST_CASE("ReduceOnPlateau: the rates equal the reference", "[golden]") {
  const auto file = golden::read("schedules");
  const auto& c = file.at("plateau");
  const ReduceOnPlateau rule{.monitor = "loss",
                             .factor = c.at("factor"),
                             .patience = c.at("patience"),
                             .min_delta = c.at("min_delta"),
                             .minimum = c.at("minimum")};
  const double initial = file.at("initial");
  detail::EpochRules rules;
  History history;
  TrainingProgress progress;
  for (std::size_t i = 0; i < c.at("losses").size(); ++i) {
    CAPTURE(i);
    history.add("loss", c.at("losses").at(i));
    progress.rate_scale *= rules.apply(rule, history, initial * progress.rate_scale);
    CHECK_THAT(initial * progress.rate_scale,
               Catch::Matchers::WithinRel(c.at("rates").at(i).get<double>(), golden::one_step));
  }
}

TEST_CASE("EpochRules: invalid options are rejected by name before training") {
  const auto text = [](const std::optional<EarlyStopping>& stopping,
                       const std::optional<ReduceOnPlateau>& plateau) {
    Tug tug;
    auto options = tug.options();
    options.early_stopping = stopping;
    options.reduce_on_plateau = plateau;
    return support::message_of<DataError>(
        [&] { fit(tug.net, tug.train, MeanSquaredError{}, slow, options); });
  };
  CHECK(text(EarlyStopping{.patience = -1}, {}) ==
        "EarlyStopping: expected .patience of 0 or more, got -1; pass a number of epochs");
  CHECK(text(EarlyStopping{.min_delta = -1}, {}) ==
        "EarlyStopping: expected .min_delta of 0 or more, got -1");
  CHECK(text({}, ReduceOnPlateau{.patience = -1}) ==
        "ReduceOnPlateau: expected .patience of 0 or more, got -1; pass a number of epochs");
  CHECK(text({}, ReduceOnPlateau{.min_delta = -1}) ==
        "ReduceOnPlateau: expected .min_delta of 0 or more, got -1");
  CHECK(text({}, ReduceOnPlateau{.minimum = -1}) ==
        "ReduceOnPlateau: expected .minimum of 0 or more, got -1");
  CHECK(text({}, ReduceOnPlateau{.factor = 1}) == "ReduceOnPlateau: expected .factor in [0, 1), got 1");
}

}  // namespace early_stopping_test
