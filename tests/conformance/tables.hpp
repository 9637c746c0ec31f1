#pragma once

#include <descent/descent.hpp>
#include <initializer_list>
#include <string>
#include <tuple>
#include <utility>

/// The tables that every component joins with one line. What a row must pass stands in the tests beside.
namespace conformance {

using namespace descent;

/// A layer for a sample of `shape`, made in the precision of its first argument.
template <class Make>
struct LayerRow {
  std::string name;
  Shape shape;
  Make make;
};

inline const auto layers = std::tuple{
    LayerRow{"Dense", {5}, []<class T>(T, Rng& rng) { return Dense<T>{5, 4, rng}; }},
    LayerRow{"Dense without bias", {5}, []<class T>(T, Rng& rng) { return Dense<T>{5, 4, rng, Bias::none}; }},
    LayerRow{"ReLU", {5}, []<class T>(T, Rng&) { return ReLU<T>{}; }},
    LayerRow{"Sigmoid", {5}, []<class T>(T, Rng&) { return Sigmoid<T>{}; }},
    LayerRow{"Tanh", {5}, []<class T>(T, Rng&) { return Tanh<T>{}; }},
    LayerRow{"BatchNorm", {5}, []<class T>(T, Rng&) { return BatchNorm<T>{5}; }},
    LayerRow{"Dropout", {5}, []<class T>(T, Rng&) { return Dropout<T>{{.keep = 0.7}}; }},
    LayerRow{"Sequential", {5}, []<class T>(T, Rng& rng) {
               return Sequential{Dense<T>{5, 4, rng}, BatchNorm<T>{4}, Tanh<T>{}, Dense<T>{4, 3, rng}};
             }},
    LayerRow{"Network", {5}, []<class T>(T, Rng& rng) {
               return Network{Dense<T>{5, 4, rng}, BatchNorm<T>{4}, Tanh<T>{}, Dense<T>{4, 3, rng}};
             }},
};

/// A loss with as many outputs as it needs, a prediction and a target for each of three samples.
template <class L>
struct LossRow {
  std::string name;
  L loss;
  Matrix<double> prediction, target;

  using Rows = std::initializer_list<std::initializer_list<double>>;
  LossRow(std::string row_name, L row_loss, Rows p, Rows t)
      : name{std::move(row_name)}, loss{row_loss}, prediction{p}, target{t} {}
};

inline const auto losses = std::tuple{
    LossRow{"MeanSquaredError", MeanSquaredError{}, {{1, -2, 0.5}, {0, 3, 1}}, {{0, -1, 2}, {0.5, 3, 1}}},
    LossRow{"SigmoidCrossEntropy", SigmoidCrossEntropy{}, {{1, -2, 0.5}, {0, 3, 1}}, {{0, 1, 1}, {1, 0.3, 0}}},
    LossRow{"SoftmaxCrossEntropy", SoftmaxCrossEntropy{}, {{1, -2, 0.5}, {0, 3, 1}, {2, 2, -1}}, {{0, 2, 1}}},
    LossRow{"SoftmaxCrossEntropy of probabilities",
            SoftmaxCrossEntropy{},
            {{1, -2, 0.5}, {0, 3, 1}, {2, 2, -1}},
            {{0, 0.2, 1}, {1, 0.5, 0}, {0, 0.3, 0}}},
};

/// An optimizer, and a learning rate at which it finds the bottom of Rosenbrock's valley within
/// `rosenbrock_steps`.
template <class O>
struct OptimizerRow {
  std::string name;
  O optimizer;
  double rosenbrock_rate;
};

inline const auto optimizers = std::tuple{
    OptimizerRow{"GradientDescent", GradientDescent{.learning_rate = 0.1}, 1e-3},
    OptimizerRow{"Momentum", Momentum{.learning_rate = 0.1}, 5e-3},
    OptimizerRow{"Adam", Adam{.learning_rate = 0.1}, 1e-2},
};

/// Calls f(row) for each row of a table.
void for_each(const auto& table, auto&& f) {
  std::apply([&](const auto&... row) { (f(row), ...); }, table);
}

}  // namespace conformance
