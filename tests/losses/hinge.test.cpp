#include "losses/reference.hpp"

namespace hinge_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("Hinge: equals the reference", "[losses][golden]") {
  CHECK(equals_reference<Hinge>() == 1);
  CHECK(equals_reference<SquaredHinge>() == 1);
}

TEST_CASE("Hinge: value and gradient equal those computed by hand", "[losses]") {
  // Margins y z of 2, 0.5, -2 and, at the kink, 1.
  const Matrix<double> z{{2, -0.5, 2, -1}}, t{{1, 0, 0, 0}};
  Matrix<double> dy;
  CHECK(mean_of(Hinge{}, z, t, dy) == (0.5 + 3) / 4);
  CHECK(dy == Matrix<double>{{0, 0.25, 0.25, 0}});
  CHECK(mean_of(SquaredHinge{}, z, t, dy) == (0.25 + 9) / 4);
  CHECK(dy == Matrix<double>{{0, 2 * 0.5 / 4, 2 * 3.0 / 4, 0}});
}

TEST_CASE("Hinge: a positive weight multiplies loss and gradient of targets of 1", "[losses]") {
  const Matrix<double> z{{0.5, -0.5}}, t{{1, 0}};  // margins of 0.5 and 0.5
  Matrix<double> dy;
  CHECK(mean_of(Hinge{.positive_weight = 3}, z, t, dy) == (3 * 0.5 + 0.5) / 2);
  CHECK(dy == Matrix<double>{{-3 * 0.5, 0.5}});
  CHECK(mean_of(SquaredHinge{.positive_weight = 3}, z, t, dy) == (3 * 0.25 + 0.25) / 2);
  CHECK(dy == Matrix<double>{{-3 * 0.5, 0.5}});  // 2 * 0.5 / 2 samples
  for (const double wrong : {0.0, -1.0, std::nan("")}) {
    CHECK_THROWS_AS(mean_of(Hinge{.positive_weight = wrong}, z, t), DataError);
    CHECK_THROWS_AS((SquaredHinge{.positive_weight = wrong}.check(1, t)), DataError);
  }
}

TEST_CASE("Hinge: refuses targets other than 0 and 1", "[losses]") {
  const Matrix<double> z{{1, 2}};
  Matrix<double> dy;
  for (const double wrong : {-1.0, 0.5, 2.0, std::nan("")}) {
    const Matrix<double> t{{1, wrong}};
    CHECK_THROWS_WITH(Hinge{}.check(1, t),
                      ContainsSubstring(detail::joined("Hinge: expected a target of 0 or 1, got ", wrong,
                                                       " for sample 1; number the classes 0 and 1")));
    CHECK_THROWS_AS(mean_of(Hinge{}, z, t), DataError);
    CHECK_THROWS_WITH(mean_of(SquaredHinge{}, z, t, dy),
                      ContainsSubstring("SquaredHinge: expected a target of 0 or 1"));
    CHECK_THROWS_AS(SquaredHinge{}.check(1, t), DataError);
  }
}

TEST_CASE("Hinge: refuses shapes that do not match", "[losses]") {
  CHECK_THROWS_WITH(Hinge{}.check(2, Matrix<>(1, 3)),
                    ContainsSubstring("Hinge: expected 2 target rows, one per output, got 1"));
  CHECK_THROWS_WITH(mean_of(SquaredHinge{}, Matrix<>(2, 3), Matrix<>(1, 3)),
                    ContainsSubstring("SquaredHinge: expected 2 target rows, one per output, got 1"));
}

}  // namespace hinge_test
