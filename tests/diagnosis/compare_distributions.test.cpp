#include "descent/diagnosis/compare_distributions.hpp"

#include <cmath>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "decimal_comma.hpp"
#include "support.hpp"

namespace compare_distributions_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using support::message_of;

namespace {

// Standard normal features, the first of which is shifted by `offset`; classes 0 and 1 alternate.
Dataset<> normal(Index features, Index samples, double offset, std::uint64_t seed) {
  Rng rng{seed};
  Dataset<> data{.x = Matrix<>(features, samples), .y = Matrix<>(1, samples)};
  for (Index j = 0; j < samples; ++j) {
    for (Index i = 0; i < features; ++i)
      data.x(i, j) = static_cast<float>(rng.normal() + (i == 0 ? offset : 0));
    data.y(0, j) = static_cast<float>(j % 2);
  }
  return data;
}

double distance(std::vector<double> a, std::vector<double> b) { return detail::kolmogorov_smirnov(a, b); }

std::string printed(const DistributionReport& report) {
  std::ostringstream out;
  out << report;
  return out.str();
}

}  // namespace

TEST_CASE("kolmogorov_smirnov: is the largest distance of the empirical distributions") {
  CHECK(distance({1, 2, 3, 4}, {5, 6}) == 1);
  CHECK(distance({1, 2, 3}, {1, 2, 3}) == 0);
  CHECK(distance({4, 1, 3, 2}, {2.5, 2.5}) == 0.5);
  CHECK(distance({1, 1, 1, 2}, {1, 2, 2, 2}) == 0.5);  // equal values are one step
  CHECK_THAT(distance({0, 2, 4}, {1, 3, 5, 7}), WithinAbs(0.5, 1e-15));
}

TEST_CASE("kolmogorov: equals the published table") {
  // Critical values of sqrt(n) D at 20, 15, 10, 5, 1 and 0.1 %, as in Smirnov's table.
  CHECK_THAT(detail::kolmogorov(1.07275), WithinAbs(0.20, 1e-5));
  CHECK_THAT(detail::kolmogorov(1.13795), WithinAbs(0.15, 1e-5));
  CHECK_THAT(detail::kolmogorov(1.22385), WithinAbs(0.10, 1e-5));
  CHECK_THAT(detail::kolmogorov(1.35810), WithinAbs(0.05, 1e-5));
  CHECK_THAT(detail::kolmogorov(1.62762), WithinAbs(0.01, 1e-6));
  CHECK_THAT(detail::kolmogorov(1.94947), WithinAbs(0.001, 1e-7));
  CHECK(detail::kolmogorov(0) == 1);
  CHECK_THAT(detail::kolmogorov(0.1), WithinAbs(1, 1e-15));
  // The two series agree where they meet.
  CHECK_THAT(detail::kolmogorov(1.18 - 1e-12), WithinRel(detail::kolmogorov(1.18), 1e-10));
}

TEST_CASE("compare_distributions: sets of one distribution are alike") {
  int alarms = 0;
  constexpr int repetitions = 200;
  for (std::uint64_t i = 0; i < repetitions; ++i)
    alarms += !compare_distributions(normal(10, 300, 0, 2 * i), normal(10, 100, 0, 2 * i + 1)).alike();
  // At most 5 % false alarms are expected: 10 of 200, plus three standard deviations of 3.
  CHECK(alarms <= 19);
}

TEST_CASE("compare_distributions: finds the one feature that is shifted") {
  Dataset<> train = normal(3, 400, 0, 1);
  train.feature_names = {"height", "mass", "age"};
  const DistributionReport report = compare_distributions(train, normal(3, 200, 0.5, 2));
  CHECK_FALSE(report.alike());
  REQUIRE(report.features.size() == 4);
  CHECK(report.features[0].feature == "height");
  CHECK(report.features[0].differs);
  CHECK_FALSE(report.features[1].differs);
  CHECK(report.features[3].feature == "target");
  CHECK_FALSE(report.features[3].differs);
  CHECK_THAT(printed(report), ContainsSubstring("train and test differ in 1 of 4 features") &&
                                  ContainsSubstring("\nheight ") && !ContainsSubstring("mass"));
}

TEST_CASE("compare_distributions: finds different class frequencies") {
  const Dataset<> train = normal(1, 400, 0, 1);
  Dataset<> test = normal(1, 200, 0, 2);
  test.y.setOnes();
  CHECK_THAT(printed(compare_distributions(train, test)), ContainsSubstring("\ntarget "));
}

TEST_CASE("DistributionReport: prints the worst features first and at most 20") {
  Matrix<> x(30, 50);
  for (Index j = 0; j < 50; ++j)
    for (Index i = 0; i < 30; ++i) x(i, j) = static_cast<float>(j);
  Dataset<> train{.x = x, .y = Matrix<>(0, 50)}, test = train;
  for (Index i = 0; i < 30; ++i) test.x.row(i).array() += static_cast<float>(20 + i);
  const std::string table = printed(compare_distributions(train, test));
  CHECK_THAT(table, ContainsSubstring("differ in 30 of 30 features") && ContainsSubstring("and 10 others\n"));
  CHECK(table.find("feature 29 ") < table.find("feature 28 "));
  CHECK_THAT(table, !ContainsSubstring("feature 9 "));
  CHECK(printed(compare_distributions(train, train)) ==
        "train and test look alike in all 30 features (Kolmogorov-Smirnov, p >= 0.05)\n");
}

TEST_CASE("compare_distributions: the p-value follows the formula") {
  Dataset<> train{.x = Matrix<>{{1, 2, 3, 4, 5, 6, 7, 8}}, .y = Matrix<>(0, 8)};
  Dataset<> test{.x = Matrix<>{{5.5F, 6.5F, 7.5F, 8.5F}}, .y = Matrix<>(0, 4)};
  const DistributionReport report = compare_distributions(train, test);
  CHECK(report.features[0].statistic == 0.625);
  const double root = std::sqrt(8.0 * 4 / 12), x = (root + 0.12 + 0.11 / root) * 0.625;
  double q = 0;
  for (int j = 1; j < 100; ++j) q += (j % 2 == 1 ? 2 : -2) * std::exp(-2.0 * j * j * x * x);
  CHECK_THAT(report.features[0].p_value, WithinRel(q, 1e-12));
}

TEST_CASE("compare_distributions: rejects sets that cannot be compared") {
  const Dataset<> data = normal(2, 20, 0, 1);
  CHECK(message_of<ShapeError>([&] { compare_distributions(data, normal(3, 20, 0, 1)); }) ==
        "compare_distributions: expected 2 features, got 3");
  CHECK_THAT(message_of<DataError>([&] { compare_distributions(data, Dataset<>{}); }),
             ContainsSubstring("compare_distributions: expected samples in the test set"));
  CHECK_THAT(message_of<DataError>([&] { compare_distributions(data, data, {.significance = 0}); }),
             ContainsSubstring("expected a significance in (0, 1), got 0"));
  Dataset<> bad = data;
  bad.x(0, 0) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THAT(message_of<DataError>([&] { compare_distributions(bad, data); }),
             ContainsSubstring("expected finite values in the training set"));
  Dataset<> more_targets = data;
  more_targets.y = Matrix<>::Zero(2, 20);
  CHECK(message_of<ShapeError>([&] { compare_distributions(data, more_targets); }) ==
        "compare_distributions: expected 1 targets, got 2; pass two sets with the same targets");
}

TEST_CASE("DistributionReport: prints the same in every locale") {
  DistributionReport report{.features = {}, .significance = 0.05};
  for (int i = 0; i < 1021; ++i) report.features.push_back({detail::joined("f", i), 0.5, 0.0123456, true});
  const std::string text = support::under_decimal_comma([&] { return printed(report); });
  const std::string head =
      "train and test differ in 1021 of 1021 features (Kolmogorov-Smirnov, p < 0.05)\n"
      "feature         D           p\n"
      "f0            0.5      0.0123\n";
  CHECK_THAT(text, Catch::Matchers::StartsWith(head));
  CHECK_THAT(text, Catch::Matchers::EndsWith("and 1001 others\n"));
}

TEST_CASE("compare_distributions: rejects features with other names") {
  Dataset<> train = normal(2, 20, 0, 1), test = normal(2, 20, 0, 2);
  train.feature_names = {"height", "mass"};
  test.feature_names = {"mass", "height"};
  CHECK_THAT(support::message_of<DataError>([&] { compare_distributions(train, test); }),
             Catch::Matchers::ContainsSubstring("compare_distributions: expected features named as in the "
                                                "training set, got \"mass\" as number 0 of the test set"));
}

}  // namespace compare_distributions_test
