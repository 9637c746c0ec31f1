#include "descent/initializers/truncated_normal.hpp"

#include <cmath>
#include <limits>
#include <numbers>

#include "initializers/moments.hpp"
#include "support.hpp"

namespace truncated_normal_test {

using namespace descent;

namespace {

/// Variance and kurtosis of a standard normal cut at c: with r = 2 phi(c) / (2 Phi(c) - 1),
/// E z^2 = 1 - c r and E z^4 = 3 - (c^3 + 3 c) r, by integration by parts.
support::Moments cut_at(double c) {
  const double density = std::exp(-c * c / 2) / std::sqrt(2 * std::numbers::pi);
  const double r = 2 * density / std::erf(c / std::numbers::sqrt2);
  const double second = 1 - c * r, fourth = 3 - (c * c * c + 3 * c) * r;
  return {.variance = second, .kurtosis = fourth / (second * second)};
}

}  // namespace

TEMPLATE_TEST_CASE("TruncatedNormal: the moments are those of a normal without its tails", "", float,
                   double) {
  for (const double cut : {2.0, 1.0, 3.0}) {
    const support::Moments theory = cut_at(cut);
    const Matrix<TestType> weight = support::expect_moments<TestType>(
        TruncatedNormal{.mean = 1, .deviation = 0.5, .cut = cut}, Fan{1, 1},
        {.mean = 1, .variance = 0.25 * theory.variance, .kurtosis = theory.kurtosis});
    const double reach = static_cast<double>((weight.array() - 1).abs().maxCoeff());
    CHECK(reach <= 0.5 * cut + 1e-6);  // the rounding of a float
    CHECK(reach > 0.48 * cut);
  }
  CHECK_THAT(cut_at(2).variance, Catch::Matchers::WithinAbs(0.7737, 5e-5));  // stated in the header
  support::expect_moments<TestType>(TruncatedNormal{}, Fan{400, 300},
                                    {.variance = 1e-4 * cut_at(2).variance, .kurtosis = cut_at(2).kurtosis});
}

TEST_CASE("TruncatedNormal: draws again beyond the cut and gives the same values on every platform") {
  Rng rng{1}, all{1};
  Matrix<double> weight(10, 6), normal(10, 7);
  TruncatedNormal{.deviation = 1}(weight, Fan{1, 1}, rng);
  for (double& v : normal.reshaped()) v = all.normal();
  Index taken = 0;
  for (const double v : normal.reshaped())
    if (std::abs(v) <= 2 && taken < weight.size()) CHECK(weight.data()[taken++] == v);
  CHECK(taken == weight.size());
  // From a Philox generator and a ratio of uniforms written independently, in Python.
  CHECK(weight(0, 0) == 1.3401143540238065);
  CHECK(weight(3, 0) == -0.3207386915018211);
  CHECK(weight(9, 5) == -0.7096886548403042);
}

TEST_CASE("TruncatedNormal: refuses a cut that is not positive") {
  for (const double cut : {0.0, -2.0, std::nan("")}) {
    Rng rng{1};
    Matrix<> weight(1, 1);
    const std::string text = support::message_of<DataError>([&] {
      TruncatedNormal{.cut = cut}(weight, Fan{1, 1}, rng);
    });
    CHECK_THAT(text, Catch::Matchers::ContainsSubstring("TruncatedNormal: expected .cut above 0"));
  }
}

TEST_CASE("TruncatedNormal: refuses a mean or deviation that is not finite and a negative deviation") {
  const auto text = [](const TruncatedNormal& init) {
    return support::message_of<DataError>([&] {
      Rng rng{1};
      Matrix<> weight(1, 1);
      init(weight, Fan{1, 1}, rng);
    });
  };
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(),
                   infinity = std::numeric_limits<double>::infinity();
  CHECK(text({.mean = nan}) == "TruncatedNormal: expected .mean finite, got nan");
  CHECK(text({.mean = infinity}) == "TruncatedNormal: expected .mean finite, got inf");
  CHECK(text({.deviation = -1}) == "TruncatedNormal: expected .deviation of 0 or more, got -1");
  CHECK(text({.deviation = nan}) == "TruncatedNormal: expected .deviation of 0 or more, got nan");
}

TEST_CASE("TruncatedNormal: refuses a cut so narrow that drawing would not end") {
  Matrix<> weight(1, 1);
  Rng rng{1};
  CHECK_THROWS_WITH(
      (TruncatedNormal{.cut = 1e-30}(weight, Fan{1, 1}, rng)),
      "TruncatedNormal: expected .cut of at least 0.01, got 1e-30; use Uniform, which is nearly the same "
      "for a cut that narrow");
  CHECK_NOTHROW((TruncatedNormal{.cut = 0.01}(weight, Fan{1, 1}, rng)));
}

}  // namespace truncated_normal_test
