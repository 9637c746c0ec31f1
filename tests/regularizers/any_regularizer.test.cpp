#include "descent/regularizers/any_regularizer.hpp"

#include <concepts>

#include "catch.hpp"
#include "descent/layers/dense.hpp"
#include "descent/regularizers/l2.hpp"

namespace any_regularizer_test {

using namespace descent;

namespace {

/// A penalty of `fee` per sample, which adds `fee` to the gradient of every bias.
struct Toll {
  float fee;
  double penalty(const Dense<>&, Index samples) const { return fee * static_cast<double>(samples); }
  void add_gradient(const Dense<>&, Dense<>& gradient, Index) const { gradient.bias.array() += fee; }
};

const Dense<> layer = [] {
  Rng rng{1};
  return Dense<>{3, 2, rng};
}();

}  // namespace

TEST_CASE("AnyRegularizer: has no penalty and no gradient by default") {
  const AnyRegularizer<Dense<>> none;
  auto gradient = zeros_like(layer);
  none.add_gradient(layer, gradient, 10);
  CHECK(none.penalty(layer, 10) == 0);
  CHECK(gradient.weight.isZero(0));
}

TEST_CASE("AnyRegularizer: forwards to its regularizer") {
  const AnyRegularizer<Dense<>> toll = Toll{.fee = 2};
  auto gradient = zeros_like(layer);
  toll.add_gradient(layer, gradient, 10);
  CHECK(toll.penalty(layer, 10) == 20);
  CHECK(gradient.bias == Vector<>::Constant(2, 2));

  const L2 l2{.lambda = 0.1};
  CHECK(AnyRegularizer<Dense<>>{l2}.penalty(layer, 10) == l2.penalty(layer, 10));
}

TEST_CASE("AnyRegularizer: a copy is independent") {
  AnyRegularizer<Dense<>> regularizer = Toll{.fee = 2};
  const AnyRegularizer<Dense<>> copy = regularizer;
  regularizer = {};
  CHECK(regularizer.penalty(layer, 10) == 0);
  CHECK(copy.penalty(layer, 10) == 20);
}

TEST_CASE("AnyRegularizer: converts only from regularizers of its model") {
  STATIC_REQUIRE(std::convertible_to<L2, AnyRegularizer<Dense<>>>);
  STATIC_REQUIRE_FALSE(Regularizer<Toll, Dense<double>>);
  STATIC_REQUIRE_FALSE(std::convertible_to<double, AnyRegularizer<Dense<>>>);
}

}  // namespace any_regularizer_test
