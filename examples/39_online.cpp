// Lesson 39: online learning. A sensor drifts; a network learns from one sample at a time, while another thread predicts
// from consistent copies of it, without locks.
//
//   39_online --samples 20000 --seed 1

#include <CLI/CLI.hpp>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <descent/descent.hpp>
#include <descent/inference/snapshots.hpp>
#include <iostream>
#include <thread>

using namespace descent;

namespace {

/// A sensor whose slope and offset drift with time, from 0 to 1.
float reading(float x, float time) { return (1 + time) * std::sin(3 * x) + 2 * time; }

}  // namespace

int main(int argc, char** argv) try {
  int samples = 20'000;
  std::uint64_t seed = 1;
  CLI::App app{"Learns from a stream of samples while another thread predicts."};
  app.option_defaults()->always_capture_default();
  app.add_option("--samples", samples, "length of the stream");
  app.add_option("--seed", seed, "seed of initialization and samples");
  CLI11_PARSE(app, argc, argv);

  Rng rng{seed};
  const Sequential net{Dense{1, 32, rng}, Tanh{}, Dense{32, 32, rng}, Tanh{}, Dense{32, 1, rng}};
  // Outputs adapt to the drift by gradient descent; moments of Adam would remember old gradients.
  Trainer trainer{net, MeanSquaredError{}, GradientDescent{.learning_rate = 0.02}};
  Snapshots snapshots{trainer.model};

  // The thread that predicts: each prediction is by one model, as it was after some step.
  std::atomic<bool> done = false;
  std::int64_t predictions = 0;
  std::thread reader{[&] {
    typename decltype(trainer.model)::Cache cache;
    const Matrix<> x = Matrix<>::Constant(1, 1, 0.5F);
    while (!done) {
      snapshots.newest().forward(x, cache, Pass::inference());
      ++predictions;
    }
  }};

  // The thread that learns: predict, then learn from what came true.
  Matrix<> x(1, 1), y(1, 1);
  ExponentialAverage online{0.999}, frozen{0.999};
  typename decltype(trainer.model)::Cache cache;
  auto first = trainer.model;  // learns only from the first tenth of the stream
  for (int i = 0; i < samples; ++i) {
    x(0) = static_cast<float>(2 * rng.uniform() - 1);
    y(0) = reading(x(0), static_cast<float>(i) / static_cast<float>(samples));
    const auto error = [&](const auto& model) {
      const double off = static_cast<double>(model.forward(x, cache, Pass::inference())(0) - y(0));
      return off * off;
    };
    online.update(error(trainer.model));
    frozen.update(error(first));
    trainer.step(x, y);
    snapshots.publish(trainer.model);
    if (i + 1 == samples / 10) first = trainer.model;
    if ((i + 1) % (samples / 4) == 0)
      std::printf("after %6d samples: mean squared error %.4f, without further learning %.4f\n", i + 1,
                  online.value(), frozen.value());
  }
  done = true;
  reader.join();
  std::printf("the other thread predicted meanwhile: %s\n", predictions > 0 ? "yes" : "no");
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
