#include "losses/reference.hpp"

namespace mean_absolute_error_test {

using namespace descent;

TEST_CASE("MeanAbsoluteError: equals the reference", "[losses][golden]") {
  CHECK(equals_reference<MeanAbsoluteError>() == 1);
}

TEST_CASE("MeanAbsoluteError: is the mean over outputs and samples", "[losses]") {
  const Matrix<double> p{{1, 2, 3}, {0, 0, 0}}, t{{1, 0, 0}, {0, 1, 2}};
  Matrix<double> dy;
  const MeanAbsoluteError loss;
  CHECK(mean_of(loss, p, t) == (2 + 3 + 1 + 2) / 6.0);
  CHECK(mean_of(loss, p, t, dy) == mean_of(loss, p, t));
  golden::require_close(dy, (Matrix<double>{{0, 1, 1}, {0, -1, -1}} / 6), golden::one_step);
}

TEST_CASE("MeanAbsoluteError: refuses shapes that do not match", "[losses]") {
  const std::string expected = "MeanAbsoluteError: expected 2 target rows, one per output, got 1";
  CHECK_THROWS_WITH(mean_of(MeanAbsoluteError{}, Matrix<>(2, 3), Matrix<>(1, 3)),
                    Catch::Matchers::ContainsSubstring(expected));
  CHECK_THROWS_WITH(MeanAbsoluteError{}.check(2, Matrix<>(1, 3)),
                    Catch::Matchers::ContainsSubstring(expected));
}

}  // namespace mean_absolute_error_test
