#include "descent/tree/leaves.hpp"

#include <string>
#include <vector>

#include "catch.hpp"
#include "descent/core/errors.hpp"
#include "tree/tree.hpp"

namespace leaves_test {

using namespace descent;
using support::Tree;
using support::WithoutState;

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

}  // namespace leaves_test
