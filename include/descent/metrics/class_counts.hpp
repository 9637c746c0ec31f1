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
#include "descent/metrics/threshold.hpp"

namespace descent {

/// Says how the scores of the classes become one number.
enum class Average {
  standard,  ///< of two classes the score of class 1, of more `macro`
  macro,     ///< the mean over the classes that occur, rare ones counting as much as frequent ones
  micro,     ///< the score of the summed counts; with one class a sample this is the accuracy
};

/// The counts that precision, recall and F1 are made of: for each class, how often it was predicted, how often it was
/// the actual one, and how often both, each sample counting its weight. The number of classes is that of the first batch.
class ClassCounts {
 public:
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
    make_room(component, static_cast<std::size_t>(classes));
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
    make_room(component, other.classes_.size());
    for (std::size_t c = 0; c < classes_.size(); ++c) classes_[c].add(other.classes_[c]);
  }

  /// The score of each class.
  std::vector<double> each(auto&& score) const {
    std::vector<double> scores;
    for (const Counts& c : classes_) scores.push_back(score(c));
    return scores;
  }

  /// The score of one class.
  double of(std::string_view component, Index wanted, auto&& score) const {
    if (classes_.empty()) return detail::not_a_number<double>();
    if (wanted < 0 || wanted >= static_cast<Index>(classes_.size()))
      throw DataError(component,
                      detail::joined("expected .of_class from 0 to ", classes_.size() - 1, ", got ", wanted),
                      "classes are numbered from 0");
    return score(classes_[static_cast<std::size_t>(wanted)]);
  }

  /// One score for all classes; not-a-number before the first sample.
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

  /// a / b, and 0 where there is nothing to divide by.
  static double ratio(double a, double b) { return b == 0 ? 0 : a / b; }

 private:
  Counts& counts(Index label) { return classes_[static_cast<std::size_t>(label)]; }

  void make_room(std::string_view component, std::size_t count) {
    if (classes_.empty()) classes_.resize(count);
    if (classes_.size() != count)
      throw ShapeError(component,
                       detail::joined("expected ", classes_.size(), " classes as before, got ", count),
                       "gather one network's outputs in one metric");
  }

  std::vector<Counts> classes_;
};

namespace detail {

/// A metric that is a score of the counts of a class: precision, recall or F1. `Score` has a name, and maps counts to a
/// number.
template <class Score>
struct ClassScore {
  Average average = Average::standard;
  std::optional<Index> of_class = {};  ///< the score of this class alone
  Threshold threshold = {};            ///< of a single output, as for Accuracy
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
