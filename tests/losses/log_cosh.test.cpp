#include "losses/reference.hpp"

namespace log_cosh_test {

using namespace descent;
using Catch::Matchers::WithinAbs;

TEST_CASE("LogCosh: equals the reference", "[losses][golden]") { CHECK(equals_reference<LogCosh>() == 1); }

TEST_CASE("LogCosh: equals its formula and does not overflow where cosh does", "[losses]") {
  const auto cost = [](double p) { return mean_of(LogCosh{}, Matrix<double>{{p}}, Matrix<double>{{0}}); };
  CHECK(cost(0) == 0);
  for (const double r : {1e-4, -0.5, 3.0}) CHECK_THAT(cost(r), WithinAbs(std::log(std::cosh(r)), 1e-15));
  CHECK_THAT(cost(-1e4), WithinAbs(1e4 - std::log(2.0), 1e-11));

  Matrix<float> dy;
  const float loss = static_cast<float>(mean_of(LogCosh{}, Matrix<>{{1e4F, -1e4F}}, Matrix<>{{0, 0}}, dy));
  CHECK(loss == 1e4F - std::log(2.0F));
  CHECK(dy == Matrix<>{{0.5F, -0.5F}});
}

TEST_CASE("LogCosh: refuses shapes that do not match", "[losses]") {
  CHECK_THROWS_WITH(
      LogCosh{}.check(2, Matrix<>(1, 3)),
      Catch::Matchers::ContainsSubstring("LogCosh: expected 2 target rows, one per output, got 1"));
}

}  // namespace log_cosh_test
