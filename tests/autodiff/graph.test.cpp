#include "descent/autodiff/graph.hpp"

#include <type_traits>

#include "autodiff/models.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace graph_test {

using namespace autodiff_models;
using support::message_of;

TEST_CASE("Graph: moves without an exception, as a cache must") {
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<Graph<>>);
  STATIC_REQUIRE(std::is_nothrow_move_assignable_v<Graph<>>);
}

TEST_CASE("Graph: values are computed at once") {
  const Line line;
  Graph<double> graph;
  graph.begin(line);
  const Matrix<double> x{{1}, {2}, {3}};
  const auto y = line.weight * graph.input(x);  // 1 + 4 - 3, 0.5 - 0.5 + 9
  CHECK(y.value()(0) == 2);
  CHECK(y.value()(1) == 9);
}

TEST_CASE("Graph: a product with a bias has the bits of Dense") {
  Rng rng{1};
  const Dense<float> dense{37, 23, rng};
  Dense<float> expected = zeros_like(dense), gradient = expected;
  Matrix<> x = Matrix<>::Random(37, 19), dy = Matrix<>::Random(23, 19);
  for (const Index samples : {19, 1}) {
    const Batch<> part{x.leftCols(samples)}, slopes{dy.leftCols(samples)};
    Dense<float>::Cache cache;
    const Matrix<> y = dense.forward(part, cache, Pass::inference());
    const Matrix<> dx = dense.backward(part, slopes, cache, expected, Pass::inference());
    Graph<> graph;
    graph.begin(dense);
    const auto in = graph.input(part, true);
    const auto out = dense.weight * in + dense.bias;
    CHECK(out.value() == y);
    graph.backward(out, slopes, gradient);
    CHECK(graph.gradient(in) == dx);
    CHECK(gradient.weight == expected.weight);
    CHECK(gradient.bias == expected.bias);
    CHECK(affine(dense.weight, in, dense.bias).value() == y);
  }
}

TEST_CASE("Graph: a product whose handle is kept is computed besides its sum with a bias") {
  const Line line;
  Graph<double> graph;
  graph.begin(line);
  const Matrix<double> x = random_batch(3, 4, 1);
  const auto product = line.weight * graph.input(x);
  const auto y = product + line.bias;
  CHECK(product.value().isApprox(line.weight * x));
  CHECK(y.value().isApprox(((line.weight * x).colwise() + line.bias).eval()));
  const auto twice = line.weight * graph.input(x) + line.weight * graph.input(x);
  CHECK(twice.value().isApprox(2 * line.weight * x));
}

TEST_CASE("Graph: a parameter that is not used has the gradient 0, one that is used twice the sum") {
  const Line line;
  Line gradient = zeros_like(line);
  gradient.unused.setConstant(5);
  Graph<double> graph;
  const Matrix<double> x = random_batch(3, 4, 1);
  value_and_gradient(line, gradient, graph, [&](const Line& l, auto& g) {
    return sum(l.weight * g.input(x)) + sum(g.parameter(l.weight));
  });
  CHECK(gradient.unused(0) == 0);
  CHECK(gradient.bias.isZero(0));
  const Matrix<double> expected = (x.rowwise().sum().array() + 1).matrix().transpose().replicate(2, 1);
  CHECK(gradient.weight.isApprox(expected, 1e-14));
}

TEST_CASE("Graph: the bias of a product of constants has a gradient") {
  const Line line;
  Line gradient = line;
  Graph<double> graph;
  const Matrix<double> x = random_batch(3, 4, 1);
  value_and_gradient(line, gradient, graph,
                     [&](const Line& l, auto& g) { return sum(g.constant(l.weight) * g.input(x) + l.bias); });
  CHECK(gradient.bias == Vector<double>{{4, 4}});
  CHECK(gradient.weight.isZero(0));
}

TEST_CASE("Graph: each backward of a run computes the slopes of the inputs that are wanted then") {
  Graph<double> graph;
  graph.begin();
  const Matrix<double> a{{1, 2}}, b{{3, 5}};
  const auto u = graph.input(a), v = graph.input(b, true);
  const auto y = sum(cwise_product(2 * u, v)), other = sum(square(v));
  const Matrix<double> zeros = Matrix<double>::Zero(1, 2);
  for (const bool wanted : {false, true, false}) {
    graph.want(u, wanted);
    graph.backward(y);
    CHECK(graph.gradient(u) == (wanted ? Matrix<double>(2 * b) : zeros));
    CHECK(graph.gradient(v) == 2 * a);
  }
  graph.backward(other);
  CHECK(graph.gradient(v) == 2 * b);
  graph.want(v, false);
  graph.backward(y);
  CHECK(graph.gradient(v) == zeros);
}

TEST_CASE("Graph: shapes and branches may change from run to run") {
  const Line line;
  Graph<double> reused;
  for (const Index samples : {4, 1, 7, 4, 2}) {
    const Matrix<double> x = random_batch(3, samples, 1);
    const auto cost = [&](const Line& l, auto& g) {
      auto y = l.weight * g.input(x) + l.bias;
      for (Index k = 0; k < samples % 3; ++k) y = tanh(y);
      if (y.value()(0) > 0) return squared_norm(y);
      return sum(y) + squared_norm(g.parameter(l.unused));
    };
    Line gradient = line, expected = line;
    Graph<double> fresh;
    CHECK(value_and_gradient(line, gradient, reused, cost) ==
          value_and_gradient(line, expected, fresh, cost));
    CHECK(support::values_of(gradient) == support::values_of(expected));
  }
}

TEST_CASE("Graph: an exception leaves the gradient as it is, and the graph can be used again") {
  const Line line;
  const Matrix<double> x = random_batch(3, 4, 1);
  Graph<double> graph;
  Line gradient = line, expected = line;
  const auto good = [&](const Line& l, auto& g) { return squared_norm(l.weight * g.input(x) + l.bias); };
  value_and_gradient(line, expected, graph, good);
  CHECK_THROWS_AS(value_and_gradient(line, gradient, graph,
                                     [&](const Line& l, auto& g) { return sum(l.bias * g.input(x)); }),
                  ShapeError);
  CHECK_THROWS_AS(value_and_gradient(line, gradient, graph,
                                     [&](const Line& l, auto& g) {
                                       const auto y = l.weight * g.input(x);
                                       return g.record({"faulty",
                                                        [](const Pullback<double>& p) {
                                                          p.to_a([](Matrix<double>& d) { d.resize(1, 1); });
                                                        }},
                                                       {sum(y)}, [](Matrix<double>& v) { v.setZero(1, 1); }) +
                                              mean_loss(MeanSquaredError{}, y, 2 * y);
                                     }),
                  DataError);
  CHECK(support::values_of(gradient) == support::values_of(line));
  value_and_gradient(line, gradient, graph, good);
  CHECK(support::values_of(gradient) == support::values_of(expected));
}

TEST_CASE("Graph: a long chain of operations needs no deep recursion") {
  const Number at{Vector<double>{{1}}};
  Number gradient = at;
  Graph<double> graph;
  value_and_gradient(at, gradient, graph, [](const Number& n, auto& g) {
    auto y = g.parameter(n.w);
    for (int i = 0; i < 20'000; ++i) y = y + 1;
    return y;
  });
  CHECK(gradient.w(0) == 1);
  CHECK(graph.size() == 20'001);
}

TEST_CASE("Graph: an operation of one's own has a value and a pullback") {
  const Number at{Vector<double>{{3}}};
  Number gradient;
  Graph<double> graph;
  value_and_gradient(at, gradient, graph, [](const Number& n, auto& g) {
    return g.record({"cube",
                     [](const Pullback<double>& p) {
                       p.to_a([&](Matrix<double>& d) { d = 3 * p.a().array().square() * p.dy().array(); });
                     }},
                    {g.parameter(n.w)}, [&](Matrix<double>& y) { y = n.w.array().cube(); });
  });
  CHECK(gradient.w(0) == 27);
}

TEST_CASE("Graph: an operation whose slope has another shape is an error") {
  const Line line;
  Line gradient = line;
  Graph<double> graph;
  const auto wrong = [](const Line& l, auto& g) {
    return g.record(
        {"wrong", [](const Pullback<double>& p) { p.to_a([](Matrix<double>& d) { d.setZero(3, 2); }); }},
        {g.parameter(l.weight)}, [](Matrix<double>& y) { y.setZero(1, 1); });
  };
  CHECK(message_of<ShapeError>([&] { value_and_gradient(line, gradient, graph, wrong); }) ==
        "operation wrong: expected backward to write a slope of [2, 3], got [3, 2]; give the slope the shape "
        "of its "
        "operand");
}

TEST_CASE("Graph: variables of an earlier run and of another graph are errors") {
  const Line line;
  Graph<double> graph, other;
  graph.begin(line);
  other.begin(line);
  const auto w = graph.parameter(line.weight);
  const auto of_other = other.parameter(line.weight);
  CHECK(message_of<DataError>([&] { w + of_other; }) ==
        "Graph: expected variables of one graph, got two graphs; make all inputs and constants of a formula "
        "by one graph");
  graph.begin(line);
  CHECK(message_of<DataError>([&] { w + w; }) ==
        "Variable: expected a variable of this run of its graph, got one of an earlier run; keep values, not "
        "variables, "
        "from run to run");
  CHECK_THROWS_AS(w.value(), DataError);
  CHECK_THROWS_AS(graph.backward(w, Matrix<double>::Ones(2, 3).eval()), DataError);
}

TEST_CASE("Graph: a matrix that visit does not name is an error") {
  const Line line;
  const Matrix<double> other = Matrix<double>::Ones(2, 2);
  Graph<double> graph;
  graph.begin(line);
  const auto b = graph.parameter(line.bias);
  CHECK(message_of<DataError>([&] { other* b; }) ==
        "Graph: expected a parameter of the model, got a matrix of [2, 2] that its visit does not name; name "
        "it in "
        "visit, or pass constant(matrix) for numbers that are not learned");
  CHECK_NOTHROW(graph.constant(other) * b);
}

TEST_CASE("Graph: a mistake in the shapes names the operation and both shapes") {
  const Line line;
  Graph<double> graph;
  graph.begin(line);
  const auto w = graph.parameter(line.weight), b = graph.parameter(line.bias);
  const Matrix<double> numbers = Matrix<double>::Ones(5, 4);
  const auto x = graph.input(numbers);
  CHECK(message_of<ShapeError>([&] { w* x; }) ==
        "operation *: expected as many rows of b as columns of a, got weight [2, 3] and input [5, 4]; "
        "transpose one of them, or see which layer has the wrong size");
  CHECK(message_of<ShapeError>([&] { b - transpose(b); }) ==
        "operation -: expected operands of one shape, or a number, a column or a row that fits the other "
        "one, got bias "
        "[2, 1] and transpose [1, 2]; transpose(b) turns a row into a column");
  CHECK(message_of<ShapeError>([&] { cwise_product(w, graph.constant(numbers)); }) ==
        "operation cwise_product: expected operands of one shape, or a number, a column or a row that fits "
        "the other "
        "one, got weight [2, 3] and constant [5, 4]; transpose(b) turns a row into a column");
  CHECK(
      message_of<ShapeError>([&] { stack(w, x); }) ==
      "operation stack: expected as many columns, got weight [2, 3] and input [5, 4]; transpose one of them");
  CHECK(message_of<ShapeError>([&] { rows(x, 4, 2); }) ==
        "operation rows: expected a part within 0 to 5 of input [5, 4], got 2 from 4 on; count from 0");
  CHECK(message_of<ShapeError>([&] {
          split(x, {2, 2});
        }) ==
        "operation split: expected sizes with a sum of 5, as input [5, 4], got 4; pass the number of "
        "features of each "
        "input");
  CHECK(message_of<ShapeError>([&] { reshape(x, {.channels = 3}); }) ==
        "operation reshape: expected a shape whose size divides the 20 numbers of input [5, 4], got 3; pass "
        "channels, "
        "height and width of a sample");
  CHECK(message_of<ShapeError>([&] { affine(line.weight, x, line.bias); }) ==
        "operation affine: expected as many rows of x as columns of w, got weight [2, 3] and input [5, 4]; "
        "transpose "
        "one of them");
  CHECK(message_of<DataError>([&] {
          pick(x, graph.constant(Matrix<double>{{0, 1, 5, 2}}));
        }) == "operation pick: expected a number from 0 to 4, got 5 at place 2; count from 0");
}

TEST_CASE("Graph: a gradient of another structure is an error") {
  const Line line;
  Line other = line;
  other.bias.resize(3);
  Graph<double> graph;
  CHECK_THROWS_AS(value_and_gradient(line, other, graph,
                                     [](const Line& l, auto& g) { return sum(g.parameter(l.weight)); }),
                  ShapeError);
}

}  // namespace graph_test
