#pragma once

#include <initializer_list>
#include <string>
#include <tuple>
#include <utility>

#include "conformance/table.hpp"

namespace conformance {

/// The kind of targets of a metric.
enum class Target { classes, values };

/// A metric, a prediction and a target for each of six samples.
template <class A>
struct MetricRow {
  std::string name;
  A metric;
  Matrix<double> prediction, target;
  Target kind;

  using Rows = std::initializer_list<std::initializer_list<double>>;
  MetricRow(std::string row_name, A row_metric, Rows p, Rows t, Target row_kind = Target::classes)
      : name{std::move(row_name)}, metric{std::move(row_metric)}, prediction{p}, target{t}, kind{row_kind} {}
};

inline const auto metrics = std::tuple{
    MetricRow{"Accuracy",
              Accuracy{},
              {{1, -2, 0, 0, 3, 1}, {0, 3, 1, 1, 2, 1}, {2, 1, -1, 4, 0, 1}},
              {{2, 0, 1, 1, 0, 0}}},
    MetricRow{"Accuracy of one output", Accuracy{}, {{1, -2, 0.5, 3, -1, 0}}, {{1, 0, 0, 1, 1, 0}}},
    MetricRow{"ConfusionMatrix",
              ConfusionMatrix{3},
              {{1, -2, 0, 0, 3, 1}, {0, 3, 1, 1, 2, 1}, {2, 1, -1, 4, 0, 1}},
              {{2, 0, 1, 1, 0, 0}}},
    MetricRow{"Calibration", Calibration{.bins = 4}, {{1, -2, 0.5, 3, -1, 0}}, {{1, 0, 0, 1, 1, 0}}},
    MetricRow{"Calibration of classes",
              Calibration{.bins = 4},
              {{1, -2, 0, 0, 3, 1}, {0, 3, 1, 1, 2, 1}, {2, 1, -1, 4, 0, 1}},
              {{2, 0, 1, 1, 0, 0}}},
    MetricRow{"TopKAccuracy",
              TopKAccuracy{.k = 2},
              {{1, -2, 0, 0, 3, 1}, {0, 3, 1, 1, 2, 1}, {2, 1, -1, 4, 0, 1}},
              {{2, 0, 1, 1, 0, 2}}},
    MetricRow{"Precision",
              Precision{},
              {{1, -2, 0, 0, 3, 1}, {0, 3, 1, 1, 2, 1}, {2, 1, -1, 4, 0, 1}},
              {{2, 0, 1, 1, 0, 0}}},
    MetricRow{"Recall",
              Recall{},
              {{1, -2, 0, 0, 3, 1}, {0, 3, 1, 1, 2, 1}, {2, 1, -1, 4, 0, 1}},
              {{2, 0, 1, 1, 0, 0}}},
    MetricRow{"F1 of one output", F1{}, {{1, -2, 0.5, 3, -1, 0}}, {{1, 0, 0, 1, 1, 0}}},
    MetricRow{"F1 with micro averaging",
              F1{.average = Average::micro},
              {{1, -2, 0, 0, 3, 1}, {0, 3, 1, 1, 2, 1}, {2, 1, -1, 4, 0, 1}},
              {{2, 0, 1, 1, 0, 0}}},
    MetricRow{"MultilabelAccuracy",
              MultilabelAccuracy{},
              {{1, -2, 0.5, 3, -1, 0}, {0, 3, 1, 1, 2, 1}},
              {{1, 0, 0, 1, 1, 0}, {1, 1, 0, 1, 0, 0}},
              Target::values},
    MetricRow{"MultilabelExactMatch",
              MultilabelExactMatch{},
              {{1, -2, 0.5, 3, -1, 0}, {0, 3, 1, 1, 2, 1}},
              {{1, 0, 0, 1, 1, 0}, {1, 1, 0, 1, 0, 0}},
              Target::values},
    MetricRow{"MultilabelF1",
              MultilabelF1{},
              {{1, -2, 0.5, 3, -1, 0}, {0, 3, 1, 1, 2, 1}},
              {{1, 0, 0, 1, 1, 0}, {1, 1, 0, 1, 0, 0}},
              Target::values},
    MetricRow{"R2 of one output",
              R2{.of_output = 1},
              {{1, -2, 0.5, 3, -1, 0}, {0, 3, 1, 1, 2, 1}},
              {{2, -1, 0, 3, 0, 1}, {1, 2, 5, 2, 3, 0}},
              Target::values},
    MetricRow{"RootMeanSquaredError of one output",
              RootMeanSquaredError{.of_output = 1},
              {{1, -2, 0.5, 3, -1, 0}, {0, 3, 1, 1, 2, 1}},
              {{2, -1, 0, 3, 0, 1}, {1, 2, 5, 2, 3, 0}},
              Target::values},
    MetricRow{"RocAuc", RocAuc{}, {{1, -2, 0.5, 1, -1, 0}}, {{1, 0, 0, 1, 1, 0}}},
    MetricRow{"R2",
              R2{},
              {{1, -2, 0.5, 3, -1, 0}, {0, 3, 1, 1, 2, 1}},
              {{2, -1, 0, 3, 0, 1}, {1, 2, 5, 2, 3, 0}},
              Target::values},
    MetricRow{"RootMeanSquaredError",
              RootMeanSquaredError{},
              {{1, -2, 0.5, 3, -1, 0}, {0, 3, 1, 1, 2, 1}},
              {{2, -1, 0, 3, 0, 1}, {1, 2, 5, 2, 3, 0}},
              Target::values},
    MetricRow{"MeanLoss",
              MeanLoss{MeanAbsoluteError{}},
              {{1, -2, 0.5, 3, -1, 0}, {0, 3, 1, 1, 2, 1}},
              {{2, -1, 0, 3, 0, 1}, {1, 2, 5, 2, 3, 0}},
              Target::values},
};

}  // namespace conformance
