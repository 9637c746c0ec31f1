#include <cstdint>
#include <limits>
#include <type_traits>

#include "catch.hpp"
#include "conformance/initializer_table.hpp"

namespace initializers_test {

using namespace conformance;

namespace {

struct Size {
  Index rows, cols;
};
constexpr Size sizes[]{{7, 5}, {5, 7}, {6, 6}, {1, 9}, {9, 1}, {1, 1}};

/// A weight that the initializer fills, NaN before, so that an entry that is not filled shows.
template <class T>
Matrix<T> filled(const auto& initializer, const Size& size, Rng& rng) {
  Matrix<T> weight = Matrix<T>::Constant(size.rows, size.cols, std::numeric_limits<T>::quiet_NaN());
  initializer(weight, Fan{size.cols, size.rows}, rng);
  return weight;
}

template <class T>
Matrix<T> filled(const auto& initializer, const Size& size, std::uint64_t seed) {
  Rng rng{seed};
  return filled<T>(initializer, size, rng);
}

template <class T>
void expect_every_entry(const auto& initializer) {
  static_assert(Initializer<std::remove_cvref_t<decltype(initializer)>, T>);
  for (const Size& size : sizes) {
    CAPTURE(size.rows, size.cols);
    const Matrix<T> weight = filled<T>(initializer, size, 1);
    CHECK(weight.rows() == size.rows);
    CHECK(weight.cols() == size.cols);
    CHECK(weight.allFinite());
  }
}

}  // namespace

TEST_CASE("Initializer: fills every entry with a finite value", "[conformance]") {
  for_each(initializers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      expect_every_entry<float>(row.initializer);
      expect_every_entry<double>(row.initializer);
    }
  });
}

TEST_CASE("Initializer: values depend only on the seed", "[conformance]") {
  for_each(initializers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      for (const Size& size : {Size{7, 5}, Size{5, 7}, Size{6, 6}}) {
        CAPTURE(size.rows, size.cols);
        const Matrix<double> one = filled<double>(row.initializer, size, 1);
        CHECK(filled<double>(row.initializer, size, 1) == one);
        const auto same = (filled<double>(row.initializer, size, 2).array() == one.array()).count();
        CHECK(same == (row.values == Values::fixed ? one.size() : 0));
      }
    }
  });
}

TEST_CASE("Initializer: float values are the double values rounded", "[conformance]") {
  for_each(initializers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      for (const Size& size : sizes) {
        CAPTURE(size.rows, size.cols);
        Rng one{1}, other{1};
        const Matrix<float> single = filled<float>(row.initializer, size, one);
        const Matrix<double> exact = filled<double>(row.initializer, size, other);
        CHECK(one.bits() == other.bits());
        if (row.values != Values::summed) {
          CHECK(single == exact.cast<float>());
        } else {
          // Both sums are in double, but compiled separately, and a compiler may contract different products and sums.
          // The last bit of a double can then change the rounding to float.
          const Matrix<double> error = (single.cast<double>() - exact).cwiseAbs();
          const auto bound = exact.cwiseAbs().array() * std::numeric_limits<float>::epsilon() + 1e-14;
          CHECK((error.array() <= bound).all());
        }
      }
    }
  });
}

}  // namespace initializers_test
