#pragma once

#include <concepts>
#include <string_view>

#include "descent/descent.hpp"

/// A user-defined layer with a fixed input shape, state, options and a parameter of four dimensions.
namespace own_layer {

using namespace descent;

/// Compares an image, minus the running mean of the images, with learned templates: y_o = <kernel_o, x - mean>. The
/// output is a sequence of one value for each template.
template <std::floating_point T = float>
struct Templates {
  static constexpr std::string_view name = "Templates";
  using Scalar = T;
  struct Cache {
    Matrix<T> centered, y, dx;
    Vector<T> mean;
  };
  Templates(const Shape& size, Index count, Rng& rng)
      : image(size), kernel(count, size.size()), mean(Vector<T>::Zero(size.size())) {
    HeNormal{}(kernel, Fan{size.size(), count}, rng);
  }
  static void visit(auto&& f, auto& first, auto&... rest) {
    const auto [channels, height, width] = first.image;  // an image has its channels fastest, then the width
    const Dimensions sizes{{first.kernel.rows(), channels, height, width}, {0, 1, 3, 2}};
    f(Parameter{"kernel", Role::weight, sizes}, first.kernel, rest.kernel...);
  }
  static void visit_state(auto&& f, auto&... tree) { f(Parameter{"mean", Role::state}, tree.mean...); }
  void update_state(const Cache& c) { update_average(mean, c.mean, T(0.9)); }
  static void visit_options(auto&& f, auto&... tree) {
    f("channels", tree.image.channels...), f("height", tree.image.height...), f("width", tree.image.width...);
  }
  Shape output_shape(const Shape& in) const {
    if (in != image) throw ShapeError(name, "expected images of another size", "crop or pad the images");
    return {.channels = 1, .height = 1, .width = kernel.rows()};
  }
  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass&) const {
    c.mean = x.rowwise().sum() / T(x.cols());
    c.centered = x.colwise() - mean;
    c.y = kernel * c.centered;
    return {c.y, output_shape(x.shape())};
  }
  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, Templates& gradient, const Pass&) const {
    gradient.kernel = dy * c.centered.transpose();
    c.dx = kernel.transpose() * dy;
    return {c.dx, x.shape()};
  }
  Shape image;
  Matrix<T> kernel;
  Vector<T> mean;
};

}  // namespace own_layer
