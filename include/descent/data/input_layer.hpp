#pragma once

#include <concepts>

#include "descent/core/concepts.hpp"
#include "descent/core/errors.hpp"

namespace descent {

/// What makes a normalisation of inputs a layer too. As the first of a network it takes raw values, and is copied
/// and saved with the network; nothing in it is learnt by training.
///
///   Sequential net{Standardize{train.x}, Dense{64, 10, rng}};
///
/// `Derived` divides by `divisor()` in its `apply`.
///
///   y = apply(x)      dx = dy / divisor
template <class Derived, std::floating_point T>
class InputLayer {
 public:
  using Scalar = T;
  struct Cache {
    Matrix<T> y, dx;
  };

  static void visit(auto&&, auto&...) {}

  Shape output_shape(const Shape& in) const {
    expect_features(Derived::name, self().divisor().size(), in.size());
    return in;
  }
  const Matrix<T>& forward(Batch<T> x, Cache& c, const Pass&) const {
    c.y = x;
    self().apply(c.y);
    return c.y;
  }
  const Matrix<T>& backward(Batch<T> x, Batch<T> dy, Cache& c, Derived&) const {
    expect_backward(Derived::name, self().divisor().size(), x, dy, c.y);
    expect_features(Derived::name, self().divisor().size(),
                    dy.rows());  // the cache may be that of another layer
    c.dx = dy.array().colwise() / self().divisor().array();
    return c.dx;
  }

 private:
  const Derived& self() const { return static_cast<const Derived&>(*this); }
};

}  // namespace descent
