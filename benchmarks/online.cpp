// Latencies of online learning: a thread learns from one sample at a time and publishes the model, another predicts one
// sample at a time with the newest copy. For networks of three sizes, percentiles in microseconds.
//
//   online [SAMPLES]

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <descent/descent.hpp>
#include <descent/inference/snapshots.hpp>
#include <string>
#include <thread>
#include <vector>

using namespace descent;

namespace {

using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

void print(const std::string& name, std::vector<double> times) {
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) {
    return times[static_cast<std::size_t>(share * double(times.size() - 1))];
  };
  std::printf("| %-28s | %8.2f | %8.2f | %8.2f |\n", name.c_str(), at(0.5), at(0.99), at(0.999));
}

void measure(Index features, Index hidden, int samples) {
  Rng rng{1};
  const Sequential net{Dense{features, hidden, rng}, ReLU{}, Dense{hidden, hidden, rng}, ReLU{},
                       Dense{hidden, 1, rng}};
  Trainer trainer{net, MeanSquaredError{}, GradientDescent{.learning_rate = 1e-3}};
  Snapshots snapshots{trainer.model};
  const Matrix<> x = Matrix<>::Random(features, 1), y = Matrix<>::Ones(1, 1);

  std::atomic<bool> done = false;
  std::vector<double> predicting;
  predicting.reserve(1'000'000);
  std::thread reader{[&] {
    typename decltype(trainer.model)::Cache cache;
    while (!done) {
      const auto begin = Clock::now();
      snapshots.newest().forward(x, cache, Pass::inference());
      if (predicting.size() < predicting.capacity()) predicting.push_back(microseconds_since(begin));
    }
  }};
  std::vector<double> learning, publishing;
  for (int i = 0; i < samples; ++i) {
    auto begin = Clock::now();
    trainer.step(x, y);
    learning.push_back(microseconds_since(begin));
    begin = Clock::now();
    snapshots.publish(trainer.model);
    publishing.push_back(microseconds_since(begin));
  }
  done = true;
  reader.join();

  const std::string size =
      std::to_string(features) + "-" + std::to_string(hidden) + "-" + std::to_string(hidden) + "-1";
  print(size + ": learn", std::move(learning));
  print(size + ": publish", std::move(publishing));
  print(size + ": predict", std::move(predicting));
}

}  // namespace

int main(int argc, char** argv) {
  const int samples = argc > 1 ? std::atoi(argv[1]) : 20'000;
  std::printf("| %-28s | %8s | %8s | %8s |\n|---|--:|--:|--:|\n", "network, operation", "median", "99 %",
              "99.9 %");
  measure(8, 16, samples);
  measure(32, 64, samples);
  measure(64, 256, samples);
}
