#pragma once

#include <concepts>

#include "descent/core/concepts.hpp"

namespace descent {

/// The part that all activations share: an element-wise function, without parameters.
///
///   y = g(x)      dx = dy * g'(x)
///
/// `Derived` gives g as `value(x)`, an Eigen array expression of the array x, and g' as
/// `derivative(x, y)`, a scalar function of one x and its y.
///
/// Shapes   x, y [n, m] for any n
/// Cost     one pass over the batch forward, one backward.
template <class Derived, std::floating_point T>
class Activation {
 public:
  using Scalar = T;
  struct Cache {
    Matrix<T> y, dx;
  };

  static void visit(auto&&, auto&...) {}

  Shape output_shape(const Shape& in) const { return in; }

  const Matrix<T>& forward(Batch<T> x, Cache& c, const Pass&) const {
    c.y.resize(x.rows(), x.cols());
    flat(c.y) = self().value(flat(x));
    return c.y;
  }

  const Matrix<T>& backward(Batch<T> x, Batch<T> dy, Cache& c, Derived&) const {
    c.dx.resize(x.rows(), x.cols());
    for (Index i = 0; i < x.size(); ++i)
      c.dx.data()[i] = dy.data()[i] * self().derivative(x.data()[i], c.y.data()[i]);
    return c.dx;
  }

 private:
  const Derived& self() const { return static_cast<const Derived&>(*this); }
};

}  // namespace descent
