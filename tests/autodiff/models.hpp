#pragma once

#include <descent/autodiff.hpp>
#include <descent/descent.hpp>
#include <string_view>
#include <utility>

/// Models for the tests of several headers.
namespace autodiff_models {

using namespace descent;

/// A single number w.
struct Number {
  using Scalar = double;
  Vector<double> w = Vector<double>::Zero(1);
  static void visit(auto&& f, auto&... tree) { f(Parameter{"w", Role::weight}, tree.w...); }
};

/// A matrix, a bias, and a parameter that is not used.
struct Line {
  using Scalar = double;
  Matrix<double> weight{{1, 2, -1}, {0.5, -0.25, 3}};
  Vector<double> bias{{0.5, -1}};
  Matrix<double> unused{{7}};
  static void visit(auto&& f, auto&... tree) {
    f(Parameter{"weight", Role::weight}, tree.weight...);
    f(Parameter{"bias", Role::bias}, tree.bias...);
    f(Parameter{"unused", Role::weight}, tree.unused...);
  }
};

template <std::floating_point T = float>
struct Highway : Formula<Highway<T>, T> {
  static constexpr std::string_view name = "Highway";
  Highway(Index n, Rng& rng)
      : weight(n, n), gate(n, n), bias(Vector<T>::Zero(n)), gate_bias(Vector<T>::Constant(n, T(-1))) {
    HeNormal{}(weight, Fan{n, n}, rng);
    HeNormal{}(gate, Fan{n, n}, rng);
  }
  static void visit(auto&& f, auto&... tree) {
    f(Parameter{"weight", Role::weight}, tree.weight...);
    f(Parameter{"bias", Role::bias}, tree.bias...);
    f(Parameter{"gate", Role::weight}, tree.gate...);
    f(Parameter{"gate_bias", Role::bias}, tree.gate_bias...);
  }
  Variable<T> formula(const Variable<T>& x, const Pass&) const {
    const auto t = sigmoid(gate * x + gate_bias);
    return cwise_product(t, tanh(weight * x + bias)) + cwise_product(1 - t, x);
  }
  Matrix<T> weight, gate;
  Vector<T> bias, gate_bias;
};

/// A formula with the layers of a normalized network, random masks and running statistics.
template <std::floating_point T = float>
struct Applying : Formula<Applying<T>, T> {
  static constexpr std::string_view name = "Applying";
  Applying(Index features, Index outputs, Rng& rng)
      : first{features, 8, rng}, norm{8}, last{8, outputs, rng} {}
  static void visit(auto&& f, auto&... tree) {
    Dense<T>::visit(under("first", f), tree.first...);
    BatchNorm<T>::visit(under("norm", f), tree.norm...);
    Dense<T>::visit(under("last", f), tree.last...);
  }
  static void visit_state(auto&& f, auto&... tree) {
    BatchNorm<T>::visit_state(under("norm", f), tree.norm...);
  }
  Variable<T> formula(const Variable<T>& x, const Pass& pass) const {
    const auto hidden = tanh(apply(norm, apply(first, x, pass), pass));
    return apply(last, apply(Dropout<T>{{.keep = 0.8}}, hidden, pass), pass);
  }
  Dense<T> first;
  BatchNorm<T> norm;
  Dense<T> last;
};

/// Three dense layers, whose parameters a formula uses as its own.
struct ThreeLayers : Formula<ThreeLayers> {
  static constexpr std::string_view name = "ThreeLayers";
  ThreeLayers(Dense<> a, Dense<> b, Dense<> c)
      : first{std::move(a)}, second{std::move(b)}, last{std::move(c)} {}
  static void visit(auto&& f, auto&... tree) {
    Dense<>::visit(under("first", f), tree.first...);
    Dense<>::visit(under("second", f), tree.second...);
    Dense<>::visit(under("last", f), tree.last...);
  }
  Variable<> formula(const Variable<>& x, const Pass&) const {
    const auto hidden = relu(second.weight * relu(first.weight * x + first.bias) + second.bias);
    return last.weight * hidden + last.bias;
  }
  Dense<> first, second, last;
};

inline Matrix<double> random_batch(Index rows, Index cols, std::uint64_t seed) {
  Rng rng{seed};
  Matrix<double> x(rows, cols);
  for (double& v : x.reshaped()) v = rng.normal();
  return x;
}

}  // namespace autodiff_models
