#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/core/window.hpp"
#include "descent/io/onnx/builder.hpp"
#include "descent/io/onnx/images.hpp"
#include "descent/io/onnx/import.hpp"
#include "descent/io/onnx/layer.hpp"
#include "descent/layers/convolution/conv_transpose2d.hpp"
#include "descent/layers/upsample.hpp"
#include "descent/layers/zero_pad2d.hpp"

namespace descent::inline DESCENT_ABI::detail {

// Layers that enlarge images, written.

inline std::string onnx_transposed_convolution(OnnxBuilder& to, const OnnxLayer& layer,
                                               const std::string& x) {
  return onnx_on_images(
      to, layer, "ConvTranspose", onnx_kernel(to, layer, x),
      {onnx_kernel_shape(layer),
       onnx_strides(layer),
       onnx_pads(layer),
       {"output_padding", onnx_sizes(layer, {"output_padding_height", "output_padding_width"})},
       {"dilations", onnx_sizes(layer, {"dilation_height", "dilation_width"})},
       {"group", static_cast<std::int64_t>(layer.option("groups"))}});
}

inline std::string onnx_upsample(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
  const std::string scales =
      to.constant("scales", {{}, {4}, {1, 1, layer.option("factor_height"), layer.option("factor_width")}});
  const bool is_nearest = layer.option("interpolation") == 0;
  std::vector<OnnxAttribute> attributes{
      {"mode", std::string{is_nearest ? "nearest" : "linear"}},
      {"coordinate_transformation_mode", std::string{is_nearest ? "asymmetric" : "half_pixel"}}};
  if (is_nearest) attributes.push_back({"nearest_mode", std::string{"floor"}});
  return onnx_on_images(to, layer, "Resize", {x, "", scales}, std::move(attributes));
}

inline std::string onnx_pad(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
  const std::vector<std::int64_t> sizes =
      onnx_sizes(layer, {"padding_top", "padding_left", "padding_bottom", "padding_right"});
  std::vector<double> pads{0, 0, 0, 0, 0, 0, 0, 0};
  for (std::size_t i = 0; i < 4; ++i) pads[i < 2 ? i + 2 : i + 4] = static_cast<double>(sizes[i]);
  return onnx_on_images(to, layer, "Pad",
                        {x, to.constant("pads", {{}, {8}, std::move(pads), OnnxType::int64})},
                        {{"mode", std::string{"constant"}}});
}

/// The patterns of layers that enlarge images.
template <std::floating_point T>
struct OnnxImageSizes : OnnxImages<T> {
  using Images = OnnxImages<T>;
  using typename Images::In;

  static void reduce_mean(In in) {
    reduce(in, [](const Shape&) { return GlobalAveragePool<T>{}; });
  }
  static void reduce_max(In in) {
    reduce(in, [](const Shape& shape) { return MaxPool2D<T>{{.kernel = {shape.height, shape.width}}}; });
  }
  /// Reduces all axes but those of the batch and of the channels; `layer_for(shape)` is the layer that does so.
  static void reduce(In in, auto&& layer_for) {
    OnnxSamples& samples = in.samples();
    const std::size_t rank = samples.axes.size() + 1;
    std::vector<bool> gone(rank, false);
    for (const double axis : in.axes(in.node().op)) {
      const double counted = axis < 0 ? axis + static_cast<double>(rank) : axis;
      if (counted >= 0 && counted < static_cast<double>(rank)) gone[static_cast<std::size_t>(counted)] = true;
    }
    const auto channels =
        static_cast<std::size_t>(std::find(gone.begin() + 1, gone.end(), false) - gone.begin()) - 1;
    if (rank < 3 || gone[0] ||
        std::count(gone.begin(), gone.end(), true) + 2 != static_cast<std::ptrdiff_t>(rank) ||
        !samples.is_channel_axis(channels))
      in.fail("expected to reduce all positions of images or sequences, got other axes",
              "reduce all axes but the batch and the channels");
    in.work_on(channels);
    const bool keeps = in.integer(in.node().op, "keepdims", 1) != 0;
    std::vector<Index> sizes(keeps ? rank - 1 : 1, 1);
    sizes[keeps ? channels : 0] = samples.size(channels);
    const Shape shape = samples.shape;
    in.add(layer_for(shape));
    samples = OnnxSamples{samples.count, sizes, true};
    samples.shape = {shape.channels};
  }

  static void transposed_convolution(In in) {
    const OnnxTensor& kernel = in.tensor("weight");
    const std::size_t axes = Images::spatial_axes(in);
    const Shape shape = in.shape();
    const Index groups = in.integer("ConvTranspose", "group", 1);
    if (kernel.dims.size() != axes + 2 || kernel.dims[0] != shape.channels)
      in.fail(
          joined("expected a kernel [", shape.channels, ", ...] of ", axes + 2, " dimensions, got one of ",
                 kernel.dims.size(), ", the first of ", kernel.dims.empty() ? 0 : kernel.dims[0]),
          "make the kernel fit the layer before it");
    if (groups < 1 || shape.channels % groups != 0)
      in.fail(joined("expected groups that divide ", shape.channels, " channels, got ", groups),
              "make the kernel fit the layer before it");
    const std::vector<std::int64_t> sizes(kernel.dims.begin() + 2, kernel.dims.end());
    if (const auto given = in.integers("ConvTranspose", "kernel_shape"); !given.empty() && given != sizes)
      in.fail("expected kernel_shape to be that of the kernel, got another", "export the model again");
    Window window{Images::extent(in, sizes),
                  Images::extent_or_one(in, "ConvTranspose", "strides"),
                  Images::extent_or_one(in, "ConvTranspose", "dilations"),
                  {}};
    window = Window::checked("ConvTranspose", window);
    const Extent output_padding = set_padding(in, shape, window);
    Rng unused{0};
    Images::add_with_kernel(in, ConvTranspose2D<T>{shape.channels,
                                                   kernel.dims[1] * groups,
                                                   unused,
                                                   [](Matrix<T>&, const Fan&, Rng&) {},
                                                   {.kernel = window.kernel,
                                                    .stride = window.stride,
                                                    .padding = window.padding,
                                                    .output_padding = output_padding,
                                                    .dilation = window.dilation,
                                                    .groups = groups,
                                                    .bias = in.has("bias") ? Bias::learned : Bias::none}});
  }

  static void resize(In in) {
    if (in.text("Resize", "coordinate_transformation_mode", "half_pixel") == "tf_crop_and_resize")
      in.fail("expected an enlarged image, got a part of one", "export it without tf_crop_and_resize");
    if (!in.integers("Resize", "axes").empty() ||
        in.text("Resize", "keep_aspect_ratio_policy", "stretch") != "stretch")
      in.fail("expected scales or sizes of all axes, got some only", "export it with opset_version=17");
    if (in.opset() == 10) return add_upsample(in, "Resize", in.tensor("roi").values, "asymmetric", "floor");
    const std::string where = in.text("Resize", "coordinate_transformation_mode", "half_pixel"),
                      rounding = in.text("Resize", "nearest_mode", "round_prefer_floor");
    if (in.has("scales") && !in.tensor("scales").values.empty())
      return add_upsample(in, "Resize", in.tensor("scales").values, where, rounding);
    std::vector<double> scales;
    if (in.has("sizes")) scales = in.tensor("sizes").values;
    const OnnxSamples& samples = in.samples();
    for (std::size_t i = 1; i < scales.size() && i <= samples.axes.size(); ++i)
      scales[i] /= static_cast<double>(samples.size(i - 1));
    // The size of the batch stays: a scale of 1.
    if (!scales.empty() && samples.count > 0 && scales[0] == static_cast<double>(samples.count))
      scales[0] = 1;
    add_upsample(in, "Resize", scales, where, rounding);
  }
  static void upsample(In in) {
    add_upsample(in, "Upsample", in.tensor("scales").values, "asymmetric", "floor");
  }

  static void pad(In in) {
    const std::size_t axes = Images::spatial_axes(in);
    const Shape shape = in.shape();
    if (in.text("Pad", "mode", "constant") != "constant" || in.has("axes") ||
        (in.has("value") && in.scalar("value") != 0))
      in.fail("expected zeros around all axes, got another padding", "pad by zeros");
    const std::vector<double>& pads = in.tensor("pads").values;
    const std::size_t rank = axes + 2;
    bool fits = pads.size() == 2 * rank;
    for (const double each : pads) fits = fits && each >= 0 && each <= 0x1p20 && each == std::floor(each);
    if (!fits || pads[0] + pads[1] + pads[rank] + pads[rank + 1] != 0)
      in.fail(joined("expected ", 2 * rank, " pads of 0 or more, none for batch and channels, got others"),
              "pad height and width only");
    const auto at = [&](std::size_t i) { return static_cast<Index>(pads[i]); };
    if (axes == 1 && shape.height != 1) in.fail_order();
    in.add(ZeroPad2D<T>{axes == 1 ? Padding{0, at(2), 0, at(5)} : Padding{at(2), at(3), at(6), at(7)}});
  }

 private:
  /// Sets the padding of a transposed convolution by the attributes, and returns its output padding. Where an output
  /// shape or auto_pad decides, the padding is what the output has too much, and the output padding what it lacks.
  static Extent set_padding(In in, const Shape& shape, Window& window) {
    constexpr std::string_view op = "ConvTranspose";
    const std::string mode = in.text(op, "auto_pad", "NOTSET");
    const bool is_same = mode == "SAME_UPPER" || mode == "SAME_LOWER";
    if (!is_same && mode != "NOTSET" && mode != "VALID")
      in.fail(joined("expected auto_pad = NOTSET, VALID, SAME_UPPER or SAME_LOWER, got ", mode),
              "export the model again");
    const std::size_t axes = Images::spatial_axes(in);
    const auto more = in.integers(op, "output_padding");
    Extent output_padding = more.empty() ? Extent{0} : Images::extent(in, more);
    if (axes == 1) output_padding.height = 0;
    auto sizes = in.integers(op, "output_shape");
    if (sizes.size() == axes + 2) sizes.erase(sizes.begin(), sizes.begin() + 2);
    if (sizes.empty() && !is_same) {
      if (mode == "NOTSET") window.padding = Images::pads_or_none(in, op);
      return output_padding;
    }
    const Extent wanted = sizes.empty()
                              ? Extent{shape.height * window.stride.height, shape.width * window.stride.width}
                              : Images::extent(in, sizes);
    const auto divide = [&](Index size, Index stride, Index reach, Index target, Index& extra, Index& before,
                            Index& after) {
      const Index total = (size - 1) * stride + reach + extra - target;
      if (total < 0) extra -= total;
      const Index smaller = std::max(Index{0}, total) / 2, larger = std::max(Index{0}, total) - smaller;
      before = mode == "SAME_UPPER" ? smaller : larger;
      after = mode == "SAME_UPPER" ? larger : smaller;
    };
    const Extent reach = window.reach();
    divide(shape.height, window.stride.height, reach.height, wanted.height, output_padding.height,
           window.padding.top, window.padding.bottom);
    divide(shape.width, window.stride.width, reach.width, wanted.width, output_padding.width,
           window.padding.left, window.padding.right);
    return output_padding;
  }

  /// Adds an Upsample. Each way to round the position of a pixel is that of an Upsample for some factors.
  static void add_upsample(In in, std::string_view op, const std::vector<double>& scales,
                           std::string_view where, std::string_view rounding) {
    const std::size_t axes = Images::spatial_axes(in);
    const Shape shape = in.shape();
    bool fits = scales.size() == axes + 2 && scales[0] == 1 && scales[1] == 1;
    for (const double each : scales) fits = fits && each >= 1 && each <= 1024 && each == std::floor(each);
    if (!fits || (axes == 1 && shape.height != 1))
      in.fail("expected height and width enlarged by whole factors, got others",
              "enlarge by a whole scale_factor, up to 1024");
    const Extent factor{axes == 1 ? 1 : static_cast<Index>(scales[2]), static_cast<Index>(scales.back())};
    const std::string mode = in.text(op, "mode", "nearest");
    const Index larger = std::max(factor.height, factor.width);
    const bool centers =
        where == "half_pixel" || where == "pytorch_half_pixel" || where == "half_pixel_symmetric";
    const bool is_nearest =
        mode == "nearest" &&
        (centers ? rounding.starts_with("round_prefer")
                 : where == "asymmetric" &&
                       (rounding == "floor" || (rounding == "round_prefer_floor" && larger <= 2)));
    const bool is_linear = (mode == "linear" || mode == "bilinear") && (centers || larger == 1);
    if (!is_nearest && !is_linear)
      in.fail(joined("expected nearest or linear interpolation that keeps the image in place, got ", mode,
                     " by ", where, ", ", rounding),
              "export it with align_corners=False");
    in.add(Upsample<T>{
        {.factor = factor, .interpolation = is_linear ? Interpolation::bilinear : Interpolation::nearest}});
  }
};

}  // namespace descent::detail
