#pragma once

#include <string>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/concepts/output_kind.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/inference/predict.hpp"
#include "descent/losses/softmax_cross_entropy.hpp"
#include "descent/metrics/threshold.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `predict_probabilities`.
struct ProbabilityOptions {
  bool multilabel = false;  ///< each output is a label of its own, so that the columns do not sum to 1
  Threads threads = {};
};

namespace detail {

/// Converts outputs of a kind to probabilities, in place.
template <std::floating_point T>
void make_probabilities(Matrix<T>& outputs, OutputKind kind, bool multilabel) {
  if (kind == OutputKind::probabilities) return;
  if (kind == OutputKind::log_probabilities)
    outputs = outputs.array().exp();
  else if (multilabel || outputs.rows() == 1)
    outputs = (1 + (-outputs.array()).exp()).inverse();
  else
    outputs = softmax(outputs);
}

}  // namespace detail

/// Computes the probability of each class or, with a single output, of class 1. Outputs that are no probabilities are
/// logits, unless the last layer declares otherwise: their softmax is taken or, of a single output and of labels, the
/// sigmoid.
///
///   predict_probabilities(net, x)                          each column sums to 1
///   predict_probabilities(net, x, {.multilabel = true})    each output is the probability of a label
///
/// Throws   as predict.
/// Cost     a forward pass
/// Example  examples/36_multilabel.cpp
template <Layer M>
Matrix<typename M::Scalar> predict_probabilities(const M& model, const Batch<typename M::Scalar>& x,
                                                 const ProbabilityOptions& options = {}) {
  Matrix<typename M::Scalar> outputs = predict(model, x, {.threads = options.threads});
  detail::make_probabilities(outputs, output_kind(model), options.multilabel);
  return outputs;
}

/// Predicts the name of the class of each sample, as `predict_classes` does its number.
///
///   predict_class_names(net, test.x, train.class_names)
///
/// Throws   as predict_classes; DataError unless there is a name for each class.
template <Layer M>
std::vector<std::string> predict_class_names(const M& model, const Batch<typename M::Scalar>& x,
                                             const std::vector<std::string>& names, Threshold threshold = {},
                                             const PredictOptions& options = {}) {
  const std::vector<Index> classes = predict_classes(model, x, threshold, options);
  const Index outputs = model.output_shape(x.shape()).size(), count = outputs == 1 ? 2 : outputs;
  if (static_cast<Index>(names.size()) != count)
    throw_error<DataError>("predict_class_names",
                           {"expected a name for each of ", count, " classes, got ", names.size()},
                           "pass the class_names of the training set, or the labels of the model file");
  std::vector<std::string> all;
  for (const Index c : classes) all.push_back(names[static_cast<std::size_t>(c)]);
  return all;
}

/// Predicts the labels of each sample: 1 for an output above `threshold`, else 0. The default threshold is that of
/// equal probability, 0.5 after a layer whose outputs are probabilities and 0 otherwise.
///
/// Shapes   x [features, m]   returns [labels, m]
/// Throws   as predict.
template <Layer M>
Matrix<typename M::Scalar> predict_labels(const M& model, const Batch<typename M::Scalar>& x,
                                          Threshold threshold = {}, const PredictOptions& options = {}) {
  using T = typename M::Scalar;
  threshold.prepare(output_kind(model));
  const T above = static_cast<T>(threshold.value("predict_labels"));
  Matrix<T> labels = predict(model, x, options);
  labels = (labels.array() > above).template cast<T>();
  return labels;
}

}  // namespace descent
