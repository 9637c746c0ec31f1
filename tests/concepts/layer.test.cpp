#include "descent/concepts/layer.hpp"

#include "catch.hpp"
#include "concepts/scale.hpp"
#include "descent/layers.hpp"
#include "descent/models.hpp"

namespace layer_test {

using namespace descent;
using support::Scale;
using support::WithoutVisit;

namespace {

// Each of these lacks one requirement.
struct NotCopyable : Scale {
  NotCopyable() = default;
  NotCopyable(const NotCopyable&) = delete;
  NotCopyable& operator=(const NotCopyable&) = delete;
};
struct OfIntegers : Scale {
  using Scalar = int;
};
struct CacheNeedsASize : Scale {
  struct Cache : Scale::Cache {
    explicit Cache(int);
  };
};
struct ShapeIsANumber : Scale {
  Index output_shape(const Shape& in) const { return in.size(); }
};
struct ForwardChangesTheLayer : Scale {
  Batch<> forward(const Batch<>& x, Cache& c, const Pass&) { return c.y = x; }
};
struct ForwardReturnsACopy : Scale {
  Matrix<> forward(Batch<> x, Cache&, const Pass&) const { return x; }
};
struct ForwardWithoutPass : Scale {
  Batch<> forward(const Batch<>& x, Cache& c) const { return c.y = x; }
};
struct BackwardWithoutGradient : Scale {
  const Matrix<>& backward(Batch<>, Batch<> dy, Cache& c) const { return c.dx = dy; }
};

}  // namespace

TEST_CASE("Layer: requires a copyable type with a cache and a shape and forward and backward") {
  STATIC_REQUIRE(Layer<Scale>);
  STATIC_REQUIRE(Layer<Dense<double>>);
  STATIC_REQUIRE(Layer<BatchNorm<>>);
  STATIC_REQUIRE(Layer<AnyLayer<>>);
  STATIC_REQUIRE(Layer<DynamicSequential<double>>);
  STATIC_REQUIRE(Layer<Sequential<Scale, Sequential<Scale, ReLU<>>>>);

  STATIC_REQUIRE_FALSE(Layer<WithoutVisit>);
  STATIC_REQUIRE_FALSE(Layer<NotCopyable>);
  STATIC_REQUIRE_FALSE(Layer<OfIntegers>);
  STATIC_REQUIRE_FALSE(Layer<CacheNeedsASize>);
  STATIC_REQUIRE_FALSE(Layer<ShapeIsANumber>);
  STATIC_REQUIRE_FALSE(Layer<ForwardChangesTheLayer>);
  STATIC_REQUIRE_FALSE(Layer<ForwardReturnsACopy>);
  STATIC_REQUIRE_FALSE(Layer<ForwardWithoutPass>);
  STATIC_REQUIRE_FALSE(Layer<BackwardWithoutGradient>);
}

TEST_CASE("LayerOf: requires the given scalar type") {
  STATIC_REQUIRE(LayerOf<Scale, float>);
  STATIC_REQUIRE_FALSE(LayerOf<Scale, double>);
  STATIC_REQUIRE_FALSE(LayerOf<WithoutVisit, float>);
}

}  // namespace layer_test
