#include "descent/optimizers/minimize.hpp"

#include <cmath>
#include <string>

#include "catch.hpp"
#include "descent/losses/softmax_cross_entropy.hpp"
#include "descent/optimizers/adam.hpp"
#include "descent/optimizers/gradient_descent.hpp"
#include "losses/mean_of.hpp"
#include "optimizers/point.hpp"
#include "support.hpp"

namespace minimize_test {

using namespace descent;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

double rosenbrock(const Point& at, Point& gradient) {
  const double a = at.w(0), b = at.w(1), c = b - a * a;
  gradient.w = Vector<double>{{2 * (a - 1) - 400 * a * c, 200 * c}};
  return (1 - a) * (1 - a) + 100 * c * c;
}

}  // namespace

TEST_CASE("minimize: L-BFGS minimizes the Rosenbrock function within a hundred evaluations") {
  Point point{Vector<double>{{-1.2, 1}}};
  std::int64_t calls = 0;
  const Minimum end = minimize(point,
                               [&](const Point& at, Point& gradient) {
                                 ++calls;
                                 return rosenbrock(at, gradient);
                               },
                               LBFGS{}, {.gradient_tolerance = 1e-10});
  CHECK(end.converged);
  CHECK(end.evaluations == calls);
  CHECK(calls < 100);
  CHECK(end.steps < calls);
  CHECK_THAT(point.w(0), WithinAbs(1, 1e-9));
  CHECK_THAT(point.w(1), WithinAbs(1, 1e-9));
  CHECK_THAT(end.cost, WithinAbs(0, 1e-18));
}

TEST_CASE("minimize: solves an ill-conditioned quadratic in twenty dimensions") {
  constexpr Index n = 20;
  const Vector<double> curvature =
      Eigen::ArrayXd::LinSpaced(n, 0, 4).unaryExpr([](double e) { return std::pow(10, e); });
  const Vector<double> bottom = Vector<double>::LinSpaced(n, -3, 3);
  Point point{Vector<double>::Zero(n)};
  const auto cost = [&](const Point& at, Point& gradient) {
    gradient.w = curvature.cwiseProduct(at.w - bottom);
    return 0.5 * (at.w - bottom).dot(gradient.w);
  };
  const Minimum end = minimize(point, cost, LBFGS{.history = 20});
  CHECK(end.converged);
  CHECK(end.evaluations < 400);
  CHECK((point.w - bottom).cwiseAbs().maxCoeff() < 1e-6);
}

TEST_CASE("minimize: passes kinks such as those of ReLU") {
  Point point{Vector<double>{{3, -2}}};
  const Minimum end = minimize(point,
                               [](const Point& at, Point& gradient) {  // |a| + b^2 + max(0, b)
                                 const double a = at.w(0), b = at.w(1);
                                 gradient.w = Vector<double>{{a < 0 ? -1.0 : 1.0, 2 * b + (b > 0 ? 1 : 0)}};
                                 return std::abs(a) + b * b + std::max(0.0, b);
                               },
                               LBFGS{}, {.steps = 200});
  CHECK(end.cost < 1e-3);
}

TEST_CASE("minimize: other optimizers take one step per evaluation") {
  Point point{Vector<double>{{-1.2, 1}}}, by_hand = point;
  const Adam adam{.learning_rate = 0.01};
  const Minimum end = minimize(point, rosenbrock, adam, {.steps = 7});
  CHECK(end.steps == 7);
  CHECK(end.evaluations == 8);
  CHECK_FALSE(end.converged);

  auto state = adam.init(by_hand);
  Point gradient = by_hand;
  for (int k = 0; k < 7; ++k) {
    rosenbrock(by_hand, gradient);
    adam.step(by_hand, gradient, state);
  }
  CHECK(point.w == by_hand.w);
  CHECK(end.cost == rosenbrock(by_hand, gradient));
}

TEST_CASE("minimize: stops at once if the gradient is zero or no steps are allowed") {
  Point point{Vector<double>{{1, 1}}};
  const Minimum there = minimize(point, rosenbrock);
  CHECK(there.converged);
  CHECK(there.steps == 0);
  CHECK(there.evaluations == 1);

  Point elsewhere{Vector<double>{{0, 0}}};
  CHECK_FALSE(minimize(elsewhere, rosenbrock, LBFGS{}, {.steps = 0}).converged);
  CHECK(elsewhere.w == Vector<double>::Zero(2));
}

TEST_CASE("minimize: does not step to a point where the objective is not-a-number") {
  Point point{Vector<double>::Constant(1, 0.5)};
  const Minimum end = minimize(point, [](const Point& at, Point& gradient) {  // w - log w, minimum at 1
    gradient.w = 1 - at.w.array().inverse();
    return at.w(0) - std::log(at.w(0));
  });
  CHECK(end.converged);
  CHECK_THAT(point.w(0), WithinAbs(1, 1e-6));
}

TEST_CASE("minimize: stops where no lower point is found and leaves the model there") {
  Point point{Vector<double>::Constant(1, 2)};
  const Minimum end =
      minimize(point, [](const Point& at, Point& gradient) {  // the gradient has the wrong sign
        gradient.w = -2 * at.w;
        return at.w.squaredNorm();
      });
  CHECK_FALSE(end.converged);
  CHECK(end.steps == 0);
  CHECK(point.w(0) == 2);
  CHECK(end.cost == 4);
}

TEST_CASE("minimize: trains a network on a full batch in float") {
  const auto data = support::three_clouds<float>(90);
  auto net = support::plain_net<float>();
  using Net = decltype(net);
  typename Net::Cache cache;
  Matrix<> dy;
  const auto cost = [&](const Net& at, Net& gradient) {
    const auto& z = at.forward(data.x, cache, Pass::inference());
    const double value = mean_of(SoftmaxCrossEntropy{}, Batch<>{z}, Batch<>{data.y}, dy);
    at.backward_parameters(data.x, dy, cache, gradient, Pass::inference());
    return value;
  };
  const Minimum end = minimize(net, cost, LBFGS{}, {.steps = 60, .gradient_tolerance = 1e-4});
  CHECK(end.cost < 0.02);
}

namespace {

/// Gradient descent whose line search is exact for quadratics: it evaluates the slope once, at a unit step.
struct ExactOnParabolas {
  template <Parameterized M>
  using State = GradientDescent::State<M>;

  template <Parameterized M>
  State<M> init(const M&) const {
    return {};
  }
  template <Parameterized M>
  void step(M&, const M&, State<M>&) const {
    FAIL("minimize calls line_search_step in place of step");
  }
  bool line_search_step(Point& model, Point& gradient, double& value, State<Point>& state,
                        FunctionRef<double(const Point&, Point&)> objective) const {
    const Vector<double> d = -gradient.w;
    Point trial{model.w + d};
    objective(trial, gradient);
    const double slope = -d.squaredNorm(), change = gradient.w.dot(d) - slope;
    if (change <= 0) return false;
    model.w += -slope / change * d;
    value = objective(model, gradient);
    ++state.progress.step;
    return true;
  }
  double learning_rate(const TrainingProgress&) const { return 1; }
};

}  // namespace

TEST_CASE("minimize: a custom optimizer may have its own line search") {
  STATIC_REQUIRE(LineSearchOptimizer<ExactOnParabolas, Point>);
  STATIC_REQUIRE(LineSearchOptimizer<LBFGS, Point>);
  STATIC_REQUIRE_FALSE(LineSearchOptimizer<Adam, Point>);
  Point point{Vector<double>{{3, -2}}};
  const auto parabola = [](const Point& at, Point& gradient) {
    gradient.w = 4 * at.w;
    return 2 * at.w.squaredNorm();
  };
  const Minimum end = minimize(point, parabola, ExactOnParabolas{});
  CHECK(end.converged);
  CHECK(end.steps == 1);
  CHECK(end.evaluations == 3);  // at the start, at the unit step and at the minimum
  CHECK(point.w.norm() < 1e-12);
}

TEST_CASE("minimize: refuses bad options and an objective that is not finite") {
  Point point{Vector<double>::Constant(1, 2)};
  const auto no_number = [](const Point&, Point& gradient) {
    gradient.w.setOnes();
    return std::log(-1.0);
  };
  CHECK_THAT(support::message_of<NumericalError>([&] { minimize(point, no_number); }),
             Catch::Matchers::StartsWith("minimize: expected a finite cost, got ") &&
                 Catch::Matchers::EndsWith("after 0 steps; start elsewhere, or lower the learning rate"));
  CHECK_THROWS_AS(minimize(point, rosenbrock, LBFGS{}, {.steps = -1}), DataError);
  CHECK_THROWS_AS(minimize(point, rosenbrock, LBFGS{}, {.gradient_tolerance = -1}), DataError);

  const auto square = [](const Point& at, Point& gradient) {
    gradient.w = 2 * at.w;
    return at.w.squaredNorm();
  };
  CHECK_THROWS_AS(minimize(point, square, GradientDescent{.learning_rate = 1e3}), NumericalError);
}

}  // namespace minimize_test
