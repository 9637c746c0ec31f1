#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/core/window.hpp"
#include "descent/io/onnx/builder.hpp"
#include "descent/io/onnx/import.hpp"
#include "descent/io/onnx/layer.hpp"
#include "descent/layers/convolution/conv1d.hpp"
#include "descent/layers/convolution/conv2d.hpp"
#include "descent/layers/pooling/average_pool2d.hpp"
#include "descent/layers/pooling/global_average_pool.hpp"
#include "descent/layers/pooling/max_pool2d.hpp"

namespace descent::inline DESCENT_ABI::detail {

// Layers of images, written.

/// Gives a value these axes, with the channels in axis 1, if it has others.
inline std::string onnx_with_axes(OnnxBuilder& to, const std::string& x,
                                  const std::vector<std::int64_t>& from,
                                  const std::vector<std::int64_t>& axes) {
  if (from == axes) return x;
  std::vector<double> target{-1};
  target.insert(target.end(), axes.begin(), axes.end());
  const auto rank = static_cast<std::int64_t>(target.size());
  return to.node("Reshape", {x, to.constant("shape", {{}, {rank}, std::move(target), OnnxType::int64})});
}

/// Adds a node on images [batch, channels, height, width], also if the samples are sequences; or one on sequences
/// [batch, channels, time], if `axis_count` is 2.
inline std::string onnx_on_images(OnnxBuilder& to, const OnnxLayer& layer, std::string_view op,
                                  std::vector<std::string> inputs, std::vector<OnnxAttribute> attributes,
                                  std::size_t axis_count = 3) {
  const auto axes = [&](const Shape& s) {
    return axis_count == 2 ? std::vector<std::int64_t>{s.channels, s.width}
                           : std::vector<std::int64_t>{s.channels, s.height, s.width};
  };
  const Shape &in = layer.input_shape(), &out = layer.output_shape();
  inputs[0] = onnx_with_axes(to, inputs[0], onnx_dims(in), axes(in));
  const std::string y = to.node(op, std::move(inputs), std::move(attributes));
  return onnx_with_axes(to, y, axes(out), onnx_dims(out));
}

inline std::vector<std::int64_t> onnx_sizes(const OnnxLayer& layer,
                                            std::initializer_list<const char*> options) {
  std::vector<std::int64_t> sizes;
  for (const char* option : options) sizes.push_back(static_cast<std::int64_t>(layer.option(option)));
  return sizes;
}
inline OnnxAttribute onnx_strides(const OnnxLayer& layer) {
  return {"strides", onnx_sizes(layer, {"stride_height", "stride_width"})};
}
inline OnnxAttribute onnx_pads(const OnnxLayer& layer) {
  return {"pads", onnx_sizes(layer, {"padding_top", "padding_left", "padding_bottom", "padding_right"})};
}

inline std::vector<std::string> onnx_kernel(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
  std::vector<std::string> inputs{x, to.constant("weight", layer.tensor("weight"))};
  if (layer.has("bias")) inputs.push_back(to.constant("bias", layer.tensor("bias")));
  return inputs;
}
inline OnnxAttribute onnx_kernel_shape(const OnnxLayer& layer) {
  const OnnxTensor& weight = layer.tensor("weight");
  return {"kernel_shape", std::vector<std::int64_t>(weight.dims.begin() + 2, weight.dims.end())};
}

inline std::string onnx_convolution(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
  return onnx_on_images(to, layer, "Conv", onnx_kernel(to, layer, x),
                        {onnx_kernel_shape(layer),
                         onnx_strides(layer),
                         onnx_pads(layer),
                         {"dilations", onnx_sizes(layer, {"dilation_height", "dilation_width"})},
                         {"group", static_cast<std::int64_t>(layer.option("groups"))}});
}

inline std::string onnx_sequence_convolution(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
  return onnx_on_images(to, layer, "Conv", onnx_kernel(to, layer, x),
                        {onnx_kernel_shape(layer),
                         {"strides", onnx_sizes(layer, {"stride"})},
                         {"pads", onnx_sizes(layer, {"padding_before", "padding_after"})},
                         {"dilations", onnx_sizes(layer, {"dilation"})},
                         {"group", static_cast<std::int64_t>(layer.option("groups"))}},
                        2);
}

inline std::string onnx_max_pool(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
  return onnx_on_images(to, layer, "MaxPool", {x},
                        {{"kernel_shape", onnx_sizes(layer, {"kernel_height", "kernel_width"})},
                         onnx_strides(layer),
                         onnx_pads(layer)});
}

inline std::string onnx_average_pool(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
  return onnx_on_images(to, layer, "AveragePool", {x},
                        {{"kernel_shape", onnx_sizes(layer, {"kernel_height", "kernel_width"})},
                         onnx_strides(layer),
                         onnx_pads(layer),
                         {"count_include_pad", static_cast<std::int64_t>(layer.option("count_padding"))}});
}

inline std::string onnx_global_average_pool(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
  return onnx_on_images(to, layer, "GlobalAveragePool", {x}, {});
}

/// The patterns of layers of images: each function adds the layer of one pattern. Operators on sequences [batch,
/// channels, time] are layers with a window of height 1.
template <std::floating_point T>
struct OnnxImages {
  using In = OnnxImport<T>&;

  static void convolution(In in) {
    const OnnxTensor& kernel = in.tensor("weight");
    const std::size_t axes = spatial_axes(in);
    if (kernel.dims.size() != axes + 2)
      in.fail(joined("expected a kernel for ", axes + 2, " dimensions, got one of ", kernel.dims.size()),
              "make the kernel fit the layer before it");
    const Shape shape = in.shape();
    const Index groups = in.integer("Conv", "group", 1), out = kernel.dims[0], channels = kernel.dims[1];
    if (groups < 1 || groups > shape.channels || channels * groups != shape.channels)
      in.fail(joined("expected a kernel for ", shape.channels, " channels, got one for ", channels, " in ",
                     groups, " groups"),
              "make the kernel fit the layer before it");
    const std::vector<std::int64_t> sizes(kernel.dims.begin() + 2, kernel.dims.end());
    if (const auto given = in.integers("Conv", "kernel_shape"); !given.empty() && given != sizes)
      in.fail("expected kernel_shape to be that of the kernel, got another", "export the model again");
    const Window window = window_of(in, "Conv", extent(in, sizes));

    Rng unused{0};
    const auto leave = [](Matrix<T>&, const Fan&, Rng&) {};
    const Bias bias = in.has("bias") ? Bias::learned : Bias::none;
    if (axes == 1 && shape.height == 1)
      return add_with_kernel(in, Conv1D<T>{shape.channels,
                                           out,
                                           unused,
                                           leave,
                                           {.kernel = window.kernel.width,
                                            .stride = window.stride.width,
                                            .padding = {window.padding.left, window.padding.right},
                                            .dilation = window.dilation.width,
                                            .groups = groups,
                                            .bias = bias}});
    add_with_kernel(in, Conv2D<T>{shape.channels,
                                  out,
                                  unused,
                                  leave,
                                  {.kernel = window.kernel,
                                   .stride = window.stride,
                                   .padding = window.padding,
                                   .dilation = window.dilation,
                                   .groups = groups,
                                   .bias = bias}});
  }

  static void max_pool(In in) {
    expect_one_output(in);
    spatial_axes(in);
    in.shape();
    const Window window = pooling_window(in, "MaxPool");
    in.add(MaxPool2D<T>{{.kernel = window.kernel, .stride = window.stride, .padding = window.padding}});
  }
  static void average_pool(In in) {
    spatial_axes(in);
    in.shape();
    const Window window = pooling_window(in, "AveragePool");
    const bool counts = in.integer("AveragePool", "count_include_pad", 0) != 0;
    if (counts && window.padding != window_of(in, "AveragePool", window.kernel).padding)
      in.fail("expected ceil_mode = 0 with count_include_pad = 1, got windows beyond the padding",
              "export it with one of the two");
    in.add(AveragePool2D<T>{{.kernel = window.kernel,
                             .stride = window.stride,
                             .padding = window.padding,
                             .count_padding = counts || window.padding == Padding{}}});
  }
  static void global_average_pool(In in) {
    spatial_axes(in);
    in.shape();
    in.add(GlobalAveragePool<T>{});
  }
  static void global_max_pool(In in) {
    spatial_axes(in);
    const Shape shape = in.shape();
    in.add(MaxPool2D<T>{{.kernel = {shape.height, shape.width}}});
  }

 protected:
  /// Sets the weight and the bias of a convolution, and adds it.
  static void add_with_kernel(In in, auto layer) {
    const Index rows = layer.weight.rows(), taps = taps_of(in), channels = layer.weight.cols() / taps;
    const Matrix<double> weight = in.matrix("weight", rows, channels * taps);
    for (Index tap = 0; tap < taps; ++tap)
      for (Index channel = 0; channel < channels; ++channel)
        layer.weight.col(tap * channels + channel) = weight.col(channel * taps + tap).template cast<T>();
    if (in.has("bias")) layer.bias = in.vector("bias", layer.bias.size()).template cast<T>();
    in.add(std::move(layer));
  }

  static Index taps_of(In in) {
    const std::vector<std::int64_t>& dims = in.tensor("weight").dims;
    return std::accumulate(dims.begin() + 2, dims.end(), Index{1}, std::multiplies<>{});
  }
  static std::size_t spatial_axes(In in) {
    const std::size_t axes = in.samples().axes.size();
    if (axes != 2 && axes != 3)
      in.fail(joined("expected images or sequences, got ", axes + 1, " dimensions"),
              "give the input 3 or 4 dimensions, the channels in axis 1");
    return axes - 1;
  }

  /// Returns the sizes of a window, of one or two axes.
  static Extent extent(In in, const std::vector<std::int64_t>& sizes) {
    if (sizes.size() != spatial_axes(in))
      in.fail(joined("expected ", spatial_axes(in), " sizes of the window, got ", sizes.size()),
              "make the attributes fit the dimensions of the input");
    return {sizes.size() == 1 ? 1 : sizes[0], sizes.back()};
  }
  static Extent extent_or_one(In in, std::string_view op, std::string_view name) {
    const auto sizes = in.integers(op, name);
    return sizes.empty() ? Extent{1} : extent(in, sizes);
  }

  static Padding pads_or_none(In in, std::string_view op) {
    const auto pads = in.integers(op, "pads");
    if (pads.empty()) return {};
    const std::size_t axes = spatial_axes(in);
    if (pads.size() != 2 * axes)
      in.fail(joined("expected ", 2 * axes, " pads, got ", pads.size()),
              "make the attributes fit the dimensions of the input");
    return axes == 1 ? Padding{0, pads[0], 0, pads[1]} : Padding{pads[0], pads[1], pads[2], pads[3]};
  }

  static Window window_of(In in, std::string_view op, const Extent& kernel) {
    Window window{kernel, extent_or_one(in, op, "strides"), extent_or_one(in, op, "dilations"), {}};
    window = Window::checked(op, window);
    const std::string mode = in.text(op, "auto_pad", "NOTSET");
    const Shape& shape = in.samples().shape;
    if (mode == "SAME_UPPER" || mode == "SAME_LOWER") {
      const auto total = [](Index size, Index stride, Index reach) {
        return std::max(Index{0}, (size - 1) / stride * stride + reach - size);
      };
      const Index down = total(shape.height, window.stride.height, window.reach().height),
                  across = total(shape.width, window.stride.width, window.reach().width);
      window.padding = {down / 2, across / 2, down - down / 2, across - across / 2};
      if (mode == "SAME_LOWER") {
        std::swap(window.padding.top, window.padding.bottom);
        std::swap(window.padding.left, window.padding.right);
      }
    } else if (mode == "NOTSET") {
      window.padding = pads_or_none(in, op);
    } else if (mode != "VALID") {
      in.fail(joined("expected auto_pad = NOTSET, VALID, SAME_UPPER or SAME_LOWER, got ", mode),
              "export the model again");
    }
    return window;
  }

  /// The same for pooling. With ceil_mode, the last window may extend beyond the padding, which is enlarged for it; but
  /// it begins inside the image or the padding before it, as in PyTorch.
  static Window pooling_window(In in, std::string_view op) {
    Window window = window_of(in, op, extent(in, in.integers(op, "kernel_shape")));
    if (window.dilation != Extent{1})
      in.fail("expected dilations of 1, got others", "export it without dilation");
    if (in.integer(op, "ceil_mode", 0) == 0) return window;
    const auto enlarge = [](Index size, Index kernel, Index stride, Index before, Index& after) {
      Index last = (size + before + after - kernel + stride - 1) / stride;
      if (last * stride >= size + before) --last;
      after = std::max(after, last * stride + kernel - size - before);
    };
    const Shape& shape = in.samples().shape;
    enlarge(shape.height, window.kernel.height, window.stride.height, window.padding.top,
            window.padding.bottom);
    enlarge(shape.width, window.kernel.width, window.stride.width, window.padding.left, window.padding.right);
    return window;
  }

  static void expect_one_output(In in) {
    const std::vector<std::string>& outputs = in.node().outputs;
    if (outputs.size() > 1 && !outputs[1].empty())
      in.fail("expected one output, got the indices of the maxima, too", "export it without indices");
  }
};

}  // namespace descent::detail
