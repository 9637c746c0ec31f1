#include "descent/tree/traverse.hpp"

#include <string>
#include <vector>

#include "catch.hpp"
#include "concepts/scale.hpp"
#include "descent/layers/activations/relu.hpp"
#include "descent/layers/dense.hpp"
#include "descent/models/dynamic_sequential.hpp"
#include "descent/models/sequential.hpp"
#include "tree/tree.hpp"

namespace traverse_test {

using namespace descent;
using support::Scale;
using support::Tree;
using support::WithoutState;
using support::WithoutVisit;

namespace {

struct VisitsOneTreeOnly {
  static void visit(auto&& f, auto& tree) { f(Parameter{"w", Role::weight}, tree); }
};
struct VisitsThroughAnObject {
  void visit(auto&&, auto&...) const {}
};

}  // namespace

TEST_CASE("Parameterized: visit must be static and take any number of trees") {
  STATIC_REQUIRE(Parameterized<Scale>);
  STATIC_REQUIRE(Parameterized<Dense<>>);
  STATIC_REQUIRE(Parameterized<ReLU<>>);
  STATIC_REQUIRE(Parameterized<DynamicSequential<>>);
  STATIC_REQUIRE_FALSE(Parameterized<WithoutVisit>);
  STATIC_REQUIRE_FALSE(Parameterized<VisitsOneTreeOnly>);
  STATIC_REQUIRE_FALSE(Parameterized<VisitsThroughAnObject>);
  STATIC_REQUIRE_FALSE(Parameterized<int>);
}

TEST_CASE("visit_state: visits the state or nothing if there is none") {
  Tree tree;
  std::vector<std::string> names;
  visit_state<Tree>([&](const Parameter& state, auto&) { names.push_back(state.name.path()); }, tree);
  CHECK(names == std::vector<std::string>{"running"});

  WithoutState none;
  int calls = 0;
  visit_state<WithoutState>([&](const auto&, auto&) { ++calls; }, none);
  CHECK(calls == 0);
}

TEST_CASE("visit_flat: traverses several trees together and skips the state") {
  Tree model;
  const Tree gradient;
  Tree state;
  visit_flat(
      [](auto w, auto dw, auto s) {
        s += dw;
        w -= 0.5 * dw;
      },
      model, gradient, state);
  CHECK(model.weight == Matrix<double>::Constant(2, 3, 0.5));
  CHECK(model.bias == Vector<double>::Constant(2, 1));
  CHECK(state.bias == Vector<double>::Constant(2, 4));
  CHECK(model.running == Tree{}.running);
}

TEST_CASE("visit_flat: a shape mismatch is refused") {
  Rng rng{1};
  Sequential net{Dense{2, 3, rng}};
  const Sequential wider{Dense{3, 3, rng}}, transposed{Dense{3, 2, rng}};
  for (const auto* other : {&wider, &transposed}) {
    CHECK_THROWS_AS(visit_flat([](auto a, auto b) { a += b; }, net, *other), ShapeError);
    CHECK_THROWS_AS(visit_parts(
                        single_thread, [](auto a, auto b) { a += b; }, net, *other),
                    ShapeError);
  }
}

TEST_CASE("under: a member's parameters get its name") {
  Rng rng{1};
  const Dense<> dense{2, 3, rng};
  std::vector<std::string> names;
  const auto collect = [&](const Parameter& p, const auto&) { names.push_back(p.name.path()); };
  Dense<>::visit(under("encoder", collect), dense);
  CHECK(names == std::vector<std::string>{"encoder.weight", "encoder.bias"});
}

}  // namespace traverse_test
