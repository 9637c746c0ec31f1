#pragma once

#include <string>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/core/types.hpp"
#include "descent/inference/predict.hpp"
#include "descent/inference/probabilities.hpp"
#include "descent/metrics/threshold.hpp"
#include "descent/tables/preprocess.hpp"
#include "descent/tables/table.hpp"

namespace descent::inline DESCENT_ABI {

/// Computes the predictions for the rows of a table, in the units of the targets.
///
///   predict(net, prepare, read_table("new.csv", prepare.table_options()))
///   predict(net, prepare, table_of({{"area", 82.5}, {"district", "north"}}))      for a single row
///
/// Shapes   returns [targets, rows]
/// Throws   as `predict` of a matrix, and as Preprocess.
/// Example  examples/35_house_prices_predict.cpp
template <Layer M>
Matrix<typename M::Scalar> predict(const M& model, const Preprocess& prepare, const Table& table,
                                   const PredictOptions& options = {}) {
  Matrix<typename M::Scalar> y = predict(model, prepare.inputs<typename M::Scalar>(table), options);
  prepare.invert(y);
  return y;
}

/// Predicts the name of the class of each row.
///
/// Throws   as `predict_class_names`, and as Preprocess; DataError also if the classes have no names.
template <Layer M>
std::vector<std::string> predict_class_names(const M& model, const Preprocess& prepare, const Table& table,
                                             Threshold threshold = {}, const PredictOptions& options = {}) {
  return predict_class_names(model, prepare.inputs<typename M::Scalar>(table), prepare.class_names(),
                             threshold, options);
}

/// Computes the probability of each class for the rows of a table.
///
/// Throws   as predict.
template <Layer M>
Matrix<typename M::Scalar> predict_probabilities(const M& model, const Preprocess& prepare,
                                                 const Table& table, const ProbabilityOptions& options = {}) {
  return predict_probabilities(model, prepare.inputs<typename M::Scalar>(table), options);
}

}  // namespace descent
