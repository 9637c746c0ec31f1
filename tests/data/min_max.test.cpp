#include "descent/data/min_max.hpp"

#include <limits>

#include "catch.hpp"
#include "support.hpp"

namespace min_max_test {

using namespace descent;
using support::message_of;

TEST_CASE("MinMax: scales the training set to the range from 0 to 1 and other data alike") {
  Matrix<double> train(2, 3), test(2, 1), expected(2, 3);
  train << 2, 4, 6,  //
      -1, 0, 7;
  expected << 0, 0.5, 1,  //
      0, 0.125, 1;
  test << 8, -3;
  const MinMax scale{train};
  CHECK(scale.minimum() == Vector<double>{{2, -1}});
  CHECK(scale.scale() == Vector<double>{{4, 8}});
  scale.apply(train);
  CHECK(train == expected);
  scale.apply(test);
  CHECK(test == Vector<double>{{1.5, -0.25}});
}

TEST_CASE("MinMax: scales features to any range") {
  Matrix<double> x{{0, 1, 4}};
  MinMax{x, {.low = -1, .high = 1}}.apply(x);
  CHECK(x == Matrix<double>{{-1, -0.5, 1}});
}

TEMPLATE_TEST_CASE("MinMax: invert undoes apply", "", float, double) {
  Rng rng{1};
  Matrix<TestType> original(3, 100);
  for (Index i = 0; i < original.size(); ++i)
    original(i) = static_cast<TestType>(rng.normal() * (i % 3 == 1 ? 1e4 : 1) + 3);
  const MinMax<TestType> scale{original, {.low = -2, .high = 5}};
  Matrix<TestType> x = original;
  scale.apply(x);
  CHECK_FALSE(x.isApprox(original));
  scale.invert(x);
  CHECK(x.isApprox(original, 8 * std::numeric_limits<TestType>::epsilon()));
}

TEST_CASE("MinMax: a constant feature becomes the low end and is restored by invert") {
  const Matrix<> constant = Matrix<>::Constant(1, 5, 7.3F);
  Matrix<> x = constant;
  const MinMax scale{x, {.low = -1, .high = 1}};
  scale.apply(x);
  CHECK(x == Matrix<>::Constant(1, 5, -1));
  scale.invert(x);
  CHECK(x.isApprox(constant));
}

TEST_CASE("MinMax: samples without finite values and data of another size are refused") {
  CHECK(message_of<DataError>([] { MinMax{Matrix<>(3, 0)}; }) ==
        "MinMax: expected samples to learn from, got none; pass the training set");
  Matrix<> x = Matrix<>::Zero(2, 3);
  CHECK(message_of<DataError>([&] {
          MinMax{x, {.low = 1, .high = 1}};
        }) ==
        "MinMax: expected low < high, got 1 and 1; choose .low below .high, such as the default of 0 and 1");
  const MinMax scale{x};
  Matrix<> wide = Matrix<>::Zero(4, 3);
  CHECK(message_of<ShapeError>([&] { scale.apply(wide); }) == "MinMax: expected 2 features, got 4");
  CHECK(message_of<ShapeError>([&] { scale.invert(wide); }) == "MinMax: expected 2 features, got 4");
  x(1, 2) = std::numeric_limits<float>::quiet_NaN();
  CHECK(message_of<DataError>([&] { MinMax{x}; }) ==
        "MinMax: expected finite values to learn from, got infinity or NaN; remove those samples, or "
        "impute the values");
}

TEST_CASE("MinMax: a range that is not finite or 0 in the precision of the values is refused") {
  const Matrix<> x{{1, 2}};
  constexpr double infinity = std::numeric_limits<double>::infinity();
  CHECK_THROWS_AS((MinMax{x, {.low = -infinity, .high = 1}}), DataError);
  CHECK_THROWS_AS((MinMax{x, {.low = 0, .high = 1e300}}), DataError);
  CHECK_THROWS_AS((MinMax{x, {.low = 0, .high = 1e-300}}), DataError);
  CHECK_THROWS_AS(MinMax{Matrix<>(0, 3)}, ShapeError);
}

TEST_CASE("MinMax: images are scaled per channel") {
  Rng rng{3};
  Matrix<double> x(2 * 6, 10);
  for (double& v : x.reshaped()) v = 3 + 2 * rng.normal();
  const Batch images{x, Shape{2, 3, 2}};
  const MinMax by_channel{images}, of_pixels{images.channels()};
  CHECK(by_channel.minimum().size() == 2);
  CHECK(by_channel.minimum() == of_pixels.minimum());
  Matrix<double> pixels = images.channels();
  of_pixels.apply(pixels);
  MinMax<double>::Cache cache;
  const Batch<double> y = by_channel.forward(images, cache, Pass::inference());
  CHECK(y.shape() == images.shape());
  CHECK(y.channels() == pixels);
}

}  // namespace min_max_test
