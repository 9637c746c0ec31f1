#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/diagnosis/finding.hpp"

/// The rules of `examine` and `Doctor`: their names and their thresholds. benchmarks/diagnosis_rules.cpp measures what
/// they detect and how often they alarm on healthy runs.
namespace descent::inline DESCENT_ABI {

/// The names of all rules, by which `.without` switches them off.
inline constexpr std::string_view rule_names[] = {
    // the data
    "usable data", "feature scale", "target scale", "constant features", "class share", "few samples",
    "sorted data", "leaking feature", "twins", "near twins", "conflicting labels", "wrong labels",
    "unrelated targets", "distribution",
    // the model before the first step
    "outputs and loss", "output range", "classes as numbers", "initial outputs", "vanishing gradient",
    "symmetric units", "saturated units", "dead units", "strong dropout",
    // the steps
    "unmixed batches", "small steps", "large steps", "rising loss", "penalty",
    // the trained model
    "running statistics", "same output", "memorized targets", "constant predictor", "underfitting"};

namespace detail::limit {

// A healthy network has its inputs at a scale of about 1.
inline constexpr double largest_feature_rms = 5, least_feature_rms = 0.05;
inline constexpr double largest_target_rms = 10, least_target_deviation = 0.02;
inline constexpr double constant_features = 0.25;  // a share

inline constexpr double class_share = 0.3;               // of 1 / classes
inline constexpr double class_size = 20, set_size = 50;  // samples
inline constexpr double order = 0.2;       // differences of neighbors relative to those in random order
inline constexpr double order_pairs = 10;  // differing neighbors that random order is expected to have

inline constexpr double leak = 1e-5;                // 1 - R^2 of the target by one feature
inline constexpr double near_twin_distance = 0.1;   // relative to the median distance of nearest neighbors
inline constexpr double near_twins = 0.01;          // a share
inline constexpr double conflicting_labels = 0.01;  // a share
inline constexpr double wrong_labels = 0.04;        // a share
inline constexpr int neighbors = 10, neighbors_against = 7, neighbors_for = 1;
inline constexpr double distribution_significance = 1e-3, distribution_distance = 0.1;

inline constexpr double least_output_rms = 0.01, largest_output_rms = 5;
inline constexpr double least_single_output_rms = 0.002;  // one output may be small by chance
inline constexpr double vanishing = 0.01;       // gradient of the first weights relative to the last
inline constexpr double dead_units = 0.5;       // a share
inline constexpr double saturated_first = 0.5;  // a share, before the first step
inline constexpr double saturated = 0.6;        // a share, later
inline constexpr double dropout_keep = 0.2;

inline constexpr double small_steps = 2.5e-4, large_steps = 0.025;  // update over weight
inline constexpr std::int64_t update_steps = 16;                    // from the first
inline constexpr double rising_loss = 5;                            // relative to the first step
inline constexpr double penalty = 1;                                // relative to the loss

inline constexpr double statistics_mean = 0.25;    // in deviations
inline constexpr double statistics_variance = 2;   // a factor
inline constexpr double statistics_initial = 0.1;  // a share
inline constexpr double output_spread = 0.05;      // over samples, relative to the rms
inline constexpr double standard_errors = 2;
inline constexpr double association = 3;            // of predictions and targets, in standard errors
inline constexpr double explained_variance = 0.05;  // R^2
inline constexpr double underfitting = 0.05;        // error above that of the nearest neighbors
inline constexpr double underfitting_numbers =
    0.1;  // unexplained variance above that of kernel ridge regression

}  // namespace detail::limit

namespace detail {

/// The findings of some rules, without those that are switched off.
class RuleBook {
 public:
  /// Prints each finding to `out`, if any. Throws DataError, which names `component`, for a name that no rule has.
  RuleBook(std::string_view component, std::vector<std::string_view> without, std::ostream* out = nullptr)
      : without_{std::move(without)}, out_{out} {
    for (std::string_view& name : without_) {
      const auto* known = std::find(std::begin(rule_names), std::end(rule_names), name);
      if (known == std::end(rule_names))
        throw_error<DataError>(component, {"expected the name of a rule in .without, got \"", name, '"'},
                               "choose from rule_names");
      name = *known;  // lives on, unlike what the caller passed
    }
  }

  bool is_on(std::string_view rule) const {
    return std::find(without_.begin(), without_.end(), rule) == without_.end();
  }
  /// Adds the finding of a rule, if it has one that is new: a rule speaks up once per place.
  void apply(std::string_view rule, FunctionRef<std::optional<Finding>()> find) {
    if (!is_on(rule)) return;
    std::optional<Finding> finding = find();
    if (!finding) return;
    for (const Finding& other : findings_)
      if (other.rule == rule && other.place == finding->place) return;
    finding->rule = rule;
    finding->step = step_;
    if (out_ != nullptr) *out_ << Findings::line(*finding);
    findings_.add(std::move(*finding));
  }
  /// Sets the number of steps that later findings have.
  void set_step(std::int64_t step) { step_ = step; }

  const Findings& findings() const { return findings_; }
  const std::vector<std::string_view>& without() const { return without_; }
  /// Forgets the findings.
  void clear() { findings_ = {}; }

 private:
  std::vector<std::string_view> without_;
  std::ostream* out_;
  std::optional<std::int64_t> step_;
  Findings findings_;
};

/// Returns a share in percent with one digit after the point, such as `12.5 %`.
inline std::string percent(double share) {
  return joined({Formatted{100 * share, std::chars_format::fixed, 1}, " %"});
}
/// Returns a number with three significant digits.
inline Formatted rounded(double number) { return {number, std::chars_format::general, 3}; }

}  // namespace detail

}  // namespace descent
