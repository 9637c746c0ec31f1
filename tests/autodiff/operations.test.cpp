#include "descent/autodiff/operations.hpp"

#include <algorithm>
#include <cmath>

#include "autodiff/operation_table.hpp"
#include "catch.hpp"
#include "golden.hpp"
#include "support.hpp"

namespace operations_test {

namespace {

constexpr Index features = 4, samples = 6;
constexpr double tolerance = 1e-7;  // the error of central differences is about 1e-10

struct Pair {
  using Scalar = double;
  Matrix<double> a, b;
  static void visit(auto&& f, auto&... tree) {
    f(Parameter{"a", Role::weight}, tree.a...);
    f(Parameter{"b", Role::weight}, tree.b...);
  }
};

Matrix<double> some_numbers(const Size& size, Index columns, bool positive, std::uint64_t seed) {
  Rng rng{seed};
  Matrix<double> x(size.features ? features : 1, size.samples ? columns : 1);
  for (double& v : x.reshaped()) v = positive ? 0.5 + 1.5 * rng.uniform() : 4 * rng.uniform() - 2;
  return x;
}
Pair operands_of(const OperationRow& row, Index columns) {
  return {some_numbers(row.a, columns, row.positive, 1), some_numbers(row.b, columns, row.positive, 2)};
}

/// A weighted sum of the numbers of y, so that every number has another slope.
Operand weighted(const Operand& y) {
  Rng rng{3};
  Matrix<double> weights(y.rows(), y.cols());
  for (double& v : weights.reshaped()) v = rng.normal();
  return dot(y, y.graph().constant(weights));
}

/// Requires that the gradient of a cost is that of central differences, and returns it.
Pair check(const Pair& at, const std::function<Operand(const Pair&, Graph<double>&)>& cost) {
  Graph<double> graph;
  Pair gradient = zeros_like(at);
  value_and_gradient(at, gradient, graph, cost);
  Pair numeric = zeros_like(at), point = at, unused = at;
  constexpr double h = 1e-5;
  const auto difference = [&](double& value, double& slope) {
    const double before = value;
    value = before + h;
    const double up = value_and_gradient(point, unused, graph, cost);
    value = before - h;
    slope = (up - value_and_gradient(point, unused, graph, cost)) / (2 * h);
    value = before;
  };
  for (Index i = 0; i < at.a.size(); ++i) difference(point.a.data()[i], numeric.a.data()[i]);
  for (Index i = 0; i < at.b.size(); ++i) difference(point.b.data()[i], numeric.b.data()[i]);
  const double scale = 1 + numeric.a.norm() + numeric.b.norm();
  CHECK((gradient.a - numeric.a).norm() < tolerance * scale);
  CHECK((gradient.b - numeric.b).norm() < tolerance * scale);
  return gradient;
}

void for_each_row(auto&& f) {
  for (const OperationRow& row : operations) DYNAMIC_SECTION(row.name) {
      f(row);
    }
}

}  // namespace

TEST_CASE("Operation: the gradient is that of central differences", "[conformance]") {
  for_each_row([](const OperationRow& row) {
    for (const Index columns : {samples, Index{1}})
      check(operands_of(row, columns),
            [&](const Pair& p, auto& g) { return weighted(row.apply(g.parameter(p.a), g.parameter(p.b))); });
  });
}

TEST_CASE("Operation: columns of any length have the right value and gradient", "[conformance]") {
  for (const Index length : {1, 15, 16, 17, 40}) {  // from 16 numbers on, other loops compute them
    CAPTURE(length);
    Rng rng{4};
    Pair at{Matrix<double>(length, 3), Matrix<double>(length, 1)};
    for (double& v : at.a.reshaped()) v = rng.normal();
    for (double& v : at.b.reshaped()) v = rng.normal();
    check(at, [](const Pair& p, auto& g) {
      const auto a = g.parameter(p.a);
      return weighted(log_sum_exp(a + p.b)) + weighted(sum(a, Over::features)) + weighted(transpose(a));
    });
    Graph<double> graph;
    graph.begin(at);
    const auto a = graph.parameter(at.a), sums = sum(a, Over::features), logs = log_sum_exp(a);
    for (Index j = 0; j < 3; ++j) {
      double total = 0, power = 0;
      for (Index i = 0; i < length; ++i) total += at.a(i, j), power += std::exp(at.a(i, j));
      CHECK(std::abs(sums.value()(j) - total) < 1e-13);
      CHECK(std::abs(logs.value()(j) - std::log(power)) < 1e-13);
    }
  }
}

TEST_CASE("Operation: the slope of a single operand equals that of both", "[conformance]") {
  for_each_row([](const OperationRow& row) {
    if (!row.is_binary) return;
    const Pair at = operands_of(row, samples);
    Graph<double> graph;
    Pair both = zeros_like(at), only_a = both, only_b = both;
    value_and_gradient(at, both, graph, [&](const Pair& p, auto& g) {
      return weighted(row.apply(g.parameter(p.a), g.parameter(p.b)));
    });
    value_and_gradient(at, only_a, graph, [&](const Pair& p, auto& g) {
      return weighted(row.apply(g.parameter(p.a), g.constant(p.b)));
    });
    value_and_gradient(at, only_b, graph, [&](const Pair& p, auto& g) {
      return weighted(row.apply(g.input(p.a), g.parameter(p.b)));
    });
    CHECK(only_a.a == both.a);
    CHECK(only_b.b == both.b);
    CHECK(only_a.b.isZero(0));
    CHECK(only_b.a.isZero(0));
  });
}

TEST_CASE("Operation: the slopes of an operand that is used twice add up", "[conformance]") {
  for_each_row([](const OperationRow& row) {
    if (!row.is_binary || row.a.features != row.b.features || row.a.samples != row.b.samples) return;
    check(operands_of(row, samples), [&](const Pair& p, auto& g) {
      const auto a = g.parameter(p.a);
      return weighted(row.apply(a, a) + 0 * sum(g.parameter(p.b)));
    });
  });
}

TEST_CASE("Operation: a value that several operations use gets the sum of their slopes", "[conformance]") {
  for_each_row([](const OperationRow& row) {
    check(operands_of(row, samples), [&](const Pair& p, auto& g) {
      const auto a = g.parameter(p.a), b = g.parameter(p.b);
      const auto y = row.apply(a, b);
      return weighted(y) + squared_norm(y) + weighted(a) + sum(row.apply(a, b));
    });
  });
}

TEST_CASE("Operation: no samples are computed as well", "[conformance]") {
  for_each_row([](const OperationRow& row) {
    if (!row.takes_no_samples) return;
    const Pair at = operands_of(row, 0);
    Graph<double> graph;
    Pair gradient = at;
    const double value = value_and_gradient(at, gradient, graph, [&](const Pair& p, auto& g) {
      return sum(row.apply(g.parameter(p.a), g.parameter(p.b)));
    });
    CHECK(std::isfinite(value));
    CHECK(all_finite(gradient.a));
  });
}

TEST_CASE("Operation: any number of threads computes the same bits", "[conformance][threads]") {
  for_each_row([](const OperationRow& row) {
    if (row.name == "Gram matrix" || row.name == "a b")
      return;  // large products, which have tests of their own
    const Pair at = operands_of(row, 20'011);
    const auto run = [&](Workers& workers) {
      Graph<double> graph;
      Pair gradient = zeros_like(at);
      const double value = value_and_gradient(
          at, gradient, graph,
          [&](const Pair& p, auto& g) {
            const auto y = row.apply(g.parameter(p.a), g.parameter(p.b));
            return sum(y) + squared_norm(y);
          },
          workers);
      return std::pair{value, support::values_of(gradient)};
    };
    const auto expected = run(single_thread);
    ThreadWorkers two{2}, three{3};
    CHECK(run(two) == expected);
    CHECK(run(three) == expected);
  });
}

TEST_CASE("Operation: values and gradients equal those of PyTorch", "[golden]") {
  const golden::Json file = golden::read("autodiff");
  for (const auto& c : file.at("cases")) {
    const std::string name = c.at("operation");
    CAPTURE(name);
    CHECK(
        std::any_of(operations.begin(), operations.end(), [&](const auto& row) { return row.name == name; }));
  }
  for_each_row([&](const OperationRow& row) {
    for (const auto& c : file.at("cases")) {
      if (c.at("operation") != row.name) continue;
      Pair at{golden::matrix(c.at("a")), Matrix<double>::Zero(1, 1)};
      if (row.is_binary) at.b = golden::matrix(c.at("b"));
      const Matrix<double> dy = golden::matrix(c.at("dy"));
      Graph<double> graph;
      Pair gradient = zeros_like(at);
      graph.begin(at);
      const Operand y = row.apply(graph.parameter(at.a), graph.parameter(at.b));
      golden::require_close(y.value(), golden::matrix(c.at("y")), golden::one_step);
      graph.backward(y, dy, gradient);
      golden::require_close(gradient.a, golden::matrix(c.at("da")), golden::one_step);
      if (row.is_binary) golden::require_close(gradient.b, golden::matrix(c.at("db")), golden::one_step);
    }
  });
}

}  // namespace operations_test
