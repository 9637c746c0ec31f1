// Lesson 31: a time series of hours with a daily and a weekly period, forecast by a GRU: the next hour from the two days
// before it, then a day hour by hour.
//
//   31_forecast --seed 1

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <descent/descent.hpp>
#include <iostream>
#include <numbers>
#include <vector>

using namespace descent;

namespace {

constexpr double noise = 0.1;

/// The load of a network at an hour, without its noise.
double load_at(Index hour) {
  const double turn = 2 * std::numbers::pi * static_cast<double>(hour);
  return std::sin(turn / 24) + 0.5 * std::sin(turn / 168) + 0.3 * std::sin(2 * turn / 24);
}

/// Each window of `steps` hours, with the hour after it as the target.
Dataset<> windows(const std::vector<float>& series, Index first, Index last, Index steps) {
  const Index samples = last - first - steps;
  Dataset<> data{
      .x = Matrix<>(steps, samples), .y = Matrix<>(1, samples), .shape = {.channels = 1, .width = steps}};
  for (Index j = 0; j < samples; ++j) {
    for (Index t = 0; t < steps; ++t) data.x(t, j) = series[static_cast<std::size_t>(first + j + t)];
    data.y(0, j) = series[static_cast<std::size_t>(first + j + steps)];
  }
  return data;
}

}  // namespace

int main(int argc, char** argv) try {
  int epochs = 8;
  std::uint64_t seed = 1;
  CLI::App app{"Forecasts a time series by a gated recurrent unit."};
  app.option_defaults()->always_capture_default();
  app.add_option("--epochs", epochs, "passes through the training set");
  app.add_option("--seed", seed, "seed of noise, initialization and order");
  CLI11_PARSE(app, argc, argv);

  constexpr Index hours = 24 * 7 * 16, steps = 48;
  Rng rng{seed};
  std::vector<float> series;
  for (Index hour = 0; hour < hours; ++hour)
    series.push_back(static_cast<float>(load_at(hour) + noise * rng.normal()));
  // In time order: the model is tested on hours after those that it learned from.
  const Index end_of_train = hours * 3 / 4;
  const Dataset<> train = windows(series, 0, end_of_train, steps),
                  test = windows(series, end_of_train, hours, steps);

  Sequential net{GRU{1, 32, rng, {.outputs = Outputs::last}}, Dense{32, 1, rng, XavierNormal{}}};
  const Cosine decay{.initial = 5e-3, .steps = epochs};
  fit(net, train, MeanSquaredError{}, Adam{.learning_rate = decay},
      {.epochs = epochs, .batch_size = 32, .validation = &test, .seed = seed});

  const double repeated =
      std::sqrt((test.x.bottomRows(1) - test.y).squaredNorm() / static_cast<float>(test.samples()));
  std::printf("\nRMSE of the next hour, whose noise is %.2f\n", noise);
  std::printf("  the last hour again   %.3f\n", repeated);
  std::printf("  GRU                   %.3f\n", evaluate(net, test, RootMeanSquaredError{}));

  // A day ahead: the state is passed on, and each forecast is the next input.
  const auto& gru = net.layer<0>();
  const auto& out = net.layer<1>();
  GRU<>::Cache gru_cache;
  Dense<>::Cache out_cache;
  GRU<>::State state;
  Matrix<> x = test.x.col(0);
  Shape shape = test.shape;
  double squares = 0;
  for (Index hour = 0; hour < 24; ++hour) {
    const Batch<> y = out.forward(gru.forward(Batch{x, shape}, state, gru_cache, Pass::inference()),
                                  out_cache, Pass::inference());
    squares += std::pow(static_cast<double>(y(0)) - load_at(end_of_train + steps + hour), 2);
    x = y.col(0);
    shape = {1};
  }
  std::printf("RMSE of a day ahead, against the series without noise: %.3f\n", std::sqrt(squares / 24));
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
