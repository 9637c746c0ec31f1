#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/metrics/classes.hpp"

namespace descent {

/// How the scores of the classes become one number.
enum class Average {
  standard,  ///< of two classes the score of class 1, of more `macro`
  macro,     ///< the mean over the classes that occur, rare ones counting as much as frequent ones
  micro,     ///< the score of the summed counts; with one class a sample this is the accuracy
};

/// What precision, recall and F1 are made of: for each class, how often it was predicted, how often it was
/// there, and how often both. The number of classes is that of the first batch.
class ClassCounts {
 public:
  struct Counts {
    std::int64_t hits = 0, predicted = 0, actual = 0;

    void add(const Counts& other) {
      hits += other.hits;
      predicted += other.predicted;
      actual += other.actual;
    }
    void visit_members(auto& a) { a("hits", hits), a("predicted", predicted), a("actual", actual); }
  };

  void update(std::string_view component, const auto& prediction, const auto& target, double threshold) {
    detail::expect_classes(component, prediction, target);
    const Index classes = detail::class_count(prediction.rows());
    make_room(component, static_cast<std::size_t>(classes));
    for (Index j = 0; j < prediction.cols(); ++j) {
      const auto actual = static_cast<std::size_t>(detail::target_class_of(component, target, j, classes));
      const auto predicted = static_cast<std::size_t>(predicted_class(prediction, j, threshold));
      ++classes_[actual].actual;
      ++classes_[predicted].predicted;
      classes_[actual].hits += predicted == actual;
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
                      concat("expected .of_class from 0 to ", classes_.size() - 1, ", got ", wanted),
                      "classes are numbered from 0");
    return score(classes_[static_cast<std::size_t>(wanted)]);
  }

  /// One score for all classes; not-a-number before the first sample.
  double over_all(Average average, auto&& score) const {
    if (classes_.empty()) return detail::not_a_number<double>();
    if (average == Average::standard && classes_.size() == 2) return score(classes_[1]);
    Counts all;
    double sum = 0;
    int occurring = 0;
    for (const Counts& c : classes_) {
      all.add(c);
      if (c.predicted + c.actual == 0) continue;
      sum += score(c);
      ++occurring;
    }
    return average == Average::micro ? score(all) : sum / occurring;
  }

  void visit_members(auto& a) { a("classes", classes_); }

  /// a / b, and 0 where there is nothing to divide by.
  static double ratio(std::int64_t a, std::int64_t b) {
    return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
  }

 private:
  void make_room(std::string_view component, std::size_t count) {
    if (classes_.empty()) classes_.resize(count);
    if (classes_.size() != count)
      throw ShapeError(component, concat("expected ", classes_.size(), " classes as before, got ", count),
                       "gather one network's outputs in one metric");
  }

  std::vector<Counts> classes_;
};

}  // namespace descent
