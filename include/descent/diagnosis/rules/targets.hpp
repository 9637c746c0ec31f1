#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <utility>
#include <vector>

#include "descent/concepts/output_kind.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/types.hpp"
#include "descent/data/dataset.hpp"
#include "descent/inference/check_loss.hpp"
#include "descent/losses/targets.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The meaning of targets: classes of samples, numbers to predict, or others, such as several labels per sample.
struct Targets {
  enum class Kind { classes, numbers, others };
  Kind kind = Kind::others;
  Index classes = 0;
  std::vector<Index> labels = {};  // of the samples, or ignored_class

  bool are_classes() const { return kind == Kind::classes; }
  bool are_numbers() const { return kind == Kind::numbers; }

  /// The number of samples of each class.
  std::vector<Index> counts() const {
    std::vector<Index> counts(static_cast<std::size_t>(classes));
    for (const Index label : labels)
      if (label >= 0) ++counts[static_cast<std::size_t>(label)];
    return counts;
  }
};

/// Returns the labels of targets in a single row if all are classes below `classes` or ignored, else none.
std::vector<Index> labels_of_row(const BatchLike auto& y, Index classes) {
  std::vector<Index> labels;
  for (Index j = 0; j < y.cols(); ++j) {
    const auto value = static_cast<double>(y(0, j));
    if (value < -1 || value >= static_cast<double>(classes) || std::floor(value) != value) return {};
    labels.push_back(static_cast<Index>(value));
  }
  return labels;
}

/// Returns the labels of one-hot targets, or none if a sample has another target.
std::vector<Index> labels_of_one_hot(const BatchLike auto& y) {
  std::vector<Index> labels;
  for (Index j = 0; j < y.cols(); ++j) {
    Index label = -1;
    for (Index i = 0; i < y.rows(); ++i) {
      if (y(i, j) == 1 && label < 0)
        label = i;
      else if (y(i, j) != 0)
        return {};
    }
    if (label < 0) return {};
    labels.push_back(label);
  }
  return labels;
}

/// Returns the meaning of targets for a network with `outputs` outputs of a kind: a loss of scores or probabilities
/// predicts classes, one of no kind predicts numbers.
Targets targets_of(const BatchLike auto& y, Index outputs, OutputKind kind) {
  if (kind == OutputKind::unknown) return {Targets::Kind::numbers};
  const Index classes = outputs == 1 ? 2 : outputs;
  std::vector<Index> labels = y.rows() == 1 ? labels_of_row(y, classes) : labels_of_one_hot(y);
  if (labels.empty()) return {};
  return {Targets::Kind::classes, classes, std::move(labels)};
}

/// Returns the meaning of the targets of a data set for outputs of a shape. Classes of time steps count as others, since
/// they are not those of samples.
template <std::floating_point T>
Targets targets_of(const Dataset<T>& data, const Shape& outputs, OutputKind kind) {
  if (kind != OutputKind::unknown && are_scored_by_step(outputs, data)) return {};
  return targets_of(data.y, outputs.size(), kind);
}

/// The order of targets: the difference of consecutive ones, and the difference that random order is expected to have.
struct TargetOrder {
  double observed = 0, expected = 0;

  /// Adds a batch of classes, given the shares of the classes in the data set.
  void add_classes(const std::vector<Index>& labels, const std::vector<Index>& counts) {
    double samples = 0, squares = 0;
    for (const Index count : counts) {
      samples += static_cast<double>(count);
      squares += static_cast<double>(count) * static_cast<double>(count);
    }
    if (samples == 0) return;
    for (std::size_t j = 1; j < labels.size(); ++j) {
      observed += labels[j] != labels[j - 1];
      expected += 1 - squares / (samples * samples);
    }
  }
  /// Adds a batch of numbers, given the variance of each target in the data set. A target counts as one difference per
  /// pair of samples.
  void add_numbers(const BatchLike auto& y, const std::vector<double>& variances) {
    for (Index i = 0; i < y.rows(); ++i) {
      const double variance = variances[static_cast<std::size_t>(i)];
      if (!(variance > 0)) continue;
      for (Index j = 1; j < y.cols(); ++j) {
        const auto difference = static_cast<double>(y(i, j)) - static_cast<double>(y(i, j - 1));
        observed += difference * difference / (2 * variance);
        expected += 1;
      }
    }
  }
};

}  // namespace descent::detail
