#pragma once

#include <concepts>
#include <string_view>

#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/tree/unit_kind.hpp"

namespace descent::inline DESCENT_ABI {

/// Reshapes each image or sequence into a vector of features, as before the dense layers of a classifier.
///
/// The order of the values stays: the channels vary fastest, then the width. In PyTorch the width varies fastest and
/// the channels slowest.
///
/// Shapes   x {channels, height, width}   y [channels * height * width, m]
/// Throws   ShapeError when sequences have lengths.
/// Cost     none: y is a view of x.
template <std::floating_point T = float>
class Flatten {
 public:
  static constexpr std::string_view name = "Flatten";
  static constexpr UnitKind unit_kind = UnitKind::copied;
  using Scalar = T;
  struct Cache {
    Batch<T> y;
  };

  static void visit(auto&&, auto&...) {}

  Shape output_shape(const Shape& in) const { return {in.size()}; }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass&) const {
    expect_no_padding(name, x);
    return c.y = x.reshaped({x.rows()});
  }

  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, Flatten&, const Pass&) const {
    expect_backward(name, c.y.rows(), x, dy, c.y);
    return dy.reshaped(x.shape());
  }
};

}  // namespace descent
