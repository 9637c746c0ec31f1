#pragma once

#include <concepts>

#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/tree/unit_kind.hpp"

namespace descent::inline DESCENT_ABI {

/// Base class of input normalizations, which makes them layers (CRTP). As the first layer of a network it takes raw
/// values and is copied and saved with the network; it has no trainable parameters.
///
///   Sequential net{Standardize{train.x}, Dense{64, 10, rng}};
///
/// `Derived` divides by `divisor()` in its `apply`, or multiplies by `factor()`.
///
///   y = apply(x)      dx = dy / divisor, or dy * factor
template <class Derived, std::floating_point T>
class InputLayer {
 public:
  static constexpr UnitKind unit_kind = UnitKind::copied;
  using Scalar = T;
  struct Cache {
    Matrix<T> y, dx;
  };

  static void visit(auto&&, auto&...) {}

  Shape output_shape(const Shape& in) const {
    positions_of(Derived::name, scale().size(), in);
    return in;
  }
  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass&) const {
    c.y = feature_columns(Derived::name, scale().size(), x);
    self().apply(c.y);
    return x.with_numbers(c.y);
  }
  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, Derived&, const Pass&) const {
    expect_backward(Derived::name, {scale().size(), scale().size()}, x, dy, c.y);
    const Batch<T> slopes{dy.data(), Shape{scale().size()}, c.y.cols()};
    if constexpr (requires { self().factor(); })
      c.dx = slopes.array().colwise() * scale().array();
    else
      c.dx = slopes.array().colwise() / scale().array();
    return x.with_numbers(c.dx);
  }

 private:
  const Derived& self() const { return static_cast<const Derived&>(*this); }
  const Vector<T>& scale() const {
    if constexpr (requires { self().factor(); })
      return self().factor();
    else
      return self().divisor();
  }
};

}  // namespace descent
