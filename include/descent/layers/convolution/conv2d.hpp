#pragma once

#include <concepts>
#include <string_view>

#include "descent/concepts/initializer.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/core/window.hpp"
#include "descent/initializers/he.hpp"
#include "descent/layers/convolution/convolution.hpp"
#include "descent/layers/dense.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `Conv2D`.
struct Conv2DOptions {
  Extent kernel = 3;
  Extent stride = 1;
  Padding padding = 0;  ///< zeros around the image; `Padding::same()` keeps its size
  Extent dilation = 1;  ///< the distance between neighboring numbers of the kernel
  Index groups = 1;     ///< parts of the channels, each of which is convolved on its own
  Bias bias = Bias::learned;
};

/// Convolution of images, or of sequences with a kernel of height 1. The kernel is not flipped, as everywhere in deep
/// learning.
///
///   y(o, i, j) = b(o) + sum over c, u, v of W(o, c, u, v) x(c, stride i + dilation u - top, stride j + dilation v - left)
///
/// The numbers are summed directly, without a matrix of patches.
///
///   Sequential{Conv2D{1, 6, rng, {.kernel = 5, .padding = Padding::same()}}, ReLU{}, MaxPool2D{}, ...}
///
/// Shapes   x {in, height, width}   y {out, (height + top + bottom - reach) / stride + 1, ...}, where reach =
///          dilation (kernel - 1) + 1
///          weight [out, in / groups, kernel height, kernel width]   bias [out], or empty with Bias::none
/// Throws   ShapeError when x has other channels, the kernel is larger than the padded image, `groups` does not divide
///          `in` and `out`, or an option is out of range; DataError when the weights do not fit into memory.
/// Cost     2 * in / groups * out * kernel * output positions * m flop forward, twice that backward. Padding copies x.
///          Depthwise, with as many groups as input and output channels, vectors hold channels; other groups with
///          fewer outputs than a vector has numbers take the time of whole vectors.
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 9.1; Georganas et al.: Anatomy of High-Performance Deep
///          Learning Convolutions on SIMD Architectures (2018)
/// Example  examples/26_digits_cnn.cpp
template <std::floating_point T = float>
class Conv2D : public detail::Convolution<T> {
  using Base = detail::Convolution<T>;

 public:
  static constexpr std::string_view name = "Conv2D";
  using typename Base::Cache;

  /// Initializes the weight by `init` and the bias by zeros.
  Conv2D(Index in, Index out, Rng& rng, Initializer<T> auto const& init, const Conv2DOptions& options = {})
      : Conv2D{name, in, out, rng, init, options} {}
  Conv2D(Index in, Index out, Rng& rng, const Conv2DOptions& options = {})
      : Conv2D{in, out, rng, HeNormal{}, options} {}

  static void visit_options(auto&& f, auto&... tree) {
    detail::Window::visit_options(f, tree.window_...);
    f("dilation_height", tree.window_.dilation.height...);
    f("dilation_width", tree.window_.dilation.width...);
    f("groups", tree.groups_...);
  }

  Shape output_shape(const Shape& in) const { return output_shape_of(name, in); }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const {
    expect_no_padding(name, x);
    return forward_to(output_shape(x.shape()), x, c, pass);
  }
  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, Conv2D& gradient,
                    const Pass& pass) const {
    backward_parameters(x, dy, c, gradient, pass);
    return input_gradient(x, dy, c, pass);
  }
  void backward_parameters(const Batch<T>& x, const Batch<T>& dy, Cache& c, Conv2D& gradient,
                           const Pass& pass) const {
    parameter_gradient(name, output_shape(x.shape()), x, dy, c, gradient, pass);
  }

 protected:
  // Shared with Conv1D, which passes its own name.

  Conv2D(std::string_view component, Index in, Index out, Rng& rng, Initializer<T> auto const& init,
         const Conv2DOptions& options)
      : Base{component, in, out, Base::checked(component, in, out, options), options.groups} {
    this->bias = Vector<T>::Zero(options.bias == Bias::learned ? out : 0);
    init(this->weight, this->fan(), rng);
  }

  Shape output_shape_of(std::string_view component, const Shape& in) const {
    if (in.channels != this->in()) detail::throw_features(component, this->in(), in);
    return this->window_.output(component, this->weight.rows(), in);
  }
  Batch<T> forward_to(const Shape& out, const Batch<T>& x, Cache& c, const Pass& pass) const {
    c.y.resize(out.size(), x.samples());
    if (x.samples() == 0) return {c.y.data(), out, 0};  // allocates nothing, however large the image
    c.plan.set(this->window_, x.shape(), out, this->groups_);
    this->apply(x, c, this->bias, c.y, pass.workers());
    return {c.y.data(), out, x.samples()};
  }
  void parameter_gradient(std::string_view component, const Shape& out, const Batch<T>& x, const Batch<T>& dy,
                          Cache& c, Conv2D& gradient, const Pass& pass) const {
    c.plan.set(this->window_, x.shape(), out, this->groups_);
    expect_backward(component, {x.rows(), out.size()}, x, dy, c.y);
    this->weight_gradient(x, dy, c, gradient.weight, pass.workers());
    this->bias_gradient(dy, out, gradient.bias, pass.workers());
  }
  Batch<T> input_gradient(const Batch<T>& x, const Batch<T>& dy, Cache& c, const Pass& pass) const {
    this->apply_transposed(dy, c, {}, c.dx, pass.workers());
    return x.with_numbers(c.dx);
  }
};

}  // namespace descent
