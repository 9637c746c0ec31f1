#pragma once

#include <concepts>
#include <string_view>

#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/linalg/flat.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/tree/unit_kind.hpp"

namespace descent::inline DESCENT_ABI {

/// The working memory of an element-wise activation.
template <std::floating_point T>
struct ActivationCache {
  Matrix<T> y, dx;
};

/// The base of all element-wise activations, which have no parameters.
///
///   y = g(x)      dx = dy * g'(x)
///
/// `Derived` defines g as `value(x)` and g' as `derivative(x, y)`, with y = g(x). Each is an expression of Eigen
/// arrays, which is vectorized, or a function of single numbers if it needs a branch or a function that Eigen does
/// not have.
///
/// Shapes   x, y of any shape
/// Cost     one pass over the batch forward, one backward.
template <class Derived, std::floating_point T>
class Activation {
 public:
  using Scalar = T;
  using Cache = ActivationCache<T>;
  static constexpr UnitKind unit_kind = UnitKind::activated;

  static void visit(auto&&, auto&...) {}

  Shape output_shape(const Shape& in) const { return in; }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const {
    const Derived g = self();  // a copy, so that writing y cannot change its options
    c.y.resize(x.rows(), x.cols());
    for_numbers(pass.workers(), x.size(), [&](const Part& part) {
      if constexpr (requires { g.value(flat(x)); })
        flat(c.y, part) = g.value(flat(x, part));
      else
        for (Index i = part.first; i < part.first + part.count; ++i) c.y.data()[i] = g.value(x.data()[i]);
    });
    return x.with_numbers(c.y);
  }

  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, Derived&, const Pass& pass) const {
    expect_backward(component(), c.y.rows(), x, dy, c.y);
    const Derived g = self();
    c.dx.resize(x.rows(), x.cols());
    for_numbers(pass.workers(), x.size(), [&](const Part& part) {
      if constexpr (requires { g.derivative(flat(x), flat(c.y)); })
        flat(c.dx, part) = flat(dy, part) * g.derivative(flat(x, part), flat(c.y, part));
      else
        for (Index i = part.first; i < part.first + part.count; ++i)
          c.dx.data()[i] = dy.data()[i] * g.derivative(x.data()[i], c.y.data()[i]);
    });
    return x.with_numbers(c.dx);
  }

 private:
  static constexpr std::string_view component() {
    if constexpr (requires { Derived::name; })
      return Derived::name;
    else
      return "Activation";
  }
  const Derived& self() const { return static_cast<const Derived&>(*this); }
};

}  // namespace descent
