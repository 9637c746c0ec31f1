#include "losses/reference.hpp"

namespace huber_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("Huber: equals the reference", "[losses][golden]") {
  CHECK(equals_reference(Huber::name, [](const auto& c) { return Huber{.delta = c.at("delta")}; }) == 2);
}

TEST_CASE("Huber: is quadratic for small residuals and linear for large ones", "[losses]") {
  const Huber loss{.delta = 2};
  const Matrix<double> p{{1, -2, 5, -10}}, t = Matrix<double>::Zero(1, 4);
  Matrix<double> dy;
  CHECK(mean_of(loss, p, t, dy) == (0.5 + 2 + 2 * (5 - 1) + 2 * (10 - 1)) / 4);
  CHECK(dy == Matrix<double>{{0.25, -0.5, 0.5, -0.5}});
}

TEST_CASE("Huber: refuses a delta that is not positive", "[losses]") {
  const Matrix<double> one{{1}};
  Matrix<double> dy;
  for (const double wrong : {0.0, -1.0, std::nan("")}) {
    CHECK_THROWS_WITH((Huber{.delta = wrong}.check(1, one)),
                      ContainsSubstring("Huber: expected .delta above 0, got"));
    CHECK_THROWS_AS((mean_of(Huber{.delta = wrong}, one, one)), DataError);
    CHECK_THROWS_AS((mean_of(Huber{.delta = wrong}, one, one, dy)), DataError);
  }
}

TEST_CASE("Huber: refuses shapes that do not match", "[losses]") {
  CHECK_THROWS_WITH(Huber{}.check(2, Matrix<>(1, 3)),
                    ContainsSubstring("Huber: expected 2 target rows, one per output, got 1"));
}

}  // namespace huber_test
