#include "conformance/loss_table.hpp"
#include "losses/reference.hpp"

namespace mean_squared_error_test {

using namespace descent;

TEST_CASE("MeanSquaredError: equals the reference", "[losses][golden]") {
  CHECK(equals_reference<MeanSquaredError>() == 1);
}

TEST_CASE("MeanSquaredError: is the mean over outputs and samples", "[losses]") {
  const Matrix<double> p{{1, 2, 3}, {0, 0, 0}}, t{{1, 0, 0}, {0, 1, 2}};
  Matrix<double> dy;
  const MeanSquaredError loss;
  CHECK(mean_of(loss, p, t) == (4 + 9 + 1 + 4) / 6.0);
  CHECK(mean_of(loss, p, t, dy) == mean_of(loss, p, t));
  golden::require_close(dy, (Matrix<double>{{0, 4, 6}, {0, -2, -4}} / 6), golden::one_step);
}

TEST_CASE("MeanSquaredError: refuses shapes that do not match", "[losses]") {
  CHECK_THROWS_WITH(mean_of(MeanSquaredError{}, Matrix<>(2, 3), Matrix<>(1, 3)),
                    Catch::Matchers::ContainsSubstring("expected 2 target rows, one per output, got 1"));
}

TEST_CASE("Loss: samples without outputs are refused") {
  conformance::for_each(conformance::losses, [](const auto& row) {
    CAPTURE(row.name);
    const Matrix<double> none(0, 3);
    Matrix<double> dy;
    CHECK_THROWS_AS(mean_of(row.loss, Batch<double>{none}, Batch<double>{none}), ShapeError);
    CHECK_THROWS_AS(mean_of(row.loss, Batch<double>{none}, Batch<double>{none}, dy), ShapeError);
  });
}

}  // namespace mean_squared_error_test
