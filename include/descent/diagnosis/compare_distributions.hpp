#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/number_text.hpp"
#include "descent/core/types.hpp"
#include "descent/data/dataset.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `compare_distributions`.
struct CompareOptions {
  double significance = 0.05;  ///< the largest probability of a false alarm, over all features together
};

/// The comparison of the distributions of one feature in two sets.
struct FeatureComparison {
  std::string feature;  ///< its name, or else its number
  double statistic;     ///< D, the largest distance between the two empirical distribution functions
  double p_value;  ///< the probability of a D this large under one distribution, corrected for all features
  bool differs;
};

/// The result of `compare_distributions`. Printed, it is a table of the features that differ, the largest D first.
struct DistributionReport {
  std::vector<FeatureComparison> features;
  double significance;

  bool alike() const {
    return std::none_of(features.begin(), features.end(),
                        [](const auto& feature) { return feature.differs; });
  }

  friend std::ostream& operator<<(std::ostream& out, const DistributionReport& report) {
    constexpr std::size_t most = 20;
    std::vector<FeatureComparison> worst;
    for (const FeatureComparison& feature : report.features)
      if (feature.differs) worst.push_back(feature);
    std::stable_sort(worst.begin(), worst.end(),
                     [](const auto& a, const auto& b) { return a.statistic > b.statistic; });

    if (worst.empty())
      return out << detail::joined("train and test look alike in all ", report.features.size(),
                                   " features (Kolmogorov-Smirnov, p >= ", report.significance, ")\n");
    std::size_t width = std::string_view{"feature"}.size();
    const std::size_t shown = std::min(most, worst.size());
    for (std::size_t i = 0; i < shown; ++i) width = std::max(width, worst[i].feature.size());
    const auto row = [&](const std::string& feature, const std::string& statistic, const std::string& p) {
      out << detail::left_aligned(feature, width) << detail::right_aligned(statistic, 10)
          << detail::right_aligned(p, 12) << '\n';
    };
    const auto digits = [](double value) {
      return detail::number_text(value, std::chars_format::general, 3);
    };
    out << detail::joined("train and test differ in ", worst.size(), " of ", report.features.size(),
                          " features (Kolmogorov-Smirnov, p < ", report.significance, ")\n");
    row("feature", "D", "p");
    for (std::size_t i = 0; i < shown; ++i)
      row(worst[i].feature, digits(worst[i].statistic), digits(worst[i].p_value));
    if (worst.size() > shown) out << detail::joined("and ", worst.size() - shown, " others\n");
    return out;
  }
};

namespace detail {

/// The Kolmogorov distribution: the limit of P(sqrt(n) D > x) for the D between n samples and their own distribution.
///
///   Q(x) = 2 sum_{j >= 1} (-1)^(j - 1) exp(-2 j^2 x^2) = 1 - sqrt(2 pi) / x sum_{j >= 1} exp(-(2 j - 1)^2 pi^2 / (8 x^2))
///
/// The first series converges quickly for large x, the second for small x.
inline double kolmogorov(double x) {
  constexpr double pi = 3.141592653589793;
  constexpr double middle = 1.18;
  constexpr int terms = 5;  // enough for double precision on either side of the middle
  if (x <= 0) return 1;
  double sum = 0;
  if (x < middle) {
    for (int j = 1; j <= terms; ++j) sum += std::exp(-(2 * j - 1) * (2 * j - 1) * pi * pi / (8 * x * x));
    return 1 - std::sqrt(2 * pi) / x * sum;
  }
  for (int j = 1; j <= terms; ++j) sum += (j % 2 == 1 ? 2 : -2) * std::exp(-2.0 * j * j * x * x);
  return sum;
}

/// Returns the largest distance between the empirical distribution functions of two samples. Sorts both.
inline double kolmogorov_smirnov(std::vector<double>& a, std::vector<double>& b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  double largest = 0;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const double x = std::min(a[i], b[j]);
    while (i < a.size() && a[i] == x) ++i;  // equal values are one step of both functions
    while (j < b.size() && b[j] == x) ++j;
    largest = std::max(largest, std::abs(static_cast<double>(i) / static_cast<double>(a.size()) -
                                         static_cast<double>(j) / static_cast<double>(b.size())));
  }
  return largest;
}

}  // namespace detail

/// Compares the distributions of every feature and every target in two sets, such as training and test set or training
/// set and new data: a model that is trained on one distribution need not perform well on another.
///
///   std::cout << compare_distributions(train, test);
///
///   D = max over v of |share of train with x <= v - share of test with x <= v|
///   n = n_train n_test / (n_train + n_test)
///   p = Q((sqrt(n) + 0.12 + 0.11 / sqrt(n)) D) * number of features, at most 1
///
/// This is the two-sample Kolmogorov-Smirnov test with the asymptotic p-value, Stephens' correction for small samples
/// and the Bonferroni correction for the number of features. It tests the marginal distributions, not the
/// correlations of features. For discrete values, such as classes, it is conservative. In very large samples even a
/// negligible difference is significant: look at D.
///
/// Shapes   x [features, samples], any numbers of samples
/// Throws   ShapeError when the numbers of features or targets differ; DataError when the names of the features differ,
///          a set has no samples or values that are not finite, or the significance is not in (0, 1).
/// Cost     sorts each feature of both sets once.
/// Source   Stephens: Use of the Kolmogorov-Smirnov, Cramer-von Mises and related statistics without extensive
///          tables (JRSS B 32, 1970); Dunn: Multiple comparisons among means (JASA 56, 1961)
template <std::floating_point T>
DistributionReport compare_distributions(const Dataset<T>& train, const Dataset<T>& test,
                                         const CompareOptions& options = {}) {
  constexpr std::string_view name = "compare_distributions";
  if (!is_finite(options.significance) || options.significance <= 0 || options.significance >= 1)
    throw DataError(name, detail::joined("expected a significance in (0, 1), got ", options.significance),
                    "pass a small probability such as 0.05");
  expect_usable(train, name, "the training set");
  expect_usable(test, name, "the test set");
  expect_features(name, train.features(), test.features());
  expect_same_names(train, test, name, "the test set");
  if (train.y.rows() != test.y.rows())
    throw ShapeError(name, detail::joined("expected ", train.y.rows(), " targets, got ", test.y.rows()),
                     "pass two sets with the same targets");

  const auto train_size = static_cast<double>(train.samples()),
             test_size = static_cast<double>(test.samples());
  const double root = std::sqrt(train_size * test_size / (train_size + test_size));
  const auto tests = static_cast<double>(train.features() + train.y.rows());
  DistributionReport report{.features = {}, .significance = options.significance};
  std::vector<double> a, b;
  const auto compare = [&](std::string feature, const auto& train_row, const auto& test_row) {
    a.assign(train_row.begin(), train_row.end());
    b.assign(test_row.begin(), test_row.end());
    const double statistic = detail::kolmogorov_smirnov(a, b);
    const double p = std::min(1.0, tests * detail::kolmogorov((root + 0.12 + 0.11 / root) * statistic));
    report.features.push_back({std::move(feature), statistic, p, p < options.significance});
  };
  for (Index i = 0; i < train.features(); ++i) {
    const auto number = static_cast<std::size_t>(i);
    compare(number < train.feature_names.size() ? train.feature_names[number] : detail::joined("feature ", i),
            train.x.row(i), test.x.row(i));
  }
  for (Index i = 0; i < train.y.rows(); ++i)
    compare(train.y.rows() == 1 ? "target" : detail::joined("target ", i), train.y.row(i), test.y.row(i));
  return report;
}

}  // namespace descent
