#include <cmath>

#include "catch.hpp"
#include "conformance/tables.hpp"

using namespace conformance;
using Catch::Matchers::WithinAbs;

namespace {

/// A point as a model: any cost of parameters can be minimised.
struct Point {
  using Scalar = double;
  Vector<double> w;
  static void visit(auto&& f, auto&... tree) { f(Parameter{"w", Role::weight}, tree.w...); }
};

constexpr int parabola_steps = 2000;
constexpr int rosenbrock_steps = 60000;

template <class O>
Point minimise(const O& optimizer, Point point, int steps, auto&& gradient_at) {
  auto state = optimizer.init(point);
  for (int k = 0; k < steps; ++k) optimizer.step(point, Point{gradient_at(point.w)}, state);
  return point;
}

}  // namespace

TEST_CASE("optimizers: J(w) = w^2 - 10 w + 25 goes to w = 5", "[conformance]") {
  for_each(optimizers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const auto slope = [](const Vector<double>& w) { return Vector<double>{2 * w.array() - 10}; };
      const Point end = minimise(row.optimizer, Point{Vector<double>::Zero(1)}, parabola_steps, slope);
      CHECK_THAT(end.w(0), WithinAbs(5, 1e-6));
    }
  });
}

TEST_CASE("optimizers: Rosenbrock's valley is followed to its end", "[conformance]") {
  for_each(optimizers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const auto slope = [](const Vector<double>& w) {  // of (1 - a)^2 + 100 (b - a^2)^2
        const double a = w(0), b = w(1);
        return Vector<double>{{2 * (a - 1) - 400 * a * (b - a * a), 200 * (b - a * a)}};
      };
      auto optimizer = row.optimizer;
      optimizer.learning_rate = row.rosenbrock_rate;
      const Point end = minimise(optimizer, Point{Vector<double>{{-1.2, 1}}}, rosenbrock_steps, slope);
      CHECK_THAT(end.w(0), WithinAbs(1, 1e-3));
      CHECK_THAT(end.w(1), WithinAbs(1, 2e-3));
    }
  });
}

TEST_CASE("optimizers: a copied state resumes to the same bits", "[conformance]") {
  for_each(optimizers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      Point point{Vector<double>::LinSpaced(4, -2, 2)};
      auto state = row.optimizer.init(point);
      const auto step = [&](Point& at, auto& with) {
        row.optimizer.step(at, Point{(at.w.array() * at.w.array().cos()).matrix()}, with);
      };
      for (int k = 0; k < 10; ++k) step(point, state);
      Point resumed = point;
      auto saved = state;
      for (int k = 0; k < 10; ++k) step(point, state);
      for (int k = 0; k < 10; ++k) step(resumed, saved);
      CHECK(point.w == resumed.w);
      CHECK(state.clock.step == 20);
    }
  });
}

TEST_CASE("optimizers: the learning rate follows its schedule", "[conformance]") {
  for_each(optimizers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      auto stopping = row.optimizer;
      stopping.learning_rate = PerStep{[](std::int64_t step) { return step < 3 ? 0.1 : 0.0; }};
      Point point{Vector<double>::Ones(2)};
      auto state = stopping.init(point);
      std::vector<double> path;
      for (int k = 0; k < 5; ++k) {
        stopping.step(point, Point{point.w}, state);
        path.push_back(point.w(0));
      }
      CHECK(path[0] > path[1]);
      CHECK(path[1] > path[2]);
      CHECK(path[2] == path[3]);
      CHECK(path[3] == path[4]);
    }
  });
}
