#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#include "descent/core/errors.hpp"
#include "descent/core/number_text.hpp"
#include "descent/core/options.hpp"
#include "descent/core/types.hpp"
#include "descent/diagnosis/finding.hpp"
#include "descent/diagnosis/rules/rule.hpp"

namespace descent::inline DESCENT_ABI {

/// The argument of `diagnose`: error rates, the shares of samples that are wrong.
struct ErrorRates {
  std::optional<double> human = {};  ///< of people, or the lowest that is known: about the Bayes error
  double train = -1, dev = -1;       ///< required
  Index dev_samples = 0;             ///< required, for the standard error of `dev`

  std::optional<double> train_dev = {};  ///< of a part of the training set that was held out
  Index train_dev_samples = 0;           ///< required with `train_dev`
  std::optional<double> test = {};       ///< of the test set
  Index test_samples = 0;                ///< required with `test`

  double limit = 0.02;  ///< the smallest difference that counts
};

namespace detail {

/// Returns a difference of shares in percentage points, with one digit after the point.
inline std::string in_points(double difference) {
  return number_text(100 * difference, std::chars_format::fixed, 1);
}

/// A measured error rate and its standard error.
struct ErrorRate {
  std::string_view name;
  double value;
  double variance = 0;  // of the estimate

  ErrorRate(std::string_view named, double rate, std::string_view option) : name{named}, value{rate} {
    descent::expect_probability({"diagnose", option, rate, "pass the share of samples that are wrong"});
  }
  ErrorRate(std::string_view named, double rate, std::string_view option, const Option& samples)
      : ErrorRate{named, rate, option} {
    expect_at_least_one(samples);
    variance = rate * (1 - rate) / samples.value;
  }

  std::string text() const { return joined({name, ' ', percent(value)}); }
};

/// The gap between two error rates, and the rule that it breaks if it is large.
class ErrorGap {
 public:
  ErrorGap(const ErrorRate& lower, const ErrorRate& higher, double limit)
      : lower_{lower},
        higher_{higher},
        limit_{limit},
        two_errors_{2 * std::sqrt(lower.variance + higher.variance)} {}

  double points() const { return higher_.value - lower_.value; }
  bool is_large() const { return reaches(limit_) && reaches(two_errors_); }

  /// Adds a warning if the gap is large, or a note if it may be chance.
  void add_to(Findings& findings, std::string_view rule, std::string_view cure) const {
    if (!reaches(limit_)) return;
    Finding finding{
        .rule = std::string{rule},
        .what = joined({higher_.text(), ", ", in_points(points()), " points above the ", lower_.text()}),
        .cure = std::string{cure},
        .measured = points(),
        .limit = std::max(limit_, two_errors_)};
    if (!is_large()) {
      finding.severity = Severity::note;
      append(finding.what, {", but within two standard errors, ", in_points(two_errors_), " points"});
      finding.cure = "measure it on more samples";
    }
    findings.add(std::move(finding));
  }

 private:
  bool reaches(double limit) const {
    constexpr double rounding = 1e-9;  // 0.12 - 0.10 is less than 0.02
    return points() >= limit - rounding;
  }

  ErrorRate lower_, higher_;
  double limit_, two_errors_;
};

}  // namespace detail

/// Tells bias from variance by error rates, and names the next step. Bias is reduced first.
///
///   std::cout << diagnose({.human = 0, .train = 0.01, .dev = 0.11, .dev_samples = 360});
///   diagnose(rates).find("high variance") != nullptr
///
///   rule                 gap
///   high bias            train - human
///   high variance        dev - train, or train_dev - train
///   data mismatch        dev - train_dev
///   overfitted dev set   test - dev
///
/// A gap is large if it is at least `.limit`, 2 points, and at least two standard errors of the sets after the training
/// set: sqrt(p (1 - p) / samples). A gap that may be chance is a note. Without `.human` the bias of a training error
/// above the limit is unknown, and the findings ask for it. If no gap is large, a note names the larger of the two.
///
/// `.train_dev` is for a training set that is unlike the dev set: the error of a part of it that was not trained on.
///
/// Throws   DataError when a required error rate or number of samples is missing or out of range.
/// Source   Ng: Machine Learning Yearning (2018), 20 to 41
/// Example  examples/17_bias_variance.cpp
[[gnu::cold]] inline Findings diagnose(const ErrorRates& rates) {
  using detail::ErrorGap, detail::ErrorRate;
  const auto samples = [](std::string_view name, Index count) {
    return Option{"diagnose", name, static_cast<double>(count), "pass the number of samples in the set"};
  };
  expect_not_negative({"diagnose", "limit", rates.limit});
  const ErrorRate human{"human error", rates.human.value_or(0), "human"},
      train{"training error", rates.train, "train"},
      dev{"dev error", rates.dev, "dev", samples("dev_samples", rates.dev_samples)};
  const ErrorRate train_dev = rates.train_dev
                                  ? ErrorRate{"training-dev error", *rates.train_dev, "train_dev",
                                              samples("train_dev_samples", rates.train_dev_samples)}
                                  : dev;
  const ErrorGap bias{human, train, rates.limit}, variance{train, train_dev, rates.limit};

  Findings findings;
  if (rates.human)
    bias.add_to(
        findings, "high bias",
        "train a larger network, train longer or with another optimizer, then try another architecture");
  else if (bias.is_large())
    findings.add({.rule = "human level",
                  .what = train.text() + ", which is bias if people do better",
                  .cure = "pass .human, the error of people or the lowest error that is known",
                  .measured = rates.train,
                  .limit = rates.limit});
  variance.add_to(
      findings, "high variance",
      bias.is_large() && rates.human
          ? "reduce the bias first; then get more data or augment it, and regularize"
          : "get more data or augment it, regularize by L2, dropout or early stopping, then try another "
            "architecture");
  if (rates.train_dev)
    ErrorGap{train_dev, dev, rates.limit}.add_to(
        findings, "data mismatch",
        "see with compare_distributions what differs; collect or synthesize training data like the dev set");
  if (rates.test)
    ErrorGap{
        dev, {"test error", *rates.test, "test", samples("test_samples", rates.test_samples)}, rates.limit}
        .add_to(findings, "overfitted dev set",
                "get a larger dev set, and choose the hyper-parameters again");

  if (findings.empty()) {
    const bool more_bias = bias.points() > variance.points();
    findings.add(
        {.rule = "low bias and variance",
         .severity = Severity::note,
         .what = detail::joined({rates.human ? "bias " : "bias of at most ", detail::in_points(bias.points()),
                                 " and variance ", detail::in_points(variance.points()), " points"}),
         .cure = more_bias ? "reduce the bias, the larger part, if the error must be lower"
                           : "reduce the variance, the larger part, if the error must be lower",
         .measured = std::max(bias.points(), variance.points()),
         .limit = rates.limit});
  }
  return findings;
}

}  // namespace descent
