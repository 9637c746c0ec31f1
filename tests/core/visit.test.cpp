#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/linalg/flat.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/tree/dimensions.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/parameter.hpp"
#include "descent/tree/traverse.hpp"

#include <string>
#include <type_traits>
#include <vector>

#include "catch.hpp"
#include "descent/layers/dense.hpp"
#include "descent/layers/normalization/batch_norm.hpp"
#include "descent/models/sequential.hpp"

namespace visit_test {

using namespace descent;

namespace {

/// Two parameters of different shapes and some state.
struct Tree {
  using Scalar = double;
  static void visit(auto&& f, auto&... tree) {
    f(Parameter{"weight", Role::weight}, tree.weight...);
    f(Parameter{"bias", Role::bias}, tree.bias...);
  }
  static void visit_state(auto&& f, auto&... tree) { f(Parameter{"running", Role::state}, tree.running...); }

  Matrix<double> weight = Matrix<double>::Constant(2, 3, 1);
  Vector<double> bias = Vector<double>::Constant(2, 2);
  Vector<double> running = Vector<double>::Constant(4, 3);
};

struct WithoutState {
  static void visit(auto&&, auto&...) {}
};

}  // namespace

TEST_CASE("Name: the path is built from the inside out") {
  const Name weight{"weight"};
  CHECK(weight.path() == "weight");
  const Name in_layer{"2", &weight};
  CHECK(in_layer.path() == "2.weight");
  CHECK(Name{std::string{"0"}, &in_layer}.path() == "0.2.weight");
}

TEST_CASE("Parameter: inside prepends a name and keeps role and dimensions") {
  const Parameter parameter{"gamma", Role::scale};
  const Parameter outer = parameter.inside("1");
  CHECK(outer.name.path() == "1.gamma");
  CHECK(outer.role == Role::scale);

  const Parameter kernel{"kernel", Role::weight, {2, 3, 5}};
  CHECK(kernel.inside("1").dimensions.rank() == 3);
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

TEST_CASE("zeros_like: returns zeros of the same shapes and keeps the model") {
  const Tree model;
  const Tree zeros = zeros_like(model);
  CHECK(zeros.weight == Matrix<double>::Zero(2, 3));
  CHECK(zeros.bias == Vector<double>::Zero(2));
  CHECK(zeros.running == Vector<double>::Zero(4));
  CHECK(model.weight == Tree{}.weight);
}

TEST_CASE("parameter_count: counts parameters but not state") {
  CHECK(parameter_count(Tree{}) == 2 * 3 + 2);
  CHECK(parameter_count(WithoutState{}) == 0);
}

TEST_CASE("visit_leaves: visits parameters and then state as writable leaves") {
  Tree model;
  std::vector<std::string> seen;
  visit_leaves(model, [&](const auto& leaf) {
    seen.push_back(
        detail::joined(leaf.name().path(), ' ', leaf.rows, 'x', leaf.cols, leaf.is_state() ? " state" : ""));
    leaf.array() += 1;
  });
  CHECK(seen == std::vector<std::string>{"weight 2x3", "bias 2x1", "running 4x1 state"});
  CHECK(model.weight == Tree{}.weight + Matrix<double>::Ones(2, 3));
  CHECK(model.running == Tree{}.running + Vector<double>::Ones(4));
}

TEST_CASE("visit_leaves: traverses two models together and copies parts of them") {
  Tree model;
  Tree other;
  other.weight.setConstant(7);
  visit_leaves(model, other, [](const auto& leaf, const auto& from) {
    if (leaf.name().path() == "weight") leaf.array(Part{0, 2}) = from.array(Part{0, 2});
  });
  CHECK(model.weight.col(0) == other.weight.col(0));
  CHECK(model.weight.rightCols(2) == Tree{}.weight.rightCols(2));
}

TEST_CASE("visit_flat: a shape mismatch is refused") {
  Rng rng{1};
  Sequential net{Dense{2, 3, rng}};
  const Sequential wider{Dense{3, 3, rng}}, transposed{Dense{3, 2, rng}};
  for (const auto* other : {&wider, &transposed}) {
    CHECK_THROWS_AS(visit_flat([](auto a, auto b) { a += b; }, net, *other), ShapeError);
    CHECK_THROWS_AS(visit_parts(
                        SingleThread{}, [](auto a, auto b) { a += b; }, net, *other),
                    ShapeError);
  }
}

namespace {

/// A parameter that is stored as a matrix of 2 x 12 and has the logical dimensions of a kernel.
struct Kernel {
  using Scalar = double;
  static void visit(auto&& f, auto&... tree) {
    f(Parameter{"kernel", Role::weight, {{2, 3, 2, 2}, {0, 1, 3, 2}}}, tree.kernel...);
  }
  Matrix<double> kernel = Matrix<double>::Zero(2, 12);
};

}  // namespace

TEST_CASE("visit_leaves: a leaf has the logical dimensions of its parameter") {
  Kernel kernel;
  visit_leaves(kernel, [](const auto& leaf) {
    const Dimensions& d = leaf.dimensions;
    CHECK(d.rank() == 4);
    CHECK((d[0] == 2 && d[1] == 3 && d[2] == 2 && d[3] == 2));
    CHECK((d.stride(0) == 1 && d.stride(1) == 2 && d.stride(3) == 6 && d.stride(2) == 12));
  });
  Tree tree;
  std::vector<std::size_t> ranks;
  visit_leaves(tree, [&](const auto& leaf) { ranks.push_back(leaf.dimensions.rank()); });
  CHECK(ranks == std::vector<std::size_t>{2, 1, 1});
  kernel.kernel.resize(2, 11);
  CHECK_THROWS_AS(visit_leaves(kernel, [](const auto&) {}), ShapeError);
}

}  // namespace visit_test
