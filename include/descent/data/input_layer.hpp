#pragma once

#include <concepts>

#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// Base class of input normalizations, which makes them layers (CRTP). As the first layer of a network it takes raw
/// values and is copied and saved with the network; it has no trainable parameters.
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
    positions_of(Derived::name, self().divisor().size(), in);
    return in;
  }
  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass&) const {
    c.y = feature_columns(Derived::name, self().divisor().size(), x);
    self().apply(c.y);
    return x.with_numbers(c.y);
  }
  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, Derived&, const Pass&) const {
    const Vector<T>& divisor = self().divisor();
    expect_backward(Derived::name, {divisor.size(), divisor.size()}, x, dy, c.y);
    c.dx = Batch<T>{dy.data(), Shape{divisor.size()}, c.y.cols()}.array().colwise() / divisor.array();
    return x.with_numbers(c.dx);
  }

 private:
  const Derived& self() const { return static_cast<const Derived&>(*this); }
};

}  // namespace descent
