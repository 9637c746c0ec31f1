#include "descent/initializers/orthogonal.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "support.hpp"

namespace orthogonal_test {

using namespace descent;

namespace {

template <class T>
Matrix<T> drawn(Index rows, Index cols, const Orthogonal& init = {}, std::uint64_t seed = 1) {
  Rng rng{seed};
  Matrix<T> weight(rows, cols);
  init(weight, Fan{cols, rows}, rng);
  return weight;
}

}  // namespace

TEMPLATE_TEST_CASE("Orthogonal: columns or rows are orthonormal up to the gain", "", float, double) {
  const double tolerance = std::is_same_v<TestType, float> ? 1e-6 : 1e-13;
  struct Size {
    Index rows, cols;
  };
  for (const auto& [rows, cols] :
       {Size{30, 20}, Size{20, 30}, Size{100, 100}, Size{1, 7}, Size{7, 1}, Size{1, 1}}) {
    CAPTURE(rows, cols);
    for (const double gain : {1.0, std::sqrt(2.0)}) {
      const Matrix<double> w = drawn<TestType>(rows, cols, {.gain = gain}).template cast<double>() / gain;
      const Matrix<double> product =
          rows >= cols ? Matrix<double>{w.transpose() * w} : Matrix<double>{w * w.transpose()};
      CHECK((product - Matrix<double>::Identity(product.rows(), product.cols())).cwiseAbs().maxCoeff() <
            tolerance);
    }
  }
}

TEST_CASE("Orthogonal: the variance of an entry is 1 / longer side") {
  // Each entry of a column of length n has mean 0, second moment 1 / n and fourth moment 3 / (n (n + 2)). One entry is
  // taken from each draw, so that the entries are independent.
  constexpr Index n = 4, draws = 4000;
  double first = 0, second = 0;
  for (Index i = 0; i < draws; ++i) {
    const double corner = drawn<double>(n, n, {}, static_cast<std::uint64_t>(i))(n - 1, n - 1);
    first += corner / draws;
    second += corner * corner / draws;
  }
  CHECK(std::abs(first) < 5 * std::sqrt(1.0 / n / draws));
  CHECK(std::abs(second - 1.0 / n) < 5 * std::sqrt((3.0 / (n * (n + 2)) - 1.0 / (n * n)) / draws));
}

TEST_CASE("Orthogonal: equals the Q of a QR decomposition of a normal matrix") {
  // numpy.linalg.qr of the first six normal values of seed 1, with signs chosen so that the diagonal of R is positive.
  const Matrix<double> expected{{0.9067968364616776, 0.15191305230671667},
                                {-0.27116819924974095, -0.5040380651769736},
                                {-0.32278058352191236, 0.8502164744296066}};
  CHECK((drawn<double>(3, 2) - expected).cwiseAbs().maxCoeff() < 1e-12);
  CHECK((drawn<double>(2, 3) - expected.transpose()).cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("Orthogonal: refuses a gain that is not finite") {
  const auto text = [](const Orthogonal& init) {
    return support::message_of<DataError>([&] {
      Rng rng{1};
      Matrix<> weight(1, 1);
      init(weight, Fan{1, 1}, rng);
    });
  };
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(),
                   infinity = std::numeric_limits<double>::infinity();
  CHECK(text({.gain = nan}) == "Orthogonal: expected .gain finite, got nan");
  CHECK(text({.gain = infinity}) == "Orthogonal: expected .gain finite, got inf");
}

}  // namespace orthogonal_test
