#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "descent/concepts/output_kind.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/metrics/classes.hpp"
#include "descent/metrics/outputs.hpp"
#include "descent/metrics/threshold.hpp"

namespace descent::inline DESCENT_ABI {

/// The rule that combines the scores of the classes into one number.
enum class Average {
  standard,  ///< the score of class 1 for two classes, `macro` for more
  macro,     ///< the unweighted mean over the classes that occur or are predicted
  micro,     ///< the score of the summed counts; with one class per sample, the accuracy
};

/// The counts for precision, recall and F1: for each class, the weight of the samples that it was predicted for, that
/// belong to it, and both. The first batch determines the number of classes.
class ClassCounts {
 public:
  /// The weights of the samples of one class.
  struct Counts {
    double hits = 0, predicted = 0, actual = 0;

    void add(const Counts& other) {
      hits += other.hits;
      predicted += other.predicted;
      actual += other.actual;
    }
    void visit_members(auto& a) { a("hits", hits), a("predicted", predicted), a("actual", actual); }
  };

  template <std::floating_point T>
  void update(std::string_view component, const auto& prediction, const auto& target,
              SampleWeights<T> weights, double threshold) {
    detail::expect_classes(component, prediction, target, weights);
    const Index classes = detail::class_count(prediction.rows());
    detail::make_room(component, classes_, classes, "classes");
    for (Index j = 0; j < prediction.cols(); ++j) {
      const Index actual = detail::target_class_of(component, target, j, classes);
      if (actual == ignored_class) continue;
      const Index predicted = predicted_class(prediction, j, threshold);
      const auto w = static_cast<double>(weights(j));
      counts(actual).actual += w;
      counts(predicted).predicted += w;
      if (predicted == actual) counts(actual).hits += w;
    }
  }

  void merge(std::string_view component, const ClassCounts& other) {
    if (other.classes_.empty()) return;
    detail::make_room(component, classes_, static_cast<Index>(other.classes_.size()), "classes");
    for (std::size_t c = 0; c < classes_.size(); ++c) classes_[c].add(other.classes_[c]);
  }

  /// Returns the score of each class.
  std::vector<double> each(auto&& score) const {
    std::vector<double> scores;
    for (const Counts& c : classes_) scores.push_back(score(c));
    return scores;
  }

  /// Returns the score of one class.
  double of(std::string_view component, Index wanted, auto&& score) const {
    if (classes_.empty()) return detail::not_a_number<double>();
    if (wanted < 0 || wanted >= static_cast<Index>(classes_.size()))
      throw DataError(component,
                      detail::joined("expected .of_class from 0 to ", classes_.size() - 1, ", got ", wanted),
                      "count the classes from 0");
    return score(classes_[static_cast<std::size_t>(wanted)]);
  }

  /// Returns one score for all classes; not-a-number before the first sample.
  double over_all(Average average, auto&& score) const {
    Counts all;
    double sum = 0;
    int occurring = 0;
    for (const Counts& c : classes_) {
      all.add(c);
      if (c.predicted + c.actual == 0) continue;
      sum += score(c);
      ++occurring;
    }
    if (occurring == 0) return detail::not_a_number<double>();
    if (average == Average::standard && classes_.size() == 2) return score(classes_[1]);
    return average == Average::micro ? score(all) : sum / occurring;
  }

  void visit_members(auto& a) { a("classes", classes_); }

  /// Returns a / b, or 0 if b is 0.
  static double ratio(double a, double b) { return b == 0 ? 0 : a / b; }

 private:
  Counts& counts(Index label) { return classes_[static_cast<std::size_t>(label)]; }

  std::vector<Counts> classes_;
};

namespace detail {

/// A metric computed from the counts of each class: precision, recall or F1. `Score` has a name, and maps counts to a
/// number.
template <class Score>
struct ClassScore {
  Average average = Average::standard;
  std::optional<Index> of_class = {};  ///< if set, the score of this class alone
  Threshold threshold = {};            ///< for a single output, as in Accuracy
  std::string name = std::string{Score::name};
  ClassCounts counts = {};

  void check(Index outputs, const BatchLike auto& target) const { check_classes(name, outputs, target); }
  void prepare(OutputKind kind) { threshold.prepare(kind); }
  template <BatchLike P>
  void update(const P& prediction, const BatchLike auto& target,
              SampleWeights<typename P::Scalar> weights = {}) {
    counts.update(name, prediction, target, weights, threshold.value(name, prediction.rows()));
  }
  void merge(const ClassScore& other) { counts.merge(name, other.counts); }
  void visit_members(auto& a) { a("counts", counts); }
  /// Not-a-number before the first sample.
  double value() const {
    return of_class ? counts.of(name, *of_class, Score{}) : counts.over_all(average, Score{});
  }
  std::vector<double> per_class() const { return counts.each(Score{}); }
};

}  // namespace detail

}  // namespace descent
