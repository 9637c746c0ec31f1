#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "descent/core/types.hpp"
#include "descent/core/window.hpp"
#include "descent/linalg/tile.hpp"
#include "descent/parallel/parts.hpp"

// The three sums of a convolution for one sample: forward, the gradient of the weight, and the gradient of the input.

namespace descent::inline DESCENT_ABI::detail {

/// The sizes of a convolution and the runs of numbers that it multiplies.
struct ConvolutionPlan {
  Shape in, image, out;  // `image` is the input with its padding
  Index groups = 1, group_in = 1, group_out = 1;
  Index columns = 0;  // of the weight
  Index run = 0;   // neighboring numbers of the image that a row of the kernel, or a place in it, multiplies
  Index step = 0;  // from a window to the next one in the image
  std::vector<Segment> segments;  // the runs of a window, and the columns of the weight
  std::vector<Segment> rows;      // for each row of the output its first window, and its first position

  void set(const Window& window, const Shape& of_in, const Shape& of_out, Index of_groups) {
    const auto& [kernel, stride, dilation, padding] = window;
    in = of_in, out = of_out, image = window.padded(in), groups = of_groups;
    group_in = in.channels / groups, group_out = out.channels / groups;
    columns = group_in * kernel.height * kernel.width;
    step = stride.width * in.channels;
    // A row of the kernel meets one run of numbers, unless there are gaps in it.
    run = groups == 1 && dilation.width == 1 ? group_in * kernel.width : group_in;
    const Index row = image.width * image.channels;
    segments.clear();
    for (Index column = 0; column < columns; column += run) {
      const Index u = column / group_in / kernel.width, v = column / group_in % kernel.width;
      segments.push_back({u * dilation.height * row + v * dilation.width * in.channels, column, run});
    }
    rows.clear();
    for (Index i = 0; i < out.height; ++i)
      rows.push_back({i * stride.height * row, i * out.width, out.width});
  }
};

/// Computes rows of the output. For each group, `packed` has the columns of the weight and then the bias.
template <class T>
void convolve(const ConvolutionPlan& plan, const Matrix<T>& packed, const T* image, const Part& rows, T* y) {
  // So many segments at once that their weights for a tile fit into the first-level cache.
  constexpr Index cached = (24 << 10) / (Tile2D<T>::most_lanes * Index{sizeof(T)});
  const auto few = static_cast<std::size_t>(std::max(Index{1}, cached / plan.run));
  const std::span segments{plan.segments};
  for (Index g = 0; g < plan.groups; ++g)
    for (Index o = 0; o < plan.group_out; o += Tile2D<T>::most_lanes) {
      const T *w = packed.col(g * (plan.columns + 1)).data() + o, *bias = w + plan.columns * packed.rows();
      const Index lanes = std::min(Tile2D<T>::most_lanes, plan.group_out - o);
      const std::size_t most = lanes == Tile2D<T>::most_lanes ? few : segments.size();
      for (std::size_t first = 0; first < segments.size(); first += most)
        for (const Segment& row : std::span{plan.rows}.subspan(static_cast<std::size_t>(rows.first),
                                                               static_cast<std::size_t>(rows.count))) {
          T* to = y + row.w * plan.out.channels + g * plan.group_out + o;
          Tile2D<T>{.x = image + row.x + g * plan.group_in,
                    .x_block = plan.step,
                    .x_step = 1,
                    .w = w,
                    .w_step = packed.rows(),
                    .segments = segments.subspan(first, std::min(most, segments.size() - first)),
                    .init = first == 0 ? bias : to,
                    .init_block = first == 0 ? 0 : plan.out.channels,
                    .y = to,
                    .y_block = plan.out.channels,
                    .lanes = lanes}
              .compute(row.length);
        }
    }
}

/// Adds the part of a sample to some columns of the gradient of the weight, of all groups one after another. Each
/// hundred positions or so are summed on their own, for precision.
template <class T>
void add_weight_gradient(const ConvolutionPlan& plan, const T* image, const T* dy, const Part& part,
                         Matrix<T>& sum) {
  const auto group = static_cast<std::size_t>(std::max(Index{1}, 128 / plan.out.width));
  for (std::size_t first = 0; first < plan.rows.size(); first += group)
    for (Index column = part.first, end = column + part.count; column < end;) {
      const Index g = column / plan.columns, of_group = column % plan.columns, k = of_group % plan.run;
      const Index count = std::min(end - column, plan.run - k);
      const Segment& segment = plan.segments[static_cast<std::size_t>(of_group / plan.run)];
      for (Index o = 0; o < sum.rows(); o += Tile2D<T>::most_lanes)
        Tile2D<T>{.x = image + segment.x + k + g * plan.group_in,
                  .x_block = 1,
                  .x_step = plan.step,
                  .w = dy + g * plan.group_out + o,
                  .w_step = plan.out.channels,
                  .segments = std::span{plan.rows}.subspan(first, std::min(group, plan.rows.size() - first)),
                  .y = sum.col(column).data() + o,
                  .y_block = sum.rows(),
                  .lanes = std::min(Tile2D<T>::most_lanes, sum.rows() - o),
                  .adds = true}
            .compute(count);
      column += count;
    }
}

/// Computes the gradient of a sample of the input: adds dy times the kernel to the padded image, and copies that
/// without its padding. For each group and segment, `packed` has a column for each output. If there is an offset, the
/// sums begin with it.
template <class T>
void spread(const ConvolutionPlan& plan, const Padding& padding, const Matrix<T>& packed, const T* dy,
            const Vector<T>& offset, T* dx) {
  thread_local Vector<T> memory;
  const Index size = plan.image.size() + Tile2D<T>::packet, channels = plan.in.channels;
  if (memory.size() < size) memory.resize(size);
  T* image = memory.data();
  std::fill_n(image, size, T(0));
  if (offset.size() > 0)
    for (Index p = 0; p < plan.image.positions(); ++p)
      std::copy_n(offset.data(), channels, image + p * channels);
  const Segment outputs{0, 0, plan.group_out};
  const T* w = packed.data();
  for (Index g = 0; g < plan.groups; ++g)
    for (const Segment& segment : plan.segments) {
      for (Index o = 0; o < packed.rows(); o += Tile2D<T>::most_lanes)
        for (const Segment& row : plan.rows)
          Tile2D<T>{.x = dy + row.w * plan.out.channels + g * plan.group_out,
                    .x_block = plan.out.channels,
                    .x_step = 1,
                    .w = w + o,
                    .w_step = packed.rows(),
                    .segments = {&outputs, 1},
                    .y = image + row.x + segment.x + g * plan.group_in + o,
                    .y_block = plan.step,
                    .lanes = Tile2D<T>::padded(std::min(Tile2D<T>::most_lanes, packed.rows() - o)),
                    .adds = true}
              .compute(row.length);
      w += packed.rows() * plan.group_out;
    }
  for (Index i = 0; i < plan.in.height; ++i)
    dx = std::copy_n(image + ((i + padding.top) * plan.image.width + padding.left) * channels,
                     plan.in.width * channels, dx);
}

}  // namespace descent::detail
