// Lesson 37: rare classes. One of 50 samples is positive: a network that finds none is right in 98 % of the cases.
//
// Weights of classes, balanced batches and a chosen threshold find them; the last leaves the probabilities as they are.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <descent/descent.hpp>
#include <iostream>

using namespace descent;

namespace {

/// Two overlapping clouds of points; every 50th point is of class 1.
Dataset<> rare(Index samples, std::uint64_t seed) {
  Rng rng{seed};
  Dataset<> data{.x = Matrix<>(2, samples), .y = Matrix<>(1, samples)};
  for (Index j = 0; j < samples; ++j) {
    const bool positive = j % 50 == 0;
    data.y(0, j) = positive;
    for (float& x : data.x.col(j)) x = static_cast<float>(rng.normal() + (positive ? 1.6 : 0));
  }
  return data;
}

}  // namespace

int main() try {
  const Dataset<> train = rare(10000, 1), dev = rare(10000, 2), test = rare(20000, 3);
  const auto train_and_report = [&](const char* name, const SigmoidCrossEntropy& loss,
                                    const SampleOrder& order, bool choose) {
    Rng rng{1};
    Sequential net{Dense{2, 16, rng}, Tanh{}, Dense{16, 1, rng}};
    fit(net, train, loss, Adam{.learning_rate = Cosine{.initial = 1e-2, .steps = 15}},
        {.epochs = 15, .batch_size = 100, .order = order, .progress = silent});
    const Threshold threshold = choose ? Threshold{best_threshold(net, dev, F1{}).threshold} : Threshold{};
    std::printf("%-18s accuracy %.3f  recall %.2f  precision %.2f  F1 %.2f  calibration error %.3f\n", name,
                evaluate(net, test, Accuracy{threshold}), evaluate(net, test, Recall{.threshold = threshold}),
                evaluate(net, test, Precision{.threshold = threshold}),
                evaluate(net, test, F1{.threshold = threshold}),
                evaluate(net, test, Calibration{}).expected_error);
  };
  train_and_report("as it is", {}, {}, false);
  train_and_report("positive weight", {.positive_weights = balanced_positive_weights(train)}, {}, false);
  train_and_report("balanced batches", {}, balanced_order(train), false);
  train_and_report("best threshold", {}, stratified_order(train), true);
  for (const double weight : balanced_class_weights(train)) std::printf("class weight %.3f\n", weight);
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
