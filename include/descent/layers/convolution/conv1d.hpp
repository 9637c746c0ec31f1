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
#include "descent/layers/convolution/conv2d.hpp"
#include "descent/tree/parameter.hpp"

namespace descent::inline DESCENT_ABI {

/// The time steps of zeros that are added to a sequence. A single number is both.
struct TimePadding {
  constexpr TimePadding(Index both = 0) : TimePadding{both, both} {}
  constexpr TimePadding(Index steps_before, Index steps_after) : before{steps_before}, after{steps_after} {}
  /// Padding for an output of the length of the input, at a stride of 1.
  static constexpr TimePadding same() { return {-1}; }
  /// Padding before the sequence only, so that no output depends on later inputs.
  static constexpr TimePadding causal() { return {-2}; }

  Index before, after;
  friend bool operator==(const TimePadding&, const TimePadding&) = default;
};

/// The options of `Conv1D`.
struct Conv1DOptions {
  Index kernel = 3;
  Index stride = 1;
  TimePadding padding = 0;  ///< also `TimePadding::same()` and `TimePadding::causal()`
  Index dilation = 1;
  Index groups = 1;
  Bias bias = Bias::learned;
};

/// Convolution of sequences over time: a `Conv2D` with a kernel of height 1, whose weight has in files the three
/// dimensions of PyTorch's Conv1d.
///
///   y(o, t) = b(o) + sum over c, v of W(o, c, v) x(c, stride t + dilation v - before)
///
///   Conv1D{16, 32, rng, {.kernel = 5, .padding = TimePadding::causal()}}
///
/// Shapes   x {in, 1, time}   y {out, 1, (time + before + after - reach) / stride + 1}, where reach =
///          dilation (kernel - 1) + 1
///          weight [out, in / groups, kernel]   bias [out], or empty with Bias::none
/// Throws   ShapeError when x is an image or has other channels, the kernel is longer than the padded sequence, `groups`
///          does not divide `in` and `out`, or an option is out of range; DataError when the weights do not fit into
///          memory.
/// Cost     that of Conv2D.
/// Source   Waibel et al.: Phoneme Recognition Using Time-Delay Neural Networks (1989); van den Oord et al.: WaveNet
///          (2016), for causal and dilated ones
template <std::floating_point T = float>
class Conv1D : public Conv2D<T> {
 public:
  static constexpr std::string_view name = "Conv1D";
  using typename Conv2D<T>::Cache;

  /// Initializes the weight by `init` and the bias by zeros.
  Conv1D(Index in, Index out, Rng& rng, Initializer<T> auto const& init, const Conv1DOptions& options = {})
      : Conv2D<T>{name, in, out, rng, init, on_images(options)} {}
  Conv1D(Index in, Index out, Rng& rng, const Conv1DOptions& options = {})
      : Conv1D{in, out, rng, HeNormal{}, options} {}

  static void visit(auto&& f, auto& first, auto&... rest) {
    const Dimensions sizes{{first.weight.rows(), first.group_in(), first.window_.kernel.width}, {0, 1, 2}};
    f(Parameter{"weight", Role::weight, sizes}, first.weight, rest.weight...);
    if (first.has_bias()) f(Parameter{"bias", Role::bias}, first.bias, rest.bias...);
  }
  static void visit_options(auto&& f, auto&... tree) {
    f("stride", tree.window_.stride.width...);
    f("padding_before", tree.window_.padding.left...);
    f("padding_after", tree.window_.padding.right...);
    f("dilation", tree.window_.dilation.width...);
    f("groups", tree.groups_...);
  }

  Shape output_shape(const Shape& in) const {
    if (in.height != 1)
      throw_error<ShapeError>(name, {"expected a sequence, got an image of ", in.height, " x ", in.width},
                              "use Conv2D for images");
    return this->output_shape_of(name, in);
  }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const {
    expect_no_padding(name, x);
    return this->forward_to(output_shape(x.shape()), x, c, pass);
  }
  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, Conv1D& gradient,
                    const Pass& pass) const {
    backward_parameters(x, dy, c, gradient, pass);
    return this->input_gradient(x, dy, c, pass);
  }
  void backward_parameters(const Batch<T>& x, const Batch<T>& dy, Cache& c, Conv1D& gradient,
                           const Pass& pass) const {
    this->parameter_gradient(name, output_shape(x.shape()), x, dy, c, gradient, pass);
  }

 private:
  static Conv2DOptions on_images(const Conv1DOptions& o) {
    auto [before, after] = o.padding;
    if (o.padding == TimePadding::same() || o.padding == TimePadding::causal()) {
      if (o.stride != 1)
        throw_error<ShapeError>(name, {"expected .stride = 1 with padding by name, got ", o.stride},
                                "pass the number of time steps as .padding");
      const auto most = Index{1} << 20;  // larger kernels are refused with the window
      const Index more = o.kernel > most || o.dilation > most ? 0 : (o.kernel - 1) * o.dilation;
      before = o.padding == TimePadding::same() ? more / 2 : more;
      after = more - before;
    }
    return {.kernel = {1, o.kernel},
            .stride = {1, o.stride},
            .padding = {0, before, 0, after},
            .dilation = {1, o.dilation},
            .groups = o.groups,
            .bias = o.bias};
  }
};

}  // namespace descent
