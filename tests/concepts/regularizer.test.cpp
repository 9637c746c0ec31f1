#include "descent/concepts/regularizer.hpp"

#include "catch.hpp"
#include "concepts/scale.hpp"
#include "descent/models/dynamic_sequential.hpp"
#include "descent/regularizers.hpp"

namespace regularizer_test {

using namespace descent;
using support::Scale;

namespace {

struct Nothing {
  double penalty(const Parameterized auto&, Index) const { return 0; }
  template <Parameterized M>
  void add_gradient(const M&, M&, Index) const {}
};
struct PenaltyAlone {
  double penalty(const Parameterized auto&, Index) const { return 0; }
};
struct WithoutSampleCount {
  double penalty(const Parameterized auto&) const { return 0; }
  template <Parameterized M>
  void add_gradient(const M&, M&) const {}
};

}  // namespace

TEST_CASE("Regularizer: requires a penalty and its gradient") {
  STATIC_REQUIRE(Regularizer<Nothing, Scale>);
  STATIC_REQUIRE(Regularizer<L2, DynamicSequential<>>);
  STATIC_REQUIRE_FALSE(Regularizer<PenaltyAlone, Scale>);
  STATIC_REQUIRE_FALSE(Regularizer<WithoutSampleCount, Scale>);
  STATIC_REQUIRE_FALSE(Regularizer<double, Scale>);
}

}  // namespace regularizer_test
