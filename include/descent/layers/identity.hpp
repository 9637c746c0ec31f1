#pragma once

#include <concepts>
#include <string_view>

#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/types.hpp"
#include "descent/tree/unit_kind.hpp"

namespace descent::inline DESCENT_ABI {

/// Returns its input unchanged, for example in place of an activation.
///
///   y = x      dx = dy
///
/// Shapes   x, y of any shape
/// Cost     none: y is a view of x.
template <std::floating_point T = float>
class Identity {
 public:
  static constexpr std::string_view name = "Identity";
  static constexpr UnitKind unit_kind = UnitKind::copied;
  using Scalar = T;
  struct Cache {
    Batch<T> y;
  };

  static void visit(auto&&, auto&...) {}

  Shape output_shape(const Shape& in) const { return in; }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass&) const { return c.y = x; }

  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, Identity&, const Pass&) const {
    expect_backward(name, c.y.rows(), x, dy, c.y);
    return dy;
  }
};

}  // namespace descent
