// Lesson 8: regression. The price of a house from its location, age, number of rooms, and the local income.
//
//   08_housing                                            synthetic houses
//   08_housing --data houses.csv --target price           a table of your own; all its other columns are features
//
// The error is the root mean squared error (RMSE), in the unit of the price, on the test set, which is every fifth
// row. Two baselines, the mean and a linear model, show what the network adds.

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <descent/descent.hpp>
#include <iostream>
#include <string>
#include <vector>

using namespace descent;

Dataset<> synthetic_houses(Index samples);

int main(int argc, char** argv) try {
  std::string data, target;
  int epochs = 60;
  std::uint64_t seed = 1;
  CLI::App app{"Predicts the price of houses."};
  app.option_defaults()->always_capture_default();
  CLI::Option* const with_data = app.add_option("--data", data, "CSV file; synthetic houses if not given");
  app.add_option("--target", target, "target column")->needs(with_data);
  app.add_option("--epochs", epochs, "passes through the training set");
  app.add_option("--seed", seed, "seed of initialization and order");
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
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
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
