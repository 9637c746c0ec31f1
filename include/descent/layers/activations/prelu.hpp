#pragma once

#include <concepts>
#include <string_view>

#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/options.hpp"
#include "descent/core/types.hpp"
#include "descent/linalg/flat.hpp"
#include "descent/linalg/row_blocks.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/tree/parameter.hpp"
#include "descent/tree/unit_kind.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `PReLU`.
struct PReLUOptions {
  double slope = 0.25;  ///< the initial value of all slopes
};

/// Rectified linear unit with a learned slope for negative x: `PReLU{n}` learns a slope for each of n features or
/// channels, `PReLU{}` a single one.
///
///   y  = max(0, x) + a * min(0, x)      dx = dy where x > 0, else a * dy
///   da = sum of dy * min(0, x) over samples, and over all values that share the slope
///
/// The slope has the role of a scale, which is not regularized: shrinking it to 0 would turn the layer into ReLU.
///
/// Shapes   x, y [n, m] or {n, height, width}; any shape with a single slope   a [n] or [1]
/// Throws   ShapeError when x has another number of channels, or when the number of slopes is not positive; DataError
///          when the initial slope is not finite.
/// Cost     one pass over the batch forward, two backward.
/// Source   He, Zhang, Ren, Sun: Delving deep into rectifiers (ICCV 2015), 2.1
template <std::floating_point T = float>
class PReLU {
 public:
  static constexpr std::string_view name = "PReLU";
  static constexpr UnitKind unit_kind = UnitKind::activated;
  using Scalar = T;
  struct Cache {
    Matrix<T> y, dx;
  };

  explicit PReLU(Index channels = 1, const PReLUOptions& with = {})
      : slope(filled<Vector<T>>(name, checked(channels), 1, static_cast<T>(with.slope))) {
    expect_finite({name, "slope", with.slope});
  }

  static void visit(auto&& f, auto&... tree) { f(Parameter{"slope", Role::scale}, tree.slope...); }

  Shape output_shape(const Shape& in) const {
    if (!shared()) positions_of(name, slope.size(), in);
    return in;
  }

  Batch<T> forward(const Batch<T>& samples, Cache& c, const Pass& pass) const {
    const Batch<T> x = shared() ? samples : feature_columns(name, slope.size(), samples);
    c.y.resize(x.rows(), x.cols());
    if (shared()) {
      for_numbers(pass.workers(), x.size(), [&](const Part& part) {
        flat(c.y, part) = flat(x, part).max(T(0)) + slope(0) * flat(x, part).min(T(0));
      });
    } else {
      for_columns(pass.workers(), x.rows(), x.cols(), [&](Index j) {
        c.y.col(j) = x.col(j).cwiseMax(T(0)) + slope.cwiseProduct(x.col(j).cwiseMin(T(0)));
      });
    }
    return samples.with_numbers(c.y);
  }

  Batch<T> backward(const Batch<T>& samples, const Batch<T>& slopes, Cache& c, PReLU& gradient,
                    const Pass& pass) const {
    const Index channels = shared() ? c.y.rows() : slope.size();
    expect_backward(name, {channels, channels}, samples, slopes, c.y);
    const Batch<T> x{samples.data(), Shape{c.y.rows()}, c.y.cols()},
        dy{slopes.data(), x.shape(), x.samples()};
    gradient.slope.resize(slope.size());
    c.dx.resize(x.rows(), x.cols());
    if (shared()) {
      gradient.slope(0) = static_cast<T>(sum_over_numbers(pass.workers(), x.size(), [&](const Part& part) {
        const T a = slope(0);
        for (Index i = part.first; i < part.first + part.count; ++i)
          c.dx.data()[i] = dy.data()[i] * (x.data()[i] > 0 ? T(1) : a);
        return static_cast<double>((flat(dy, part) * flat(x, part).min(T(0))).sum());
      }));
    } else {
      for_row_blocks(pass.workers(), x.rows(), x.cols(), [&]<int n>(Index i, std::integral_constant<int, n>) {
        using Values = Eigen::Array<T, n, 1>;
        Values sum = Values::Zero();
        for (Index j = 0; j < x.cols(); ++j)
          sum += dy.col(j).template segment<n>(i).array() * x.col(j).template segment<n>(i).array().min(T(0));
        gradient.slope.template segment<n>(i) = sum;
      });
      for_columns(pass.workers(), x.rows(), x.cols(), [&](Index j) {
        c.dx.col(j) = (x.col(j).array() > T(0)).select(dy.col(j), slope.cwiseProduct(dy.col(j)));
      });
    }
    return samples.with_numbers(c.dx);
  }

  Vector<T> slope;

 private:
  bool shared() const { return slope.size() == 1; }

  static Index checked(Index channels) {
    if (channels <= 0)
      throw ShapeError(name, detail::joined("expected a positive number of slopes, got ", channels),
                       "pass the number of channels of its input, or 1 to share a slope");
    return channels;
  }
};

}  // namespace descent
