#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "descent/core/types.hpp"

namespace descent::detail {

/// A part of an axis: `size` numbers, `stride` apart in our memory.
struct OnnxStretch {
  Index size, stride;
  friend bool operator==(const OnnxStretch&, const OnnxStretch&) = default;
};

/// The samples of a value: their axes in ONNX, after that of the batch, and where each of them is in our memory.
///
/// ONNX keeps an image as [channels, height, width], the width fastest; here the channels are, then the width. The axes
/// say so by their strides:
///
///   channels {{3, 1}}      height {{32, 96}}      width {{32, 3}}
///
/// Transpose reorders the axes, Reshape and Flatten regroup their stretches, the slowest first. None of them moves a
/// number; a layer that takes the values in another order has the columns of its weights reordered instead.
class OnnxSamples {
 public:
  using Axis = std::vector<OnnxStretch>;

  OnnxSamples() = default;
  /// Of the input of a network: [features], a sequence of [channels, time] or an image of [channels, height, width], or
  /// with the channels last. More axes, or none, are plain features in ONNX's order.
  OnnxSamples(std::int64_t batch, const std::vector<Index>& sizes, bool channels_last) : count{batch} {
    const std::size_t rank = sizes.size();
    if (!channels_last && (rank == 2 || rank == 3)) {
      become({sizes[0], rank == 3 ? sizes[1] : 1, sizes.back()}, rank);
      return;
    }
    Index stride = 1;
    for (const Index size : sizes) stride *= size;
    for (const Index size : sizes) axes.push_back(of(size, stride /= size));
    shape = *usual_shape();
  }

  /// Makes them samples of a shape, with `rank` axes in the usual order.
  void become(const Shape& to, std::size_t rank) {
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
    for (const OnnxStretch& stretch : axes[axis]) product *= stretch.size;
    return product;
  }
  Index size() const {
    Index product = 1;
    for (std::size_t axis = 0; axis < axes.size(); ++axis) product *= size(axis);
    return product;
  }
  /// True for samples [features], in any order.
  bool is_plain() const { return axes.size() == 1; }
  /// True if the axis varies fastest in our memory, as channels do.
  bool is_channels(std::size_t axis) const {
    return axes[axis].empty() || axes[axis] == Axis{{size(axis), 1}};
  }
  /// The shape of samples whose axes are in the order of our memory, with the channels first or last; of others, none.
  std::optional<Shape> usual_shape() const {
    const std::size_t rank = axes.size();
    Shape shape_of_axes{size()};
    if (rank == 2) shape_of_axes = {size(0), 1, size(1)};
    if (rank == 3) shape_of_axes = {size(0), size(1), size(2)};
    OnnxSamples channels_first;
    channels_first.become(shape_of_axes, rank);
    if (axes == channels_first.axes) return shape_of_axes;
    if (flat() != of(size(), 1)) return {};
    if (rank == 2) return Shape{size(1), 1, size(0)};
    if (rank == 3) return Shape{size(2), size(0), size(1)};
    return shape_of_axes;
  }

  void transpose(const std::vector<std::size_t>& order) {
    std::vector<Axis> reordered;
    for (const std::size_t axis : order) reordered.push_back(axes[axis]);
    axes = std::move(reordered);
  }

  /// Regroups the axes into others of these sizes, of the same product. False if one of them would have to be made of
  /// numbers that no stride reaches.
  bool reshape(const std::vector<Index>& sizes) {
    Axis rest = flat();
    std::reverse(rest.begin(), rest.end());
    std::vector<Axis> regrouped;
    for (Index size : sizes) {
      Axis axis;
      while (size > 1) {
        OnnxStretch& next = rest.back();
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

  /// Makes the samples have other channels, which are this axis.
  void set_channels(std::size_t axis, Index channels) {
    const Index before = size(axis);
    for (Axis& other : axes)
      for (OnnxStretch& stretch : other) stretch.stride = stretch.stride / before * channels;
    axes[axis] = of(channels, 1);
  }

  /// The place in our memory of each value, in ONNX's order.
  std::vector<Index> places() const {
    std::vector<Index> all{0};
    for (const OnnxStretch& stretch : flat()) {
      std::vector<Index> finer;
      finer.reserve(all.size() * static_cast<std::size_t>(stretch.size));
      for (const Index first : all)
        for (Index i = 0; i < stretch.size; ++i) finer.push_back(first + i * stretch.stride);
      all = std::move(finer);
    }
    return all;
  }

  std::int64_t count = -1;  ///< -1: any number
  Shape shape;              ///< as our layers have it
  std::vector<Axis> axes;

 private:
  static Axis of(Index size, Index stride) { return size > 1 ? Axis{{size, stride}} : Axis{}; }

  /// Adds a stretch that varies faster, as a part of the last one if it continues it.
  static void append(Axis& axis, const OnnxStretch& stretch) {
    if (!axis.empty() && axis.back().stride == stretch.size * stretch.stride)
      axis.back() = {axis.back().size * stretch.size, stretch.stride};
    else
      axis.push_back(stretch);
  }
  /// All stretches, the slowest of ONNX first.
  Axis flat() const {
    Axis all;
    for (const Axis& axis : axes)
      for (const OnnxStretch& stretch : axis) append(all, stretch);
    return all;
  }
};

}  // namespace descent::detail
