#include "descent/core/exponential_average.hpp"

#include <limits>
#include <string>
#include <type_traits>

#include "catch.hpp"
#include "descent/core/types.hpp"
#include "support.hpp"

namespace exponential_average_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinRel;

namespace {
constexpr double rounding = 1e-14;
}

TEST_CASE("update_average: numbers and arrays and expressions follow the formula") {
  double v = 8;
  update_average(v, 4, 0.75);
  CHECK(v == 7);
  float single = 8;
  update_average(single, 4.0F, 0.75);
  CHECK(single == 7);

  Eigen::ArrayXd a = Eigen::ArrayXd::Constant(3, 8);
  const Eigen::ArrayXd theta = Eigen::ArrayXd::Constant(3, 2);
  update_average(a, theta.square(), 0.75);
  CHECK((a == 7).all());
  Matrix<> m = Matrix<>::Constant(2, 2, 8);
  update_average(m.col(1), Vector<>::Constant(2, 4), 0.75);
  CHECK(m == Matrix<>{{8, 7}, {8, 7}});
}

TEST_CASE("bias_correction: equals the sum of the weights") {
  CHECK_THAT(bias_correction(0.9, 1), WithinRel(0.1, rounding));
  CHECK_THAT(bias_correction(0.9, 3), WithinRel(0.1 + 0.09 + 0.081, rounding));
  CHECK(bias_correction(0.9, 1'000'000) == 1);
  CHECK(bias_correction(0, 1) == 1);
}

TEST_CASE("bias_correction: is 1 only from where the formula rounds to 1") {
  for (const double beta : {0.0, 0.5, 0.9, 0.999, 0.999999})
    for (std::int64_t t = 1; t < std::int64_t{1} << 40; t += 1 + t / 64)
      if (bias_correction(beta, t) != 1 - std::pow(beta, static_cast<double>(t)))
        FAIL("differs at beta = " << beta << ", t = " << t);
}

TEST_CASE("ExponentialAverage: temperatures give the values computed by hand") {
  ExponentialAverage average{0.9};
  STATIC_REQUIRE(std::is_same_v<decltype(average), ExponentialAverage<double>>);
  average.update(40);
  CHECK_THAT(average.uncorrected(), WithinRel(4, rounding));
  CHECK_THAT(average.value(), WithinRel(40, rounding));
  average.update(49);
  CHECK_THAT(average.uncorrected(), WithinRel(0.9 * 4 + 4.9, rounding));
  CHECK_THAT(average.value(), WithinRel(8.5 / 0.19, rounding));
  CHECK(average.count() == 2);
}

TEST_CASE("ExponentialAverage: the average of a constant is the constant from the first value on") {
  ExponentialAverage average{0.98};
  for (int k = 0; k < 200; ++k) {
    average.update(5);
    CHECK_THAT(average.value(), WithinRel(5, 1e-12));
  }
}

TEST_CASE("ExponentialAverage: the weight of a value decays by 1 / e in about 1 / (1 - beta) updates") {
  ExponentialAverage average{0.9};
  average.update(1);
  for (int k = 0; k < 10; ++k) average.update(0);
  CHECK_THAT(average.uncorrected() / 0.1, WithinRel(0.3486784401, 1e-12));  // 0.9^10, about 1 / e
}

TEST_CASE("ExponentialAverage: matrices and vectors are averaged element-wise") {
  ExponentialAverage<Matrix<double>> average{0.5};
  average.update(Matrix<double>{{1, 2}, {3, 4}});
  average.update(Matrix<double>{{4, 2}, {0, 4}});
  CHECK(average.uncorrected() == Matrix<double>{{2.25, 1.5}, {0.75, 3}});
  CHECK(average.value().isApprox(Matrix<double>{{3, 2}, {1, 4}}, rounding));

  ExponentialAverage<Vector<>> of_vectors{0.5};
  of_vectors.update(Vector<>{{2, 4}});
  CHECK(of_vectors.value() == Vector<>{{2, 4}});

  const auto copy = of_vectors;
  of_vectors.update(Vector<>{{0, 0}});
  CHECK(copy.value() == Vector<>{{2, 4}});
}

TEST_CASE("ExponentialAverage: errors name the cause") {
  const auto with = [](double beta) {
    return support::message_of<DataError>([&] { ExponentialAverage<double>{beta}; });
  };
  CHECK(with(1) ==
        "ExponentialAverage: expected .beta in [0, 1), got 1; choose 0.9 to average over about 10 values, "
        "0.99 for about 100");
  CHECK_THAT(with(-0.1), ContainsSubstring("got -0.1"));
  CHECK_THAT(with(std::numeric_limits<double>::quiet_NaN()), ContainsSubstring("got nan"));

  const ExponentialAverage empty;
  CHECK(support::message_of<DataError>([&] { empty.value(); }) ==
        "ExponentialAverage: expected a value to average, got none yet; call update first");

  ExponentialAverage<Matrix<>> average;
  average.update(Matrix<>::Ones(2, 3));
  CHECK(support::message_of<ShapeError>([&] { average.update(Matrix<>::Ones(3, 2)); }) ==
        "ExponentialAverage: expected 2 x 3 values, got 3 x 2");
}

}  // namespace exponential_average_test
