// Lesson 8: regression. The price of a house from its location, age, number of rooms, and the local income.
//
//   08_housing                                            synthetic houses
//   08_housing --data houses.csv --target price           a table of your own; all its other columns are features
//   08_housing --data houses.csv --target price --trials 40         with settings that a search chooses
//
// The error is the root mean squared error (RMSE), in the unit of the price, on the test set, which is every fifth
// row. Two baselines, the mean and a linear model, show what the network adds. A search trains on four fifths of the
// training rows and chooses by the others; the test set takes no part in it.

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <descent/descent.hpp>
#include <descent/search.hpp>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

using namespace descent;

/// The hyper-parameters of a network with batch normalization and dropout, each with its range.
struct Settings {
  double rate = 3e-3, decay = 0.3, keep = 0.9;
  Index width = 128, batch_size = 128;

  static void visit(auto&& f, auto& s) {
    f(Range{"rate", 1e-3, 1e-2, Scale::log}, s.rate);
    f(Range{"weight decay", 0.03, 3, Scale::log}, s.decay);
    f(Range{"keep", 0.8, 1}, s.keep);
    f(Choice{"width", {64, 128, 256}}, s.width);
    f(Choice{"batch size", {64, 128, 256}}, s.batch_size);
  }
};

/// Returns the training of a network with the settings, whose learning rate decays over all epochs.
auto trainer_of(const Settings& s, Index features, int epochs, std::uint64_t seed) {
  Rng rng{seed};
  DynamicSequential net;
  for (Index in = features; net.size() < 12; in = s.width)
    net.add(Dense{in, s.width, rng, Bias::none})
        .add(BatchNorm{s.width})
        .add(ReLU{})
        .add(Dropout{{.keep = s.keep}});
  net.add(Dense{s.width, 1, rng});
  return Trainer{net,
                 MeanSquaredError{},
                 AdamW{.learning_rate = Cosine{.initial = s.rate, .steps = epochs}, .weight_decay = s.decay},
                 {.epochs = epochs, .batch_size = s.batch_size, .seed = seed, .progress = silent}};
}

Dataset<> synthetic_houses(Index samples);
Settings best_settings(const Dataset<>& train, int trials, int epochs, std::uint64_t seed);

int main(int argc, char** argv) try {
  std::string data, target;
  int epochs = 60, trials = 0;
  std::uint64_t seed = 1;
  CLI::App app{"Predicts the price of houses."};
  app.option_defaults()->always_capture_default();
  CLI::Option* const with_data = app.add_option("--data", data, "CSV file; synthetic houses if not given");
  app.add_option("--target", target, "target column")->needs(with_data);
  app.add_option("--epochs", epochs, "passes through the training set");
  app.add_option("--trials", trials, "settings to try on a part of the training rows; none if 0");
  app.add_option("--seed", seed, "seed of initialization, order and search");
  CLI11_PARSE(app, argc, argv);

  const Dataset houses = data.empty() ? synthetic_houses(4000) : read_csv(data, {.target = target});
  std::vector<Index> train_rows, test_rows;
  for (Index i = 0; i < houses.samples(); ++i) (i % 5 == 0 ? test_rows : train_rows).push_back(i);
  Dataset train = houses.subset(train_rows), test = houses.subset(test_rows);

  // Targets are standardized too, so that the initial outputs have the right mean and scale in any currency.
  const Standardize scale{train.x}, prices{train.y};
  for (Dataset<>* part : {&train, &test}) scale.apply(part->x), prices.apply(part->y);
  const double unit = static_cast<double>(prices.deviation()(0));
  const auto report = [&](const char* predictor, double error) {
    std::printf("%-14s RMSE %.4f\n", predictor, error * unit);
  };

  report("the mean", std::sqrt(test.y.cwiseAbs2().mean()));  // the mean of standardized prices is 0
  const auto train_and_report = [&](const char* predictor, auto net) {
    const Cosine decay{.initial = 3e-3, .steps = epochs};
    fit(net, train, MeanSquaredError{}, Adam{.learning_rate = decay},
        {.epochs = epochs, .batch_size = 64, .seed = seed, .progress = silent});
    report(predictor, evaluate(net, test, RootMeanSquaredError{}));
  };
  Rng rng{seed};
  const Index features = train.features();
  train_and_report("a linear model", Sequential{Dense{features, 1, rng}});
  train_and_report("the network", Sequential{Dense{features, 64, rng}, ReLU{}, Dense{64, 64, rng}, ReLU{},
                                             Dense{64, 1, rng}});
  if (trials > 0) {
    auto chosen = trainer_of(best_settings(train, trials, epochs, seed), features, epochs, seed);
    chosen.run(train);
    report("after a search", evaluate(chosen.model, test, RootMeanSquaredError{}));
  }
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}

/// Returns the settings with the least error on a fifth of the training rows, which the networks of the search do not see.
Settings best_settings(const Dataset<>& train, int trials, int epochs, std::uint64_t seed) {
  const auto parts = split(train, {.train = 0.8, .dev = 0.2, .seed = seed});
  const auto start = [&](const Settings& s, std::uint64_t trial_seed) {
    auto trainer = trainer_of(s, train.features(), epochs, trial_seed);
    trainer.options.validation = &parts.dev;
    return trial(std::move(trainer), parts.train);
  };
  const auto found = search<Settings>(start, {.trials = trials,
                                              .epochs = epochs,
                                              .strategy = MedianPruning{.warm_up = 20},
                                              .seed = seed,
                                              .progress = silent});
  const Settings& best = found.best().settings;
  std::printf("chosen: rate %.4f, weight decay %.3f, keep %.2f, width %d, batch size %d\n", best.rate,
              best.decay, best.keep, static_cast<int>(best.width), static_cast<int>(best.batch_size));
  return best;
}

/// Synthetic prices in units of 100,000: increasing with income, decreasing with the distance from two cities, noisy.
Dataset<> synthetic_houses(Index samples) {
  Rng rng{1};
  Dataset<> houses{.x = Matrix<>(5, samples), .y = Matrix<>(1, samples)};
  houses.feature_names = {"east", "north", "age", "rooms", "income"};
  for (Index j = 0; j < samples; ++j) {
    const double east = 10 * rng.uniform(), north = 10 * rng.uniform(), age = 50 * rng.uniform();
    const double rooms = 2 + 6 * rng.uniform(), income = std::exp(1 + 0.4 * rng.normal());
    const double to_first = std::hypot(east - 2, north - 7), to_second = std::hypot(east - 7, north - 3);
    const double location = 2 * std::exp(-to_first) + 3 * std::exp(-to_second / 1.5);
    const double price =
        (0.4 + location) * std::sqrt(income) + 0.15 * rooms - 0.01 * age + 0.2 * rng.normal();
    houses.x.col(j) = Eigen::Matrix<double, 5, 1>{east, north, age, rooms, income}.cast<float>();
    houses.y(0, j) = static_cast<float>(price);
  }
  return houses;
}
