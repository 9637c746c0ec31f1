#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// A factor of an axis: `size` numbers at a distance of `stride` in memory.
struct OnnxSubaxis {
  Index size, stride;
  friend bool operator==(const OnnxSubaxis&, const OnnxSubaxis&) = default;
};

/// The layout of the samples of a value: the axes that ONNX gives a sample, and the strides of each in descent's
/// memory.
///
/// ONNX stores an image as [channels, height, width] with the width varying fastest. In descent the channels vary
/// fastest, then the width. For 3 channels of 32 x 32:
///
///   axis       subaxes {size, stride}
///   channels   {3, 1}
///   height     {32, 96}
///   width      {32, 3}
///
/// Transpose permutes the axes, and Reshape and Flatten regroup their subaxes. An axis that is merged of several has
/// several subaxes, the slowest first: after Flatten the features are {3, 1}, {1024, 3}, since height and width are
/// contiguous. No number is moved: the columns of the next layer's weights are reordered instead.
class OnnxSamples {
 public:
  using Axis = std::vector<OnnxSubaxis>;

  OnnxSamples() = default;
  /// The layout of a network's input of these sizes: [features], [channels, time] or [channels, height, width], or
  /// with the channels last. Any other number of axes is that of plain features in ONNX's order.
  OnnxSamples(std::int64_t samples, const std::vector<Index>& sizes, bool channels_last) : count{samples} {
    const std::size_t rank = sizes.size();
    if (!channels_last && (rank == 2 || rank == 3)) {
      set_shape({sizes[0], rank == 3 ? sizes[1] : 1, sizes.back()}, rank);
      return;
    }
    Index stride = 1;
    for (const Index size : sizes) stride *= size;
    for (const Index size : sizes) axes.push_back(of(size, stride /= size));
    shape = *standard_shape();
  }

  /// Sets the layout of samples of a shape with `rank` axes, the channels first.
  void set_shape(const Shape& to, std::size_t rank) {
    shape = to;
    const Index row = to.channels * to.width;
    if (rank == 3)
      axes = {of(to.channels, 1), of(to.height, row), of(to.width, to.channels)};
    else if (rank == 2)
      axes = {of(to.channels, 1), of(to.height * to.width, to.channels)};
    else
      axes = {of(to.size(), 1)};
  }

  Index size(std::size_t axis) const {
    Index product = 1;
    for (const OnnxSubaxis& part : axes[axis]) product *= part.size;
    return product;
  }
  Index size() const {
    Index product = 1;
    for (std::size_t axis = 0; axis < axes.size(); ++axis) product *= size(axis);
    return product;
  }
  /// True for [batch, features], in any order of the features.
  bool is_plain() const { return axes.size() == 1; }
  /// True if the axis varies fastest in memory, as channels do.
  bool is_channel_axis(std::size_t axis) const {
    return axes[axis].empty() || axes[axis] == Axis{{size(axis), 1}};
  }
  /// The shape of samples whose layout is that of a `Batch`, with the channels as the first or the last axis; else
  /// none.
  std::optional<Shape> standard_shape() const {
    const std::size_t rank = axes.size();
    Shape shape_of_axes{size()};
    if (rank == 2) shape_of_axes = {size(0), 1, size(1)};
    if (rank == 3) shape_of_axes = {size(0), size(1), size(2)};
    OnnxSamples channels_first;
    channels_first.set_shape(shape_of_axes, rank);
    if (axes == channels_first.axes) return shape_of_axes;
    if (subaxes() != of(size(), 1)) return {};
    if (rank == 2) return Shape{size(1), 1, size(0)};
    if (rank == 3) return Shape{size(2), size(0), size(1)};
    return shape_of_axes;
  }

  /// Reorders all axes, with the batch.
  void transpose(const std::vector<std::size_t>& order) {
    std::vector<Axis> reordered;
    std::size_t to = 0;
    for (std::size_t k = 0; k < order.size(); ++k)
      if (order[k] == batch)
        to = k;
      else
        reordered.push_back(axes[order[k] - (order[k] > batch ? 1 : 0)]);
    axes = std::move(reordered);
    batch = to;
  }

  /// Regroups the subaxes into axes of these sizes, whose product is the same. False if a size would split a subaxis
  /// unevenly.
  bool reshape(const std::vector<Index>& sizes) {
    Axis rest = subaxes();
    std::reverse(rest.begin(), rest.end());
    std::vector<Axis> regrouped;
    for (Index size : sizes) {
      Axis axis;
      while (size > 1) {
        OnnxSubaxis& next = rest.back();
        const Index taken = std::min(size, next.size);
        if (size % taken != 0 || next.size % taken != 0) return false;
        size /= taken;
        next.size /= taken;
        append(axis, {taken, next.stride * next.size});
        if (next.size == 1) rest.pop_back();
      }
      regrouped.push_back(std::move(axis));
    }
    axes = std::move(regrouped);
    return true;
  }

  /// Changes the number of channels, which this axis holds.
  void set_channels(std::size_t axis, Index channels) {
    const Index before = size(axis);
    for (Axis& other : axes)
      for (OnnxSubaxis& part : other) part.stride = part.stride / before * channels;
    axes[axis] = of(channels, 1);
  }

  /// The offset of each value in the memory of a sample, in ONNX's order.
  std::vector<Index> offsets() const {
    std::vector<Index> all{0};
    for (const OnnxSubaxis& part : subaxes()) {
      std::vector<Index> finer;
      finer.reserve(all.size() * static_cast<std::size_t>(part.size));
      for (const Index first : all)
        for (Index i = 0; i < part.size; ++i) finer.push_back(first + i * part.stride);
      all = std::move(finer);
    }
    return all;
  }

  std::int64_t count = -1;  ///< the size of the batch; -1: dynamic
  std::size_t batch =
      0;        ///< the position of the batch among the axes; recurrent layers have the time before it
  Shape shape;  ///< the shape that the next layer gets
  std::vector<Axis> axes;

 private:
  static Axis of(Index size, Index stride) { return size > 1 ? Axis{{size, stride}} : Axis{}; }

  /// Appends a subaxis that varies faster, merged with the last one if both are contiguous.
  static void append(Axis& axis, const OnnxSubaxis& part) {
    if (!axis.empty() && axis.back().stride == part.size * part.stride)
      axis.back() = {axis.back().size * part.size, part.stride};
    else
      axis.push_back(part);
  }
  /// The subaxes of all axes, the slowest in ONNX's order first.
  Axis subaxes() const {
    Axis all;
    for (const Axis& axis : axes)
      for (const OnnxSubaxis& part : axis) append(all, part);
    return all;
  }
};

}  // namespace descent::detail
