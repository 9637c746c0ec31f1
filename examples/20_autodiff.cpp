// Lesson 20: automatic differentiation. Write the cost as a formula, and its gradient follows.
//
// First the three programs with which a course introduces frameworks: a constant cost, w^2 - 10 w + 25, whose minimum
// is at w = 5; the same cost with coefficients that are fed; and mini-batches. Then a layer and a loss as formulas, and
// the graph of a cost for Graphviz.

#include <cstdio>
#include <descent/autodiff.hpp>
#include <descent/descent.hpp>
#include <iostream>

using namespace descent;

struct Number {
  using Scalar = double;
  Vector<double> w = Vector<double>::Zero(1);
  static void visit(auto&& f, auto&... tree) { f(Parameter{"w", Role::weight}, tree.w...); }
};

void constant_cost() {
  const auto cost = [](const Number& at, auto& graph) {
    const auto w = graph.parameter(at.w);
    return square(w) - 10 * w + 25;
  };
  Number at;
  minimize(at, with_gradient(cost), Adam{.learning_rate = 0.1}, {.steps = 5000});
  std::printf("a constant cost:  w = %.6f\n", at.w(0));
}

void fed_cost() {
  Matrix<double> coefficients{{1}, {-20}, {100}};  // a placeholder: the cost reads it at each step
  const auto cost = [&](const Number& at, auto& graph) {
    const auto w = graph.parameter(at.w), x = graph.input(coefficients);
    return rows(x, 0) * square(w) + rows(x, 1) * w + rows(x, 2);
  };
  Number at;
  minimize(at, with_gradient(cost), LBFGS{});
  std::printf("a fed cost:       w = %.6f\n", at.w(0));
  coefficients << 1, -10, 25;
  minimize(at, with_gradient(cost), LBFGS{});
  std::printf("fed anew:         w = %.6f\n", at.w(0));
}

void mini_batches() {
  const Matrix<double> x = Matrix<double>::Random(1, 1000), y = 5 * x;
  Number at, gradient;
  const Adam optimizer{.learning_rate = 0.1};
  auto state = optimizer.init(at);
  Graph<double> graph;
  for (Index i = 0; i < 100'000; i += 100) {
    value_and_gradient(at, gradient, graph, [&, k = i % 1000](const Number& model, auto& g) {
      return mean(square(model.w * g.input(x.middleCols(k, 100)) - g.input(y.middleCols(k, 100))));
    });
    optimizer.step(at, gradient, state);
  }
  std::printf("mini-batches:     w = %.6f\n", at.w(0));
}

/// A gate t decides for each feature how much of x is replaced.
struct Highway : Formula<Highway> {
  static constexpr std::string_view name = "Highway";

  Highway(Index n, Rng& rng)
      : weight(n, n), gate(n, n), bias(Vector<>::Zero(n)), gate_bias(Vector<>::Constant(n, -1)) {
    HeNormal{}(weight, Fan{n, n}, rng);
    HeNormal{}(gate, Fan{n, n}, rng);
  }
  static void visit(auto&& f, auto&... tree) {
    f(Parameter{"weight", Role::weight}, tree.weight...), f(Parameter{"bias", Role::bias}, tree.bias...);
    f(Parameter{"gate", Role::weight}, tree.gate...),
        f(Parameter{"gate_bias", Role::bias}, tree.gate_bias...);
  }
  Variable<> formula(Variable<> x, const Pass&) const {
    const auto t = sigmoid(gate * x + gate_bias);
    return cwise_product(t, tanh(weight * x + bias)) + cwise_product(1 - t, x);
  }

  Matrix<> weight, gate;
  Vector<> bias, gate_bias;
};

void layer_and_loss() {
  const Dataset<> train = moons({.samples = 500, .noise = 0.1, .seed = 1});
  Rng rng{1};
  Sequential net{Dense{2, 16, rng}, Highway{16, rng}, Highway{16, rng}, Dense{16, 1, rng}};
  const FormulaLoss loss{
      [](auto z, auto y) { return softplus(z) - cwise_product(y, z); }};  // sigmoid cross-entropy
  fit(net, train, loss, Adam{.learning_rate = 0.01}, {.epochs = 60, .batch_size = 50, .progress = silent});
  std::printf("accuracy of a network of formulas: %.3f\n", evaluate(net, train, Accuracy{}));
}

void picture() {
  Number at, gradient;
  Graph<double> graph;
  value_and_gradient(at, gradient, graph, [](const Number& model, auto& g) {
    const auto w = g.parameter(model.w);
    return square(w) - 10 * w + 25;
  });
  std::cout << to_dot(graph, {.values = true, .gradients = true});
}

int main() try {
  constant_cost();
  fed_cost();
  mini_batches();
  layer_and_loss();
  picture();
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
