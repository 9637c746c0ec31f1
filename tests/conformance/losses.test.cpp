#include <cmath>

#include "catch.hpp"
#include "conformance/loss_table.hpp"

namespace losses_test {

using namespace conformance;
using Catch::Matchers::WithinAbs;

TEST_CASE("losses: the gradient is that of the value", "[conformance]") {
  for_each(losses, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      constexpr double h = 1e-5, tolerance = 1e-9;  // a two-sided difference: h^2, and rounding / h
      Matrix<double> dy;
      CHECK_THAT(row.loss.value_and_gradient(row.prediction, row.target, dy),
                 WithinAbs(row.loss.value(row.prediction, row.target), 1e-14));  // the order of summation
      for (Index i = 0; i < dy.size(); ++i) {
        Matrix<double> up = row.prediction, down = row.prediction;
        up.data()[i] += h;
        down.data()[i] -= h;
        const double slope = (row.loss.value(up, row.target) - row.loss.value(down, row.target)) / (2 * h);
        CHECK_THAT(dy.data()[i], WithinAbs(slope, tolerance));
      }
    }
  });
}

TEST_CASE("losses: the value is the mean over samples", "[conformance]") {
  for_each(losses, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      double sum = 0;
      for (Index j = 0; j < row.prediction.cols(); ++j)
        sum += row.loss.value(Matrix<double>{row.prediction.col(j)}, Matrix<double>{row.target.col(j)});
      CHECK_THAT(row.loss.value(row.prediction, row.target),
                 WithinAbs(sum / static_cast<double>(row.prediction.cols()), 1e-14));
    }
  });
}

TEST_CASE("losses: extreme predictions stay finite", "[conformance]") {
  for_each(losses, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      for (const double scale : {1e4, -1e4, 0.0}) {
        Matrix<double> extreme = scale * row.prediction;
        if (row.kind == Prediction::probability) extreme = extreme.cwiseMax(0).cwiseMin(1);
        Matrix<double> dy;
        CHECK(std::isfinite(row.loss.value_and_gradient(extreme, row.target, dy)));
        CHECK(all_finite(dy));
        Matrix<float> dy_float;
        const Matrix<float> target = row.target.template cast<float>();
        CHECK(std::isfinite(
            row.loss.value_and_gradient(Matrix<float>{extreme.cast<float>()}, target, dy_float)));
        CHECK(all_finite(dy_float));
      }
    }
  });
}

TEST_CASE("losses: another number of samples is refused by name", "[conformance]") {
  for_each(losses, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const Matrix<double> two = row.target.leftCols(2);
      CHECK_THROWS_WITH(row.loss.value(row.prediction, two),
                        Catch::Matchers::ContainsSubstring("expected 3 targets, one a prediction, got 2"));
      Matrix<double> dy;
      CHECK_THROWS_AS(row.loss.value_and_gradient(row.prediction, two, dy), ShapeError);
      CHECK_THROWS_AS(
          row.loss.value(Matrix<double>(row.prediction.rows(), 0), Matrix<double>(row.target.rows(), 0)),
          DataError);
    }
  });
}

}  // namespace losses_test
