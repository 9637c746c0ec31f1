#pragma once

#include "descent/core/types.hpp"
#include "descent/tree/parameter.hpp"

namespace support {

/// Two parameters of different shapes and some state.
struct Tree {
  using Scalar = double;
  using Matrix = descent::Matrix<double>;
  using Vector = descent::Vector<double>;

  static void visit(auto&& f, auto&... tree) {
    f(descent::Parameter{"weight", descent::Role::weight}, tree.weight...);
    f(descent::Parameter{"bias", descent::Role::bias}, tree.bias...);
  }
  static void visit_state(auto&& f, auto&... tree) {
    f(descent::Parameter{"running", descent::Role::state}, tree.running...);
  }

  Matrix weight = Matrix::Constant(2, 3, 1);
  Vector bias = Vector::Constant(2, 2);
  Vector running = Vector::Constant(4, 3);
};

struct WithoutState {
  static void visit(auto&&, auto&...) {}
};

}  // namespace support
