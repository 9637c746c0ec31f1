#include "descent/data/synthetic.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "catch.hpp"
#include "support.hpp"

namespace synthetic_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using support::message_of;

namespace {

double radius(const Dataset<double>& data, Index j) { return data.x.col(j).norm(); }

// FNV-1a over the bits of all values.
std::uint64_t fingerprint(const Dataset<double>& data) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const auto* m : {&data.x, &data.y})
    for (Index i = 0; i < m->size(); ++i) {
      std::uint64_t bits = 0;
      std::memcpy(&bits, m->data() + i, sizeof bits);
      for (int shift = 0; shift < 64; shift += 8) hash = (hash ^ ((bits >> shift) & 0xFF)) * 0x100000001B3;
    }
  return hash;
}

}  // namespace

TEST_CASE("unit_vector: is cosine and sine to 1e-15") {
  constexpr double two_pi = 6.283185307179586;
  for (int i = -400; i <= 400; ++i) {
    const double turns = i / 128.0;  // exact, and so are its parts
    CAPTURE(turns);
    const auto [x, y] = detail::unit_vector(turns);
    const double a = two_pi * std::remainder(turns, 1.0);
    CHECK_THAT(x, WithinAbs(std::cos(a), 1e-15));
    CHECK_THAT(y, WithinAbs(std::sin(a), 1e-15));
  }
  CHECK(detail::unit_vector(0.25).x == 0);
  CHECK(detail::unit_vector(0.5).x == -1);
  CHECK(detail::unit_vector(-0.25).y == -1);
}

TEST_CASE("circles: without noise the radii are 1 and the factor") {
  const Dataset<double> data = circles<double>({.samples = 301, .noise = 0, .factor = 0.25, .seed = 1});
  REQUIRE(data.samples() == 301);
  CHECK(data.y.sum() == 150);
  for (Index j = 0; j < data.samples(); ++j)
    CHECK_THAT(radius(data, j), WithinAbs(data.y(0, j) == 0 ? 1 : 0.25, 1e-15));
  // The whole circle: the mean of 151 points is within five of its standard errors, sqrt(1 / 2 / 151).
  CHECK(data.x.rowwise().mean().cwiseAbs().maxCoeff() < 5 * std::sqrt(0.5 / 151));
}

TEST_CASE("moons: without noise the points are on half circles") {
  const Dataset<double> data = moons<double>({.samples = 300, .noise = 0, .seed = 1});
  for (Index j = 0; j < data.samples(); ++j) {
    const bool second = data.y(0, j) == 1;
    const double x = second ? 1 - data.x(0, j) : data.x(0, j), y = second ? 0.5 - data.x(1, j) : data.x(1, j);
    CHECK_THAT(std::hypot(x, y), WithinAbs(1, 1e-14));
    CHECK(y >= 0);
  }
}

TEST_CASE("spirals: without noise the points are on the arms") {
  const Dataset<double> data =
      spirals<double>({.samples = 300, .classes = 3, .turns = 2, .noise = 0, .seed = 1});
  for (Index j = 0; j < data.samples(); ++j) {
    const double t = radius(data, j);
    const auto [x, y] = detail::unit_vector(2 * t + data.y(0, j) / 3);
    CHECK_THAT(data.x(0, j), WithinAbs(t * x, 1e-13));
    CHECK_THAT(data.x(1, j), WithinAbs(t * y, 1e-13));
    CHECK(t < 1);
  }
  CHECK(data.y.maxCoeff() == 2);
}

TEST_CASE("circles: the noise has the given standard deviation") {
  constexpr Index samples = 20000;
  const auto clean = circles<double>({.samples = samples, .noise = 0, .seed = 3});
  const auto noisy = circles<double>({.samples = samples, .noise = 0.1, .seed = 3});
  const double deviation = std::sqrt((noisy.x - clean.x).squaredNorm() / (2.0 * samples));
  CHECK_THAT(deviation, WithinAbs(0.1, 5 * 0.1 / std::sqrt(4.0 * samples)));
}

TEST_CASE("blobs: clusters have the given deviation and centers within the spread") {
  const Dataset<double> data =
      blobs<double>({.samples = 8000, .classes = 4, .features = 3, .deviation = 0.5, .spread = 2, .seed = 1});
  CHECK(data.features() == 3);
  for (int c = 0; c < 4; ++c) {
    Vector<double> sum = Vector<double>::Zero(3), squares = Vector<double>::Zero(3);
    for (Index j = c; j < data.samples(); j += 4) {
      REQUIRE(data.y(0, j) == c);
      sum += data.x.col(j);
      squares += data.x.col(j).cwiseAbs2();
    }
    const Vector<double> mean = sum / 2000, deviation = (squares / 2000 - mean.cwiseAbs2()).cwiseSqrt();
    CHECK(mean.cwiseAbs().maxCoeff() < 2.1);
    for (const double d : deviation) CHECK_THAT(d, WithinAbs(0.5, 5 * 0.5 / std::sqrt(4000.0)));
  }
}

TEST_CASE("noisy_regression: without noise the target is linear") {
  const auto clean = noisy_regression<double>({.samples = 50, .features = 3, .noise = 0, .seed = 2});
  // Four points determine w and b, which all other points satisfy.
  Matrix<double> design(50, 4);
  design << clean.x.transpose(), Vector<double>::Ones(50);
  const Matrix<double> first = design.topRows(4);
  // Cramer's rule needs only Eigen/Core.
  const auto determinant = [](Matrix<double> m) {
    double product = 1;
    for (Index k = 0; k < m.rows(); ++k) {
      Index pivot = 0;
      m.col(k).tail(m.rows() - k).cwiseAbs().maxCoeff(&pivot);
      if (pivot != 0) m.row(k).swap(m.row(k + pivot)), product = -product;
      product *= m(k, k);
      for (Index i = k + 1; i < m.rows(); ++i) m.row(i) -= (m(i, k) / m(k, k) * m.row(k)).eval();
    }
    return product;
  };
  Vector<double> w(4);
  for (Index k = 0; k < 4; ++k) {
    Matrix<double> replaced = first;
    replaced.col(k) = clean.y.leftCols(4).transpose();
    w[k] = determinant(replaced) / determinant(first);
  }
  CHECK((design * w - clean.y.transpose()).cwiseAbs().maxCoeff() < 1e-10);

  const auto noisy = noisy_regression<double>({.samples = 50, .features = 3, .noise = 0.5, .seed = 2});
  CHECK(noisy.x == clean.x);
  CHECK((noisy.y - clean.y).cwiseAbs().maxCoeff() > 0.1);
}

TEST_CASE("noisy_wave: without noise the target is a sine") {
  const auto data = noisy_wave<double>({.samples = 100, .noise = 0, .seed = 2});
  for (Index j = 0; j < 100; ++j) {
    const double x = data.x(0, j);
    CHECK((x >= 0 && x < 1));
    CHECK_THAT(data.y(0, j), WithinAbs(std::sin(6.283185307179586 * x), 1e-14));
  }
}

TEST_CASE("circles: synthetic sets have the same bits on every platform") {
  CHECK(fingerprint(circles<double>({.seed = 1})) == 0xC9F40929B1A290D0);
  CHECK(fingerprint(moons<double>({.seed = 1})) == 0x2E3CCE3A277C6BB3);
  CHECK(fingerprint(spirals<double>({.seed = 1})) == 0xEB751643A98799FF);
  CHECK(fingerprint(blobs<double>({.seed = 1})) == 0x4F16FD7FEAC58E8);
  CHECK(fingerprint(noisy_regression<double>({.features = 3, .seed = 1})) == 0x4103FA76C7417E80);
  CHECK(fingerprint(noisy_wave<double>({.seed = 1})) == 0x5AE2E64642547599);
}

TEST_CASE("circles: another seed gives another sample and float is rounded double") {
  CHECK(circles({.seed = 1}).x == circles({.seed = 1}).x);
  CHECK(circles({.seed = 1}).x != circles({.seed = 2}).x);
  CHECK(moons({.seed = 4}).x == moons<double>({.seed = 4}).x.cast<float>());
  CHECK(spirals().samples() == 300);
}

TEST_CASE("circles: synthetic sets refuse invalid options") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(message_of<DataError>([] { circles({.samples = 0}); }) ==
        "circles: expected at least 1 sample, got 0; set .samples to at least 1");
  CHECK_THAT(message_of<DataError>([] { circles({.noise = -1}); }),
             ContainsSubstring("circles: expected .noise"));
  CHECK_THAT(message_of<DataError>([] { circles({.factor = 1}); }),
             ContainsSubstring("circles: expected .factor"));
  CHECK_THAT(message_of<DataError>([&] { moons({.noise = nan}); }),
             ContainsSubstring("moons: expected .noise"));
  CHECK_THAT(message_of<DataError>([] { spirals({.classes = 0}); }),
             ContainsSubstring("spirals: expected .classes"));
  CHECK_THAT(message_of<DataError>([&] { spirals({.turns = nan}); }),
             ContainsSubstring("spirals: expected .turns"));
  CHECK_THAT(message_of<DataError>([] { blobs({.features = 0}); }),
             ContainsSubstring("blobs: expected .features"));
  CHECK_THAT(message_of<DataError>([] { blobs({.deviation = -1}); }),
             ContainsSubstring("blobs: expected .deviation"));
  CHECK_THAT(message_of<DataError>([] { noisy_regression({.features = 0}); }),
             ContainsSubstring("noisy_regression: expected .features"));
  CHECK_THAT(message_of<DataError>([] { noisy_wave({.samples = -1}); }),
             ContainsSubstring("noisy_wave: expected at"));
}

}  // namespace synthetic_test
