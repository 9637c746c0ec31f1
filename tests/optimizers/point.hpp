#pragma once

#include "descent/core/types.hpp"
#include "descent/tree/parameter.hpp"

/// A point as a model, to minimize any function of parameters.
struct Point {
  using Scalar = double;
  descent::Vector<double> w;
  static void visit(auto&& f, auto&... tree) { f(descent::Parameter{"w", descent::Role::weight}, tree.w...); }
};
