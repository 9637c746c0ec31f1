#pragma once

#include <descent/autodiff.hpp>
#include <initializer_list>
#include <string>
#include <tuple>
#include <utility>

#include "conformance/table.hpp"

namespace conformance {

/// The predictions that a loss accepts.
enum class Prediction { any, probability };

/// A loss, with a prediction and a target for each of three samples.
template <class L>
struct LossRow {
  std::string name;
  L loss;
  Matrix<double> prediction, target;
  Prediction kind;

  using Rows = std::initializer_list<std::initializer_list<double>>;
  LossRow(std::string row_name, L row_loss, Rows p, Rows t, Prediction row_kind = Prediction::any)
      : name{std::move(row_name)}, loss{row_loss}, prediction{p}, target{t}, kind{row_kind} {}
};

inline const auto losses = std::tuple{
    LossRow{"MeanSquaredError", MeanSquaredError{}, {{1, -2, 0.5}, {0, 3, 1}}, {{0, -1, 2}, {0.5, 3, 1}}},
    LossRow{"MeanAbsoluteError", MeanAbsoluteError{}, {{1, -2, 0.5}, {0, 3, 1}}, {{0, -1, 2}, {0.5, 2, 1.1}}},
    LossRow{"Huber", Huber{.delta = 0.75}, {{1, -2, 0.5}, {0, 3, 1}}, {{0, -1, 2}, {0.5, 3, 1}}},
    LossRow{"LogCosh", LogCosh{}, {{1, -2, 0.5}, {0, 3, 1}}, {{0, -1, 2}, {0.5, 3, 1}}},
    LossRow{"Hinge", Hinge{}, {{1.5, -2, 0.5}, {0, 3, 2}}, {{0, 1, 1}, {1, 0, 1}}},
    LossRow{"SquaredHinge", SquaredHinge{}, {{1.5, -2, 0.5}, {0, 3, 2}}, {{0, 1, 1}, {1, 0, 1}}},
    LossRow{"Hinge with a positive weight",
            Hinge{.positive_weight = 3},
            {{1.5, -2, 0.5}, {0, 3, 2}},
            {{0, 1, 1}, {1, 0, 1}}},
    LossRow{"SquaredHinge with a positive weight",
            SquaredHinge{.positive_weight = 3},
            {{1.5, -2, 0.5}, {0, 3, 2}},
            {{0, 1, 1}, {1, 0, 1}}},
    LossRow{
        "SigmoidCrossEntropy", SigmoidCrossEntropy{}, {{1, -2, 0.5}, {0, 3, 1}}, {{0, 1, 1}, {1, 0.3, 0}}},
    LossRow{"SigmoidCrossEntropy with a positive weight",
            SigmoidCrossEntropy{.positive_weight = 3},
            {{1, -2, 0.5}, {0, 3, 1}},
            {{0, 1, 1}, {1, 0.3, 0}}},
    LossRow{"SigmoidCrossEntropy with positive weights of the outputs",
            SigmoidCrossEntropy{.positive_weights = {3, 0.5}},
            {{1, -2, 0.5}, {0, 3, 1}},
            {{0, 1, 1}, {1, 0.3, 0}}},
    LossRow{"SoftmaxCrossEntropy", SoftmaxCrossEntropy{}, {{1, -2, 0.5}, {0, 3, 1}, {2, 2, -1}}, {{0, 2, 1}}},
    LossRow{"SoftmaxCrossEntropy of probabilities",
            SoftmaxCrossEntropy{},
            {{1, -2, 0.5}, {0, 3, 1}, {2, 2, -1}},
            {{0, 0.2, 1}, {1, 0.5, 0}, {0, 0.3, 0}}},
    LossRow{"SoftmaxCrossEntropy with label smoothing and class weights",
            SoftmaxCrossEntropy{.label_smoothing = 0.1, .class_weights = {1, 2, 0.5}},
            {{1, -2, 0.5}, {0, 3, 1}, {2, 2, -1}},
            {{0, 2, 1}}},
    LossRow{"SoftmaxCrossEntropy of probabilities with label smoothing and class weights",
            SoftmaxCrossEntropy{.label_smoothing = 0.1, .class_weights = {1, 2, 0.5}},
            {{1, -2, 0.5}, {0, 3, 1}, {2, 2, -1}},
            {{0, 0.2, 1}, {1, 0.5, 0}, {0, 0.3, 0}}},
    LossRow{"BinaryCrossEntropy",
            BinaryCrossEntropy{},
            {{0.3, 0.5, 0.8}, {0.4, 0.7, 0.6}},
            {{0, 1, 1}, {1, 0.3, 0}},
            Prediction::probability},
    LossRow{"BinaryCrossEntropy with a positive weight",
            BinaryCrossEntropy{.positive_weight = 3},
            {{0.3, 0.5, 0.8}, {0.4, 0.7, 0.6}},
            {{0, 1, 1}, {1, 0.3, 0}},
            Prediction::probability},
    LossRow{"BinaryCrossEntropy with positive weights of the outputs",
            BinaryCrossEntropy{.positive_weights = {3, 0.5}},
            {{0.3, 0.5, 0.8}, {0.4, 0.7, 0.6}},
            {{0, 1, 1}, {1, 0.3, 0}},
            Prediction::probability},
    LossRow{"NegativeLogLikelihood", NegativeLogLikelihood{}, {{-1, -2, -0.5}, {-3, -0.2, -1}}, {{0, 1, 1}}},
    LossRow{"NegativeLogLikelihood of probabilities",
            NegativeLogLikelihood{},
            {{-1, -2, -0.5}, {-3, -0.2, -1}},
            {{0, 0.2, 1}, {1, 0.8, 0}}},
    LossRow{"NegativeLogLikelihood with class weights",
            NegativeLogLikelihood{.class_weights = {1, 2.5}},
            {{-1, -2, -0.5}, {-3, -0.2, -1}},
            {{0, 1, 1}}},
    LossRow{"NegativeLogLikelihood of probabilities with class weights",
            NegativeLogLikelihood{.class_weights = {1, 2.5}},
            {{-1, -2, -0.5}, {-3, -0.2, -1}},
            {{0, 0.2, 1}, {1, 0.8, 0}}},
    LossRow{"FormulaLoss",
            FormulaLoss{[](auto p, auto t) { return mean(abs(p - t), Over::features); }},
            {{1, -2, 0.5}, {0, 3, 1}},
            {{0, -1, 2}, {0.5, 2, 1.1}}},
    LossRow{
        "KullbackLeibler", KullbackLeibler{}, {{-1, -2, -0.5}, {-3, -0.2, -1}}, {{0, 0.2, 1}, {1, 0.8, 0}}},
};

}  // namespace conformance
