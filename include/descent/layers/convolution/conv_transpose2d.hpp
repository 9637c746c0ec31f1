#pragma once

#include <algorithm>
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

namespace descent::inline DESCENT_ABI {

/// The options of `ConvTranspose2D`.
struct ConvTranspose2DOptions {
  Extent kernel = 3;
  Extent stride = 1;    ///< the factor by which the image grows, about
  Padding padding = 0;  ///< what is cut off the output; `Padding::same()` keeps the size at a stride of 1
  Extent output_padding =
      0;  ///< rows and columns that the output has more at the bottom and right, below the stride
  Extent dilation = 1;
  Index groups = 1;
  Bias bias = Bias::learned;
};

/// Transposed convolution, which enlarges images: the linear map from output to input of a `Conv2D` with the same options,
/// transposed, as in the decoder of an autoencoder. Several sizes of an image give one size of a convolution at a stride
/// above 1; `output_padding` chooses among them.
///
///   y(o, stride i + dilation u - top, stride j + dilation v - left) += W(c, o, u, v) x(c, i, j), beginning with b(o)
///
///   ConvTranspose2D{16, 8, rng, {.kernel = 2, .stride = 2}}     doubles height and width
///
/// Shapes   x {in, height, width}   y {out, (height - 1) stride + reach - top - bottom + output_padding, ...}, where
///          reach = dilation (kernel - 1) + 1
///          weight [in, out / groups, kernel height, kernel width]   bias [out], or empty with Bias::none
/// Throws   ShapeError when x has other channels, nothing is left of the output, `output_padding` is not below the
///          stride, `groups` does not divide `in` and `out`, or an option is out of range; DataError when the weights do
///          not fit into memory.
/// Cost     2 * in * out / groups * kernel * input positions * m flop forward, twice that backward.
/// Source   Zeiler et al.: Deconvolutional Networks (2010); Dumoulin, Visin: A guide to convolution arithmetic for deep
///          learning (2016)
/// Example  examples/29_denoising_autoencoder.cpp
template <std::floating_point T = float>
class ConvTranspose2D : public detail::Convolution<T> {
  using Base = detail::Convolution<T>;

 public:
  static constexpr std::string_view name = "ConvTranspose2D";
  using typename Base::Cache;

  /// Initializes the weight by `init` and the bias by zeros. The fan-in is the mean number of inputs of an output.
  ConvTranspose2D(Index in, Index out, Rng& rng, Initializer<T> auto const& init,
                  const ConvTranspose2DOptions& options = {})
      : Base{name, out, in, Base::checked(name, in, out, options), options.groups},
        output_padding_{below_stride(options)} {
    this->bias = Vector<T>::Zero(options.bias == Bias::learned ? out : 0);
    const Fan fan = this->fan();
    const auto& stride = options.stride;
    init(this->weight, Fan{std::max(Index{1}, fan.out / (stride.height * stride.width)), fan.in}, rng);
  }
  ConvTranspose2D(Index in, Index out, Rng& rng, const ConvTranspose2DOptions& options = {})
      : ConvTranspose2D{in, out, rng, HeNormal{}, options} {}

  static void visit_options(auto&& f, auto&... tree) {
    detail::Window::visit_options(f, tree.window_...);
    f("output_padding_height", tree.output_padding_.height...);
    f("output_padding_width", tree.output_padding_.width...);
    f("dilation_height", tree.window_.dilation.height...);
    f("dilation_width", tree.window_.dilation.width...);
    f("groups", tree.groups_...);
  }

  Shape output_shape(const Shape& in) const {
    if (in.channels != this->weight.rows()) detail::throw_features(name, this->weight.rows(), in);
    constexpr Index most = Index{1} << 31;
    if (in.size() == 0 || in.height > most || in.width > most)
      throw_error<ShapeError>(name,
                              {"expected an image of sides from 1 to 2^31, got ", in.height, " x ", in.width},
                              "pass channels, height and width of a sample");
    const auto& [kernel, stride, dilation, padding] = this->window_;
    const Extent reach = this->window_.reach();
    const Shape out{
        this->in(),
        (in.height - 1) * stride.height + reach.height - padding.top - padding.bottom +
            output_padding_.height,
        (in.width - 1) * stride.width + reach.width - padding.left - padding.right + output_padding_.width};
    if (out.size() == 0)
      throw_error<ShapeError>(name,
                              {"expected padding smaller than the output, got an output of ", out.height,
                               " x ", out.width, " from ", in.height, " x ", in.width},
                              "choose less padding");
    if (out.size() > (Index{1} << 24) && out.size() / 1024 > in.size())
      throw_error<ShapeError>(name,
                              {"expected an output in proportion to the image, got one of ", out.height,
                               " x ", out.width, " from ", in.height, " x ", in.width},
                              "choose a smaller stride, kernel or dilation");
    return out;
  }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const {
    expect_no_padding(name, x);
    const Shape out = output_shape(x.shape());
    c.y.resize(out.size(), x.samples());
    if (x.samples() == 0) return {c.y.data(), out, 0};  // allocates nothing, however large the image
    c.plan.set(this->window_, out, x.shape(), this->groups_);
    this->apply_transposed(x, c, this->bias, c.y, pass.workers());
    return {c.y.data(), out, x.samples()};
  }

  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, ConvTranspose2D& gradient,
                    const Pass& pass) const {
    backward_parameters(x, dy, c, gradient, pass);
    this->apply(dy, c, {}, c.dx, pass.workers());
    return x.with_numbers(c.dx);
  }

  void backward_parameters(const Batch<T>& x, const Batch<T>& dy, Cache& c, ConvTranspose2D& gradient,
                           const Pass& pass) const {
    const Shape out = output_shape(x.shape());
    c.plan.set(this->window_, out, x.shape(), this->groups_);
    expect_backward(name, {x.rows(), out.size()}, x, dy, c.y);
    this->pad(dy, c, pass.workers());
    this->weight_gradient(dy, x, c, gradient.weight, pass.workers());
    this->bias_gradient(dy, out, gradient.bias, pass.workers());
  }

 private:
  static Extent below_stride(const ConvTranspose2DOptions& options) {
    const Extent &more = options.output_padding, &stride = options.stride;
    if (more.height < 0 || more.width < 0 || more.height >= stride.height || more.width >= stride.width)
      throw_error<ShapeError>(name,
                              {"expected .output_padding from 0 to below the stride of ", stride.height,
                               " x ", stride.width, ", got ", more.height, " x ", more.width},
                              "choose a larger stride or less output padding");
    return more;
  }

  Extent output_padding_;
};

}  // namespace descent
