#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/io/export_header/functions.hpp"
#include "descent/io/export_header/sequences.hpp"
#include "descent/tree/describe.hpp"
#include "descent/tree/dimensions.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Writes a network as calls of the exported functions, layer by layer.
class HeaderWriter : public SequenceWriter {
 public:
  using SequenceWriter::SequenceWriter;

  /// Writes a layer and returns its output. The buffer of its input is overwritten or used again unless it is kept.
  Values write(const LayerDescription& layer, const std::string& path, const Values& x, bool keep) {
    const std::string& type = layer.type;
    if (type == "Sequential" || type == "DynamicSequential") return write_chain(layer, path, x, keep);
    if (type == "Residual") return write_residual(layer, path, x, keep);
    if (type == "Concat") return write_concat(layer, path, x, keep);
    if (type == "Identity" || type == "Dropout" || type == "GaussianNoise" || type == "GaussianDropout")
      return x;
    if (type == "Flatten") return {x.buffer, {x.shape.size()}};
    if (type == "Reshape")
      return {x.buffer, {size(layer, "channels"), size(layer, "height"), size(layer, "width")}};
    if (const std::string formula = exported_activation(layer); !formula.empty()) {
      const Values y = in_place(x, keep);
      call("each", {"[](number v) { return ", formula, "; }, ", from(x), ", ", to(y), ", ", x.shape.size()});
      return y;
    }
    if (type == "Softmax" || type == "LogSoftmax") return write_softmax(type, x, keep);
    if (type == "PReLU") {
      const Values y = in_place(x, keep);
      const std::string slope = array(inside(path, "slope"));
      call("prelu", {slope, ", ", tensor(inside(path, "slope")).sizes[0], ", ", from(x), ", ", to(y), ", ",
                     x.shape.size()});
      return y;
    }
    if (type == "BatchNorm") return write_batch_norm(layer, path, x, keep);
    if (type == "Standardize")
      return write_normalize(
          path, x, keep, "mean", [](double deviation) { return 1 / deviation; }, "deviation", 0);
    if (type == "MinMax")
      return write_normalize(
          path, x, keep, "minimum", [](double scale) { return 1 / scale; }, "scale", option(layer, "low"));
    if (type == "Unstandardize") {
      const std::vector<double>& deviation = tensor(inside(path, "deviation")).numbers;
      return write_normalized(array(std::vector<double>(deviation.size(), 0)), deviation,
                              array(inside(path, "mean")), x, keep);
    }
    if (type == "LayerNorm" || type == "RMSNorm" || type == "GroupNorm" || type == "InstanceNorm")
      return write_sample_norm(layer, path, x, keep);
    if (type == "Dense") return write_dense(path, x, keep);
    if (type == "Conv2D" || type == "ConvTranspose2D") return write_convolution(layer, path, x, keep);
    if (type == "Conv1D") return write_convolution(on_images(layer), path, x, keep);
    if (type == "ZeroPad2D" || type == "Upsample") return write_resized(layer, x, keep);
    if (type == "RNN" || type == "LSTM" || type == "GRU") return write_recurrent(layer, path, x, keep);
    if (type == "Embedding") return write_embedding(path, x, keep);
    if (type == "PositionEmbedding" || type == "PositionalEncoding")
      return write_positions(layer, path, x, keep);
    if (type == "MultiHeadAttention") return write_attention(layer, path, x, keep);
    if (type == "MaxPool2D" || type == "AveragePool2D" || type == "GlobalAveragePool")
      return write_pooling(layer, x, keep);
    throw_error<DataError>(
        joined({"export_header: layer \"", path, '"'}),
        {"expected a layer that a header can compute, got ",
         type.empty() ? "one without a name" : type.c_str()},
        "predict with <descent/predict.hpp> instead, or write the layer by those of the library");
  }

  /// Writes a softmax at each position, or a sigmoid of a single output.
  Values write_probabilities(const Values& x) {
    if (x.shape.channels > 1) return write_softmax("Softmax", x, false);
    return write({"Sigmoid", {}, {}, {}}, "", x, false);
  }

 private:
  Values write_chain(const LayerDescription& chain, const std::string& path, const Values& x, bool keep) {
    Values y = x;
    for (const auto& [name, layer] : chain.layers)
      y = write(layer, inside(path, name), y, keep && y.buffer == x.buffer);
    return y;
  }
  Values write_residual(const LayerDescription& layer, const std::string& path, const Values& x, bool keep) {
    const Values body = write(layer.layers[0].layer, inside(path, layer.layers[0].name), x, true);
    const Values y = keep || x.buffer == 0 ? fresh(x.shape) : x;
    call("add", {from(x), ", ", from(body), ", ", to(y), ", ", x.shape.size()});
    if (body.buffer != x.buffer) release(body, false);
    return y;
  }
  Values write_concat(const LayerDescription& layer, const std::string& path, const Values& x, bool keep) {
    std::vector<Values> branches;
    Shape shape{0};
    for (const auto& [name, branch] : layer.layers) {
      branches.push_back(write(branch, inside(path, name), x, true));
      const Index channels = shape.channels;
      shape = branches.back().shape;
      shape.channels += channels;
    }
    const Values y = fresh(shape);
    Index before = 0;
    for (const Values& branch : branches) {
      const Index channels = branch.shape.channels;
      call("put", {from(branch), ", ", to(y), " + ", before, ", ", channels, ", ", shape.channels, ", ",
                   shape.positions()});
      before += channels;
      if (branch.buffer != x.buffer) release(branch, false);
    }
    release(x, keep);
    return y;
  }
  Values write_softmax(std::string_view type, const Values& x, bool keep) {
    const Values y = in_place(x, keep);
    call(type == "Softmax" ? "softmax" : "log_softmax",
         {from(x), ", ", to(y), ", ", x.shape.channels, ", ", x.shape.positions()});
    return y;
  }
  Values write_batch_norm(const LayerDescription& layer, const std::string& path, const Values& x,
                          bool keep) {
    std::vector<double> factor = tensor(inside(path, "gamma")).numbers;
    const auto& variance = tensor(inside(path, "running_variance")).numbers;
    for (std::size_t c = 0; c < factor.size(); ++c)
      factor[c] /= std::sqrt(variance[c] + option(layer, "epsilon"));
    return write_normalized(array(inside(path, "running_mean")), factor, array(inside(path, "beta")), x,
                            keep);
  }
  Values write_normalize(const std::string& path, const Values& x, bool keep, std::string_view mean,
                         auto&& inverse, std::string_view scale, double offset) {
    std::vector<double> factor = tensor(inside(path, scale)).numbers;
    for (double& value : factor) value = inverse(value);
    return write_normalized(array(inside(path, mean)), factor,
                            array(std::vector<double>(factor.size(), offset)), x, keep);
  }
  Values write_normalized(const std::string& mean, const std::vector<double>& factor,
                          const std::string& offset, const Values& x, bool keep) {
    const Values y = in_place(x, keep);
    const auto channels = static_cast<Index>(factor.size());
    call("normalize", {mean, ", ", array(factor), ", ", offset, ", ", from(x), ", ", to(y), ", ", channels,
                       ", ", x.shape.size() / channels});
    return y;
  }
  Values write_dense(const std::string& path, const Values& x, bool keep) {
    const Dimensions& sizes = tensor(inside(path, "weight")).sizes;
    const bool is_whole = x.shape.size() == sizes[1];
    const Values y = fresh(is_whole ? Shape{sizes[0]} : Shape{sizes[0], x.shape.height, x.shape.width});
    const std::string weight = array(inside(path, "weight")), bias = optional(inside(path, "bias"));
    call("dense", {weight, ", ", bias, ", ", from(x), ", ", to(y), ", ", sizes[1], ", ", sizes[0], ", ",
                   is_whole ? 1 : x.shape.positions()});
    release(x, keep);
    return y;
  }
  Values write_sample_norm(const LayerDescription& layer, const std::string& path, const Values& x,
                           bool keep) {
    const Values y = in_place(x, keep);
    const Index channels = tensor(inside(path, "gamma")).sizes[0];
    const std::string gamma = array(inside(path, "gamma")),
                      epsilon = joined({", number(", exact(option(layer, "epsilon")), "), "}),
                      values = joined({from(x), ", ", to(y), ", "}),
                      sizes = joined({channels, ", ", x.shape.size() / channels});
    if (layer.type == "RMSNorm") {
      call("rms_norm", {gamma, epsilon, values, sizes});
      return y;
    }
    const std::string beta = array(inside(path, "beta"));
    if (layer.type == "LayerNorm") {
      call("layer_norm", {gamma, ", ", beta, epsilon, values, sizes});
      return y;
    }
    const Index groups = layer.type == "GroupNorm" ? size(layer, "groups") : channels;
    call("group_norm", {gamma, ", ", beta, epsilon, values, groups, ", ", sizes});
    return y;
  }
  /// Returns the options of a `Conv2D` with a kernel of height 1.
  static LayerDescription on_images(const LayerDescription& layer) {
    return {"Conv2D",
            {{"stride_height", 1},
             {"stride_width", option(layer, "stride")},
             {"padding_top", 0},
             {"padding_left", option(layer, "padding_before")},
             {"padding_bottom", 0},
             {"padding_right", option(layer, "padding_after")},
             {"dilation_height", 1},
             {"dilation_width", option(layer, "dilation")},
             {"groups", option(layer, "groups")}},
            {}};
  }
  Values write_convolution(const LayerDescription& layer, const std::string& path, const Values& x,
                           bool keep) {
    const auto& [sizes, numbers] =
        tensor(inside(path, "weight"));  // [out, in, height, width], or a transposed one
    const Pair kernel{sizes.rank() == 4 ? sizes[2] : 1, sizes[sizes.rank() - 1]};
    std::vector<double> weight;
    const auto first = sizes[0], second = sizes[1], taps = kernel.height * kernel.width;
    for (Index i = 0; i < first; ++i)
      for (Index tap = 0; tap < taps; ++tap)
        for (Index k = 0; k < second; ++k)
          weight.push_back(numbers[static_cast<std::size_t>((i * second + k) * taps + tap)]);
    const std::string arrays = joined({array(weight), ", ", optional(inside(path, "bias")), ", "});
    const Pair dilation{size(layer, "dilation_height"), size(layer, "dilation_width")};
    const Index groups = size(layer, "groups");
    const bool is_transposed = layer.type == "ConvTranspose2D";
    return write_window(is_transposed ? "convolve_transposed" : "convolve", arrays, layer, x,
                        fresh({is_transposed ? second * groups : first, 0, 0}), kernel, dilation, groups,
                        keep);
  }
  Values write_resized(const LayerDescription& layer, const Values& x, bool keep) {
    const auto [channels, height, width] = x.shape;
    const std::string image = joined({channels, ", ", height, ", ", width, ", "});
    Values y;
    if (layer.type == "Upsample") {
      const Index down = size(layer, "factor_height"), across = size(layer, "factor_width");
      y = fresh({channels, height * down, width * across});
      call("upsample", {from(x), ", ", to(y), ", ", image, down, ", ", across, ", ",
                        option(layer, "interpolation") == 1 ? "true" : "false"});
    } else {
      const Index top = size(layer, "padding_top"), left = size(layer, "padding_left"),
                  bottom = size(layer, "padding_bottom"), right = size(layer, "padding_right");
      y = fresh({channels, top + height + bottom, left + width + right});
      call("pad", {from(x), ", ", to(y), ", ", image, top, ", ", left, ", ", bottom, ", ", right});
    }
    release(x, keep);
    return y;
  }
  Values write_pooling(const LayerDescription& layer, const Values& x, bool keep) {
    const Values y = fresh({x.shape.channels, 0, 0});
    if (layer.type == "GlobalAveragePool") {
      const LayerDescription whole{"",
                                   {{"stride_height", 1},
                                    {"stride_width", 1},
                                    {"padding_top", 0},
                                    {"padding_left", 0},
                                    {"padding_bottom", 0},
                                    {"padding_right", 0}},
                                   {}};
      return write_window("pool", "pooling::mean, ", whole, x, y, {x.shape.height, x.shape.width}, {1, 1}, 1,
                          keep);
    }
    const char* kind = layer.type == "MaxPool2D"             ? "pooling::maximum, "
                       : option(layer, "count_padding") == 1 ? "pooling::mean, "
                                                             : "pooling::mean_inside, ";
    return write_window("pool", kind, layer, x, y,
                        {size(layer, "kernel_height"), size(layer, "kernel_width")}, {1, 1}, 1, keep);
  }
  struct Pair {
    Index height, width;
  };
  Values write_window(const std::string& function, const std::string& arguments,
                      const LayerDescription& layer, const Values& x, Values y, const Pair& kernel,
                      const Pair& dilation, Index groups, bool keep) {
    const Pair stride{size(layer, "stride_height"), size(layer, "stride_width")};
    const Index top = size(layer, "padding_top"), left = size(layer, "padding_left");
    const Pair padding{top + size(layer, "padding_bottom"), left + size(layer, "padding_right")},
        reach{dilation.height * (kernel.height - 1) + 1, dilation.width * (kernel.width - 1) + 1};
    if (layer.type == "ConvTranspose2D") {
      y.shape.height = (x.shape.height - 1) * stride.height + reach.height - padding.height +
                       size(layer, "output_padding_height");
      y.shape.width = (x.shape.width - 1) * stride.width + reach.width - padding.width +
                      size(layer, "output_padding_width");
    } else {
      y.shape.height = (x.shape.height + padding.height - reach.height) / stride.height + 1;
      y.shape.width = (x.shape.width + padding.width - reach.width) / stride.width + 1;
    }
    need("window");
    call(function, {arguments, from(x),
                    ", ",      to(y),
                    ", {",     x.shape.channels,
                    ", ",      x.shape.height,
                    ", ",      x.shape.width,
                    ", ",      y.shape.channels,
                    ", ",      y.shape.height,
                    ", ",      y.shape.width,
                    ", ",      kernel.height,
                    ", ",      kernel.width,
                    ", ",      stride.height,
                    ", ",      stride.width,
                    ", ",      top,
                    ", ",      left,
                    ", ",      dilation.height,
                    ", ",      dilation.width,
                    ", ",      groups,
                    '}'});
    release(x, keep);
    return y;
  }
};

}  // namespace descent::detail
