#include <cmath>

#include "catch.hpp"
#include "conformance/optimizer_table.hpp"
#include "optimizers/point.hpp"
#include "support.hpp"
#include "temporary_folder.hpp"

namespace optimizers_test {

using namespace conformance;
using Catch::Matchers::WithinAbs;

namespace {

constexpr int parabola_steps = 2000;
constexpr int rosenbrock_steps = 60000;

template <class O>
Point descend(const O& optimizer, Point point, int steps, auto&& gradient_at) {
  auto state = optimizer.init(point);
  for (int k = 0; k < steps; ++k) optimizer.step(point, Point{gradient_at(point.w)}, state);
  return point;
}

}  // namespace

TEST_CASE("Optimizer: minimizes J(w) = w^2 - 10 w + 25 at w = 5", "[conformance]") {
  for_each(optimizers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const auto slope = [](const Vector<double>& w) { return Vector<double>{2 * w.array() - 10}; };
      const Point end = descend(row.optimizer, Point{Vector<double>::Zero(1)}, parabola_steps, slope);
      CHECK_THAT(end.w(0), WithinAbs(5, 1e-6));
    }
  });
}

TEST_CASE("Optimizer: finds the minimum of Rosenbrock's function", "[conformance]") {
  for_each(optimizers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const auto slope = [](const Vector<double>& w) {  // of (1 - a)^2 + 100 (b - a^2)^2
        const double a = w(0), b = w(1);
        return Vector<double>{{2 * (a - 1) - 400 * a * (b - a * a), 200 * (b - a * a)}};
      };
      auto optimizer = row.optimizer;
      optimizer.learning_rate = row.rosenbrock_rate;
      const Point end = descend(optimizer, Point{Vector<double>{{-1.2, 1}}}, rosenbrock_steps, slope);
      CHECK_THAT(end.w(0), WithinAbs(1, 1e-3));
      CHECK_THAT(end.w(1), WithinAbs(1, 2e-3));
    }
  });
}

TEST_CASE("Optimizer: a copied or loaded state continues to the same bits", "[conformance]") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path / "state").string();
  for_each(optimizers, [&](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const auto run = [&](Point from, auto& state) {
        for (int k = 0; k < 10; ++k)
          row.optimizer.step(from, Point{(from.w.array() * from.w.array().cos()).matrix()}, state);
        return from;
      };
      const Point start{Vector<double>::LinSpaced(4, -2, 2)};
      auto state = row.optimizer.init(start);
      const Point middle = run(start, state);
      auto copied = state;
      detail::save_checkpoint(path, state);
      auto loaded = row.optimizer.init(start);
      detail::load_checkpoint(path, loaded);

      const Point end = run(middle, state);
      CHECK(run(middle, copied).w == end.w);
      CHECK(run(middle, loaded).w == end.w);
      CHECK(state.progress.step == 20);
    }
  });
}

TEST_CASE("Optimizer: any number of threads takes the same step", "[conformance][threads]") {
  for_each(optimizers, [&](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const auto run = [&](Workers& workers) {
        Point point{Vector<double>::LinSpaced(1001, -2, 2)};
        auto state = row.optimizer.init(point);
        for (int k = 0; k < 3; ++k) {
          const Point gradient{(point.w.array() * point.w.array().cos()).matrix()};
          if constexpr (requires { row.optimizer.step(point, gradient, state, workers); })
            row.optimizer.step(point, gradient, state, workers);
          else
            row.optimizer.step(point, gradient, state);
        }
        return point.w;
      };
      const Vector<double> expected = run(single_thread);
      for (const int threads : {2, 3, 8}) {
        ThreadWorkers workers{threads};
        CHECK(run(workers) == expected);
      }
    }
  });
}

TEST_CASE("Optimizer: the learning rate follows its schedule", "[conformance]") {
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

TEST_CASE("Optimizer: a DynamicSequential takes the same steps as a Sequential in float", "[conformance]") {
  for_each(optimizers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      Rng rng{1};
      const Dense first{3, 4, rng}, last{4, 2, rng};
      Sequential fixed{first, BatchNorm{4}, last};
      DynamicSequential chosen{first, BatchNorm{4}, last};
      const auto fixed_gradient = fixed;
      const auto chosen_gradient = chosen;
      auto fixed_state = row.optimizer.init(fixed);
      auto chosen_state = row.optimizer.init(chosen);
      for (int k = 0; k < 5; ++k) {
        row.optimizer.step(fixed, fixed_gradient, fixed_state);
        row.optimizer.step(chosen, chosen_gradient, chosen_state);
      }
      CHECK(support::values_of(fixed) == support::values_of(chosen));
      CHECK(support::values_of(fixed) != support::values_of(fixed_gradient));
    }
  });
}

TEST_CASE("Optimizer: minimize finds the minimum of a parabola and reports convergence", "[conformance]") {
  for_each(optimizers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      Point point{Vector<double>::Zero(1)};
      const auto parabola = [](const Point& at, Point& gradient) {
        gradient.w = 2 * at.w.array() - 10;
        return (at.w.array() - 5).square().sum();
      };
      const MinimizeOptions options{.steps = parabola_steps, .gradient_tolerance = 2e-6};
      const Minimum end = minimize(point, parabola, row.optimizer, options);
      CHECK(end.converged);
      CHECK(end.steps <= parabola_steps);
      CHECK_THAT(point.w(0), WithinAbs(5, 1e-6));
      CHECK_THAT(end.cost, WithinAbs(0, 1e-12));
    }
  });
}

}  // namespace optimizers_test
