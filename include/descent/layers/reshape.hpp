#pragma once

#include <concepts>
#include <string_view>

#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/tree/unit_kind.hpp"

namespace descent::inline DESCENT_ABI {

/// Reshapes each sample to a shape of the same size, as before a layer that expects images.
///
///   Sequential{Reshape{{.channels = 1, .height = 28, .width = 28}}, ...}
///
/// The order of the values stays: the channels vary fastest, then the width.
///
/// Shapes   x of `shape.size()` values   y `shape`
/// Throws   ShapeError when a side of the shape is not positive, when x has another number of values, or when sequences
///          with lengths would get another width.
/// Cost     none: y is a view of x.
template <std::floating_point T = float>
class Reshape {
 public:
  static constexpr std::string_view name = "Reshape";
  static constexpr UnitKind unit_kind = UnitKind::copied;
  using Scalar = T;
  struct Cache {
    Batch<T> y;
  };

  explicit Reshape(const Shape& shape) : shape_{shape} { positive_features(name, shape.size()); }

  static void visit(auto&&, auto&...) {}
  static void visit_options(auto&& f, auto&... tree) {
    f("channels", tree.shape_.channels...);
    f("height", tree.shape_.height...);
    f("width", tree.shape_.width...);
  }

  Shape output_shape(const Shape& in) const {
    if (in.size() != shape_.size()) detail::throw_features(name, shape_.size(), in);
    return shape_;
  }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass&) const {
    if (shape_.width != x.shape().width) expect_no_padding(name, x);
    return c.y = x.reshaped(output_shape(x.shape()));
  }

  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, Reshape&, const Pass&) const {
    expect_backward(name, c.y.rows(), x, dy, c.y);
    return dy.reshaped(x.shape());
  }

 private:
  Shape shape_;
};

}  // namespace descent
