#include "descent/data/standardize.hpp"

#include <cmath>
#include <initializer_list>
#include <limits>

#include "catch.hpp"
#include "descent/core/random.hpp"
#include "descent/losses/mean_squared_error.hpp"
#include "descent/optimizers/adam.hpp"
#include "descent/training/fit.hpp"
#include "support.hpp"

namespace standardize_test {

using namespace descent;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using support::message_of;

namespace {

/// The distribution of a feature, N(offset, deviation^2).
struct Feature {
  double offset, deviation;
};

template <class T>
Matrix<T> drawn(std::initializer_list<Feature> features, Index samples) {
  Rng rng{1};
  Matrix<T> x(static_cast<Index>(features.size()), samples);
  Index i = 0;
  for (const Feature& feature : features) {
    for (Index j = 0; j < samples; ++j)
      x(i, j) = static_cast<T>(feature.offset + feature.deviation * rng.normal());
    ++i;
  }
  return x;
}

double mean(const auto& row) { return row.template cast<double>().mean(); }
double deviation(const auto& row) {
  return std::sqrt((row.template cast<double>().array() - mean(row)).square().mean());
}

}  // namespace

TEST_CASE("Standardize: learns the mean and the population standard deviation of each feature") {
  Matrix<double> x(2, 4);
  x << 1, 1, 3, 3,  //
      0, 0, 0, 8;
  const Standardize scale{x};
  CHECK(scale.mean() == Vector<double>{{2, 2}});
  CHECK_THAT(scale.deviation()[0], WithinRel(1, 1e-15));
  CHECK_THAT(scale.deviation()[1], WithinRel(std::sqrt(12.0), 1e-15));
}

TEMPLATE_TEST_CASE("Standardize: standardized features have mean 0 and deviation 1 at any scale", "", float,
                   double) {
  const std::initializer_list<Feature> features{{0, 1}, {5, 2}, {-3, 1e-4}, {0, 1e6}, {0, 1e-12}};
  Matrix<TestType> x = drawn<TestType>(features, 500);
  const Standardize<TestType> scale{x};
  scale.apply(x);
  Index i = 0;
  for (const Feature& feature : features) {
    CAPTURE(feature.offset, feature.deviation);
    // A few units in the last place of the largest value, relative to the deviation.
    const double digits = 20 * static_cast<double>(std::numeric_limits<TestType>::epsilon());
    const double tolerance = digits * (1 + std::abs(feature.offset) / feature.deviation);
    CHECK_THAT(mean(x.row(i)), WithinAbs(0, tolerance));
    CHECK_THAT(deviation(x.row(i)), WithinAbs(1, tolerance));
    ++i;
  }
}

TEST_CASE("Standardize: a large mean does not cancel the deviation") {
  const double offset = GENERATE(1e6, 1e9, 1e13);
  CAPTURE(offset);
  Matrix<double> x = drawn<double>({{offset, 1}}, 500);
  const double true_deviation = deviation(x.row(0));
  REQUIRE(true_deviation > 0.9);

  const Standardize scale{x};
  const double last_digits = 10 * offset * std::numeric_limits<double>::epsilon();
  CHECK_THAT(scale.deviation()[0], WithinAbs(true_deviation, last_digits));
  scale.apply(x);
  CHECK_THAT(mean(x.row(0)), WithinAbs(0, last_digits));
}

TEST_CASE("Standardize: a large mean does not cancel the deviation in float") {
  Matrix<float> x = drawn<float>({{1e4, 1}}, 500);
  const Standardize scale{x};
  scale.apply(x);
  constexpr double last_digit = 1e-3;  // of 1e4 in single precision
  CHECK_THAT(mean(x.row(0)), WithinAbs(0, last_digit));
  CHECK_THAT(deviation(x.row(0)), WithinAbs(1, last_digit));
}

TEMPLATE_TEST_CASE("Standardize: a constant feature becomes 0 and is restored by invert", "", float, double) {
  // Values whose sum is not exact, so that the computed mean may be off in the last digit.
  const double value = GENERATE(0.0, 0.1, -1e-3, 123456.7, 1e30);
  CAPTURE(value);
  const Matrix<TestType> constant = Matrix<TestType>::Constant(1, 1237, static_cast<TestType>(value));
  const Standardize<TestType> scale{constant};
  CHECK(scale.deviation()[0] == 1);

  Matrix<TestType> x = constant;
  scale.apply(x);
  const double last_digits = std::abs(value) * 1e-12;
  CHECK_THAT(static_cast<double>(x.cwiseAbs().maxCoeff()), WithinAbs(0, last_digits));
  scale.invert(x);
  CHECK(x.isApprox(constant));
}

TEST_CASE("Standardize: the features of a single sample are constant") {
  const Matrix<> x = Matrix<>::Constant(3, 1, 7);
  CHECK(Standardize{x}.deviation() == Vector<>::Ones(3));
}

TEST_CASE("Standardize: other data is scaled by the statistics of the training set") {
  const Matrix<double> train = Matrix<double>{{0, 2, 0, 2}};
  Matrix<double> test = Matrix<double>{{5, 5}};
  Standardize{train}.apply(test);
  CHECK(test == Matrix<double>{{4, 4}});
}

TEMPLATE_TEST_CASE("Standardize: invert undoes apply", "", float, double) {
  const auto original = drawn<TestType>({{0, 1}, {100, 3}, {-1e6, 1e3}, {4, 0}}, 200);
  const Standardize<TestType> scale{original};
  Matrix<TestType> x = original;
  scale.apply(x);
  CHECK_FALSE(x.isApprox(original));
  scale.invert(x);
  const double rounding = 8 * static_cast<double>(std::numeric_limits<TestType>::epsilon());
  for (Index i = 0; i < x.rows(); ++i) {
    const auto largest = static_cast<double>(original.row(i).cwiseAbs().maxCoeff());
    CAPTURE(i);
    CHECK_THAT(static_cast<double>((x - original).row(i).cwiseAbs().maxCoeff()),
               WithinAbs(0, rounding * largest));
  }
}

TEST_CASE("Standardize: samples without finite values and data of another size are refused") {
  CHECK(message_of<DataError>([] { Standardize{Matrix<>(3, 0)}; }) ==
        "Standardize: expected samples to learn from, got none; pass the training set");

  Matrix<> x = Matrix<>::Zero(2, 3);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    x(1, 2) = bad;
    CHECK(message_of<DataError>([&] { Standardize{x}; }) ==
          "Standardize: expected finite values to learn from, got infinity or NaN; remove those samples, "
          "or impute the values");
  }

  const Standardize scale{Matrix<>::Zero(2, 3).eval()};
  Matrix<> wide = Matrix<>::Zero(4, 3);
  CHECK(message_of<ShapeError>([&] { scale.apply(wide); }) == "Standardize: expected 2 features, got 4");
  CHECK(message_of<ShapeError>([&] { scale.invert(wide); }) == "Standardize: expected 2 features, got 4");
}

TEST_CASE("Standardize: as the first layer it takes raw values and is not trained", "[data]") {
  Rng rng{1};
  const Matrix<> raw = drawn<float>({{100, 20}, {-3, 0.1}}, 64);
  const Standardize scale{raw};
  const Dense layer{2, 1, rng};
  Matrix<> scaled = raw;
  scale.apply(scaled);
  const Sequential with{scale, layer};
  const Sequential without{layer};
  CHECK(predict(with, raw) == predict(without, scaled));

  Sequential trained = with;
  fit(trained, {.x = raw, .y = raw.topRows(1)}, MeanSquaredError{}, Adam{},
      {.epochs = 2, .progress = silent});
  CHECK(trained.layer<0>().mean() == scale.mean());
  CHECK(trained.layer<0>().deviation() == scale.deviation());
  CHECK(trained.layer<1>().weight != layer.weight);
}

TEST_CASE("Standardize: images are standardized per channel") {
  Rng rng{3};
  Matrix<double> x(2 * 6, 10);
  for (double& v : x.reshaped()) v = 3 + 2 * rng.normal();
  const Batch images{x, Shape{2, 3, 2}};
  const Standardize by_channel{images}, of_pixels{images.channels()};
  CHECK(by_channel.mean().size() == 2);
  CHECK(by_channel.mean() == of_pixels.mean());
  Matrix<double> pixels = images.channels();
  of_pixels.apply(pixels);
  Standardize<double>::Cache cache;
  const Batch<double> y = by_channel.forward(images, cache, Pass::inference());
  CHECK(y.shape() == images.shape());
  CHECK(y.channels() == pixels);
}

}  // namespace standardize_test
