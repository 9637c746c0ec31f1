// The cost of formulas: forward, loss and backward of a network written as a formula, over the time of the same network
// of layers with a backward written by hand.
//
//   autodiff [ROUNDS]
//
// The kinds run in turns, and the least time of each counts.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <descent/autodiff.hpp>
#include <descent/descent.hpp>
#include <limits>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "sizes.hpp"

using namespace descent;

namespace {

/// A network of two hidden layers as a formula.
struct Net : Formula<Net> {
  static constexpr std::string_view name = "Net";
  static void visit(auto&& f, auto&... tree) {
    f(Parameter{"w1", Role::weight}, tree.w1...), f(Parameter{"b1", Role::bias}, tree.b1...);
    f(Parameter{"w2", Role::weight}, tree.w2...), f(Parameter{"b2", Role::bias}, tree.b2...);
    f(Parameter{"w3", Role::weight}, tree.w3...), f(Parameter{"b3", Role::bias}, tree.b3...);
  }
  Variable<> formula(const Variable<>& x, const Pass&) const {
    return w3 * relu(w2 * relu(w1 * x + b1) + b2) + b3;
  }
  Matrix<> w1, w2, w3;
  Vector<> b1, b2, b3;
};

/// The same network with the layers of the library as operations.
struct Applied : Formula<Applied> {
  static constexpr std::string_view name = "Applied";
  Applied(Dense<> a, Dense<> b, Dense<> c) : first{std::move(a)}, second{std::move(b)}, third{std::move(c)} {}
  static void visit(auto&& f, auto&... tree) {
    Dense<>::visit(under("first", f), tree.first...);
    Dense<>::visit(under("second", f), tree.second...);
    Dense<>::visit(under("third", f), tree.third...);
  }
  Variable<> formula(const Variable<>& x, const Pass& pass) const {
    return apply(third, relu(apply(second, relu(apply(first, x, pass)), pass)), pass);
  }
  Dense<> first, second, third;
};

double seconds(auto&& f, int repeat) {
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < repeat; ++i) f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() / repeat;
}

void compare(const Sizes& size, Index outputs, int rounds, int repeat) {
  Rng rng{1};
  const auto hand =
      Sequential{Dense{size.features, size.hidden_1, rng}, ReLU{}, Dense{size.hidden_1, size.hidden_2, rng},
                 ReLU{}, Dense{size.hidden_2, outputs, rng}};
  Matrix<> x(size.features, size.batch), y(1, size.batch), hot = Matrix<>::Zero(outputs, size.batch);
  for (float& value : x.reshaped()) value = static_cast<float>(rng.normal());
  for (Index j = 0; j < y.cols(); ++j) {
    y(j) = static_cast<float>(j % outputs);
    hot(j % outputs, j) = 1;
  }
  const auto& [first, second, third] = std::tie(hand.layer<0>(), hand.layer<2>(), hand.layer<4>());
  Net net;
  net.w1 = first.weight, net.b1 = first.bias;
  net.w2 = second.weight, net.b2 = second.bias;
  net.w3 = third.weight, net.b3 = third.bias;
  const Applied applied{first, second, third};
  const SoftmaxCrossEntropy loss;
  const Pass pass = Pass::training({});

  const auto as_layer = [&](const auto& model) {
    using M = std::remove_cvref_t<decltype(model)>;
    return [&, gradient = model, cache = typename M::Cache{}, dy = Matrix<>{}]() mutable {
      const WeightedSum sum = loss.value_and_gradient(model.forward(x, cache, pass), y, dy);
      divide_by_weight(dy, sum.weight);
      backward_parameters(model, x, dy, cache, gradient, pass);
    };
  };
  auto by_hand = as_layer(hand);
  auto as_formula = as_layer(net);
  auto with_apply = as_layer(applied);
  auto as_cost = [&, gradient = net, graph = Graph<>{}]() mutable {
    value_and_gradient(net, gradient, graph, [&](const Net& n, auto& g) {
      return mean_loss(loss, n.formula(g.input(x), pass), g.input(y));
    });
  };
  auto all_formula = [&, gradient = net, graph = Graph<>{}]() mutable {
    value_and_gradient(net, gradient, graph, [&](const Net& n, auto& g) {
      const auto z = n.formula(g.input(x), pass);
      return mean(log_sum_exp(z) - sum(cwise_product(g.input(hot), z), Over::features));
    });
  };

  std::array<double, 5> least;
  least.fill(std::numeric_limits<double>::max());
  for (int round = 0; round < rounds; ++round) {
    std::size_t kind = 0;
    const auto time = [&](auto& step) { least[kind] = std::min(least[kind], seconds(step, repeat)), ++kind; };
    time(by_hand), time(as_formula), time(with_apply), time(as_cost), time(all_formula);
  }
  std::printf("%d-%d-%d-%d, batch %d: by hand %.1f us\n", size.features, size.hidden_1, size.hidden_2,
              static_cast<int>(outputs), size.batch, least[0] * 1e6);
  const auto print = [&](const char* kind, double time) {
    std::printf("  %-34s %.3f\n", kind, time / least[0]);
  };
  print("a Formula", least[1]);
  print("a Formula that applies layers", least[2]);
  print("a cost with the library's loss", least[3]);
  print("a cost, the loss too", least[4]);
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 300;
  compare(size_m, size_m.outputs, rounds, 1);
  compare(size_s, 2, rounds, 200);
}
