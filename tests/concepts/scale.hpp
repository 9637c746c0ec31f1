#pragma once

#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/types.hpp"
#include "descent/tree/parameter.hpp"

namespace support {

/// A minimal layer: y = factor * x.
struct Scale {
  using Scalar = float;
  using View = descent::Batch<>;
  struct Cache {
    descent::Matrix<> y, dx;
  };
  static void visit(auto&& f, auto&... tree) {
    f(descent::Parameter{"factor", descent::Role::scale}, tree.factor...);
  }
  descent::Shape output_shape(const descent::Shape& in) const { return in; }
  View forward(const View& x, Cache& c, const descent::Pass&) const { return c.y = factor[0] * x; }
  View backward(const View& x, const View& dy, Cache& c, Scale& gradient, const descent::Pass&) const {
    gradient.factor[0] = x.cwiseProduct(dy).sum();
    return c.dx = factor[0] * dy;
  }
  descent::Vector<> factor = descent::Vector<>::Ones(1);
};

/// Has a number type but no parameters that could be visited.
struct WithoutVisit {
  using Scalar = float;
};

}  // namespace support
