#include "descent/autodiff/selection.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "autodiff/models.hpp"
#include "catch.hpp"

namespace selection_test {

using namespace autodiff_models;

namespace {

/// The gradient of a cost of one vector.
struct Vectors {
  using Scalar = double;
  Vector<double> w;
  static void visit(auto&& f, auto&... tree) { f(Parameter{"w", Role::weight}, tree.w...); }
};

using Numbers = std::vector<double>;

template <class F>
Numbers slope_of(const Numbers& w, F cost) {
  const Vectors at{Vector<double>::Map(w.data(), static_cast<Index>(w.size()))};
  Vectors gradient = at;
  Graph<double> graph;
  value_and_gradient(at, gradient, graph,
                     [&](const Vectors& v, auto& g) { return sum(cost(g.parameter(v.w))); });
  return {gradient.w.begin(), gradient.w.end()};
}

}  // namespace

TEST_CASE("where: an infinite value that is not selected has no effect") {
  const Vectors at{Vector<double>{{0, 2}}};
  Vectors gradient = at;
  Graph<double> graph;
  const double value = value_and_gradient(at, gradient, graph, [](const Vectors& v, auto& g) {
    const auto w = g.parameter(v.w);
    const auto is_positive = (w.value().array() > 0).eval();
    // log(0) and its slope are infinite, so that the logarithm takes a safe number where it is not selected.
    return sum(where(is_positive, log(where(is_positive, w, 1)), 3 * w)) +
           sum(where(is_positive, w,
                     g.constant(Vector<double>{{1, std::numeric_limits<double>::infinity()}})));
  });
  CHECK(value == std::log(2.0) + 3);
  CHECK(gradient.w(0) == 3);
  CHECK(gradient.w(1) == 1.5);
}

TEST_CASE("max: the first of equals has the slope") {
  CHECK(slope_of(Numbers{1, 4, 4}, [](auto w) { return max(w); }) == Numbers{0, 1, 0});
  CHECK(slope_of(Numbers{1, 4, 4}, [](auto w) { return min(-w); }) == Numbers{0, -1, 0});
  CHECK(slope_of(Numbers{1, 2}, [](auto w) { return max(w, 2 * w - 1); }) == Numbers{1, 2});
  CHECK(slope_of(Numbers{1, 2}, [](auto w) { return min(w, 2 * w - 1); }) == Numbers{1, 1});
}

TEST_CASE("relu: the slope at 0 is 0, and so are those of norm and abs") {
  CHECK(slope_of(Numbers{0, 1}, [](auto w) { return relu(w); }) == Numbers{0, 1});
  CHECK(slope_of(Numbers{0, 0}, [](auto w) { return norm(w); }) == Numbers{0, 0});
  CHECK(slope_of(Numbers{0, -2}, [](auto w) { return abs(w); }) == Numbers{0, -1});
  CHECK(slope_of(Numbers{0, 2}, [](auto w) { return pow(w, 0); }) == Numbers{0, 0});
}

TEST_CASE("stop_gradient: the value is kept and the slope is 0") {
  CHECK(slope_of(Numbers{3}, [](auto w) { return cwise_product(stop_gradient(w), w); }) == Numbers{3});
  CHECK(slope_of(Numbers{3}, [](auto w) { return stop_gradient(square(w)); }) == Numbers{0});
}

}  // namespace selection_test
