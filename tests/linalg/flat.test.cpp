#include "descent/linalg/flat.hpp"

#include <type_traits>
#include <vector>

#include "catch.hpp"

namespace flat_test {

using namespace descent;

TEST_CASE("flat: is a writable view in column-major order") {
  Matrix<double> m(2, 2);
  m << 1, 2,  //
      3, 4;
  CHECK(std::vector<double>(flat(m).begin(), flat(m).end()) == std::vector<double>{1, 3, 2, 4});
  flat(m) += 1;
  CHECK(m(1, 0) == 4);

  const Matrix<double>& constant = m;
  STATIC_REQUIRE(std::is_same_v<decltype(flat(constant)), Eigen::Map<const Eigen::ArrayXd>>);
  STATIC_REQUIRE(std::is_same_v<decltype(flat(m)), Eigen::Map<Eigen::ArrayXd>>);
}

}  // namespace flat_test
