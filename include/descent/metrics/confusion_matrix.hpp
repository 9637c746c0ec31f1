#pragma once

#include <charconv>
#include <cmath>
#include <ostream>
#include <string>
#include <string_view>

#include "descent/concepts/output_kind.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/number_text.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/metrics/classes.hpp"
#include "descent/metrics/threshold.hpp"

namespace descent::inline DESCENT_ABI {

/// Confusion matrix: counts()(actual, predicted) is the number of samples of class `actual` for which class `predicted`
/// was predicted, or the sum of their weights. Prints as a table.
///
/// Shapes   prediction [classes, m], or [1, m] for two classes   target [1, m] or [classes, m]
/// Throws   DataError when a target is not one of the classes; ShapeError when the prediction has too many, the shapes
///          do not fit, or a threshold is chosen for several outputs.
/// Example  examples/01_digits.cpp
class ConfusionMatrix {
 public:
  static constexpr std::string_view name = "ConfusionMatrix";
  using Counts = Matrix<double>;

  explicit ConfusionMatrix(Index classes, Threshold threshold = {})
      : counts_(filled<Counts>(name, checked(classes), classes, 0)), threshold_{threshold} {}

  void check(Index outputs, const BatchLike auto& target) const {
    detail::check_classes(name, outputs, target);
  }
  void prepare(OutputKind kind) { threshold_.prepare(kind); }

  template <BatchLike P>
  void update(const P& prediction, const BatchLike auto& target,
              SampleWeights<typename P::Scalar> weights = {}) {
    if (prediction.rows() > classes())
      throw ShapeError(name,
                       detail::joined("expected at most ", classes(), " outputs, got ", prediction.rows()),
                       "construct it with the number of classes");
    detail::expect_classes(name, prediction, target, weights);
    const double above = threshold_.value(name, prediction.rows());
    for (Index j = 0; j < prediction.cols(); ++j)
      if (const Index actual = detail::target_class_of(name, target, j, classes()); actual != ignored_class)
        counts_(actual, predicted_class(prediction, j, above)) += static_cast<double>(weights(j));
  }
  void merge(const ConfusionMatrix& other) {
    if (other.classes() != classes())
      throw ShapeError(
          name, detail::joined("expected counts of ", classes(), " classes to merge, got ", other.classes()),
          "construct both with the same number of classes");
    counts_ += other.counts_;
  }
  void visit_members(auto& a) { a("counts", counts_); }
  const ConfusionMatrix& value() const { return *this; }

  Index classes() const { return counts_.rows(); }
  const Counts& counts() const { return counts_; }

  friend std::ostream& operator<<(std::ostream& out, const ConfusionMatrix& matrix) {
    const auto cell = [](const std::string& text) { return detail::right_aligned(text, 6); };
    out << "actual \\ predicted\n" << cell(" ");
    for (Index j = 0; j < matrix.classes(); ++j) out << cell(detail::joined(j));
    for (Index i = 0; i < matrix.classes(); ++i) {
      out << '\n' << cell(detail::joined(i));
      for (Index j = 0; j < matrix.classes(); ++j) out << cell(shown(matrix.counts_(i, j)));
    }
    return out << '\n';
  }

 private:
  /// Formats 0 as a dot, an integer without decimals, and any other sum of weights with two decimals.
  static std::string shown(double count) {
    const int digits = count == std::floor(count) ? 0 : 2;
    return count == 0 ? "." : detail::number_text(count, std::chars_format::fixed, digits);
  }
  static Index checked(Index classes) {
    if (classes < 2)
      throw ShapeError(name, detail::joined("expected at least 2 classes, got ", classes),
                       "pass 2 for a network with a single output");
    return classes;
  }

  Counts counts_;
  Threshold threshold_;
};

}  // namespace descent
