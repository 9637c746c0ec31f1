#pragma once

#include <array>

#include "golden.hpp"

/// Compares fifty steps of an optimizer with a reference: a 5-7-6-3 network with tanh and ReLU, softmax cross-entropy,
/// 32 samples.
inline void equals_reference_for_fifty_steps(const auto& optimizer, const std::string& file) {
  using namespace descent;
  const auto problem = golden::read("opt_problem"), expected = golden::read(file);
  Rng rng{1};
  Sequential net{Dense<double>{5, 7, rng}, Tanh<double>{}, Dense<double>{7, 6, rng}, ReLU<double>{},
                 Dense<double>{6, 3, rng}};
  const std::array layers{&net.layer<0>(), &net.layer<2>(), &net.layer<4>()};
  const auto each_layer = [&](auto&& f) {
    for (std::size_t i = 0; i < layers.size(); ++i) f(*layers[i], std::to_string(i + 1));
  };
  each_layer([&](Dense<double>& layer, const std::string& number) {
    layer.weight = golden::matrix(problem.at("initial").at("W" + number));
    layer.bias = golden::matrix(problem.at("initial").at("b" + number));
  });

  const Matrix<double> x = golden::batch(problem.at("x")), labels = golden::labels(problem.at("labels"));
  Trainer trainer{net, SoftmaxCrossEntropy{}, optimizer, {.progress = silent}};
  const Index size = expected.at("batch_size");
  for (int k = 0; k < 50; ++k) {
    const Index first = size * (k % (x.cols() / size));
    const double loss = trainer.step(x.middleCols(first, size), labels.middleCols(first, size));
    CHECK_THAT(loss,
               Catch::Matchers::WithinRel(expected.at("loss").at(static_cast<std::size_t>(k)).get<double>(),
                                          golden::fifty_steps));
    const std::string updates = std::to_string(k + 1);
    if (!expected.at("params_after").contains(updates)) continue;
    CAPTURE(updates);
    net = trainer.model;
    each_layer([&](const Dense<double>& layer, const std::string& number) {
      const auto& after = expected.at("params_after").at(updates);
      const double tolerance = k == 0 ? golden::one_step : golden::fifty_steps;
      golden::require_close(layer.weight, golden::matrix(after.at("W" + number)), tolerance);
      golden::require_close(layer.bias, golden::matrix(after.at("b" + number)), tolerance);
    });
  }
}
