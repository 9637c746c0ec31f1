#pragma once

#include <algorithm>
#include <concepts>
#include <string_view>

#include "descent/concepts/initializer.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/core/window.hpp"
#include "descent/layers/convolution/depthwise.hpp"
#include "descent/layers/convolution/sums.hpp"
#include "descent/layers/dense.hpp"
#include "descent/linalg/row_sums.hpp"
#include "descent/linalg/tile.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/tree/parameter.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The memory of a convolution.
template <std::floating_point T>
struct ConvolutionCache {
  Matrix<T> y, dx;
  Matrix<T> padded;                                      // the images with their padding
  Matrix<T> packed, packed_transposed, packed_gradient;  // the weight in columns of whole vectors
  Matrix<T> partial;  // the gradients of a depthwise weight, for each sample
  Vector<T> last;     // the last samples of the outputs, followed by zeros
  ConvolutionPlan plan;
};

/// A convolution from larger images x of `in` channels to smaller ones y of `out`, y = W x + b, and what is computed with
/// its weight in both directions: `apply` W x, `apply_transposed` W^T y, and the gradient of W. A convolution is the
/// first, a transposed convolution the second. `c.plan` has the sizes.
template <std::floating_point T>
class Convolution {
  using Tile = Tile2D<T>;

 public:
  using Scalar = T;
  using Cache = ConvolutionCache<T>;

  static void visit(auto&& f, auto& first, auto&... rest) {
    const Extent& kernel = first.window_.kernel;
    const Dimensions sizes{{first.weight.rows(), first.group_in(), kernel.height, kernel.width},
                           {0, 1, 3, 2}};
    f(Parameter{"weight", Role::weight, sizes}, first.weight, rest.weight...);
    if (first.has_bias()) f(Parameter{"bias", Role::bias}, first.bias, rest.bias...);
  }

  bool has_bias() const { return bias.size() != 0; }
  Index groups() const { return groups_; }

  Matrix<T> weight;  ///< [out, in / groups * kernel width * kernel height], the channels fastest
  Vector<T> bias;

 protected:
  /// Makes a weight of zeros and no bias. The window is one of `checked`.
  Convolution(std::string_view name, Index in, Index out, const Window& window, Index groups)
      : window_{window}, groups_{groups} {
    const Shape kernel{in / groups, window.kernel.height, window.kernel.width};
    weight = filled<Matrix<T>>(name, out, kernel.size(), T(0));
  }

  /// Returns a valid window, with explicit padding; throws ShapeError if there is none, or unless the groups divide the
  /// channels of the layer.
  static Window checked(std::string_view name, Index in, Index out, const auto& options) {
    const Index groups = options.groups;
    const Window window =
        Window::checked(name, {options.kernel, options.stride, options.dilation, options.padding});
    if (in <= 0 || out <= 0)
      throw_error<ShapeError>(name, {"expected positive sizes, got in = ", in, " and out = ", out},
                              "pass the numbers of input and output channels");
    if (groups < 1 || in % groups != 0 || out % groups != 0)
      throw_error<ShapeError>(name,
                              {"expected groups that divide ", in, " and ", out, " channels, got ", groups},
                              "choose a common divisor of the input and output channels");
    return window;
  }

  Index taps() const { return window_.kernel.height * window_.kernel.width; }
  Index group_in() const { return weight.cols() / taps(); }
  Index group_out() const { return weight.rows() / groups_; }
  Index in() const { return group_in() * groups_; }
  /// The number of outputs and inputs of each number.
  Fan fan() const { return {group_in() * taps(), group_out() * taps()}; }

  /// Computes y = W x, and adds the bias if there is one.
  void apply(const Batch<T>& x, Cache& c, const Vector<T>& offset, Matrix<T>& y, Workers& workers) const {
    const ConvolutionPlan& plan = c.plan;
    y.resize(plan.out.size(), x.samples());
    if (!is_depthwise()) {
      pad(x, c, workers);
      pack(offset, c.packed);
    }
    const Index rows = plan.out.height;
    for_parts(workers, {x.samples() * rows, row_cost(plan)}, [&](const Part& part) {
      for (Index row = part.first, end = row + part.count; row < end;) {
        const Index s = row / rows;
        const Part of_sample{row % rows, std::min(end - row, rows - row % rows)};
        if (is_depthwise())
          apply_depthwise(plan, x.col(s).data(), of_sample, offset, y.col(s).data());
        else
          convolve(plan, c.packed, image(x, c, s), of_sample, y.col(s).data());
        row += of_sample.count;
      }
    });
  }

  /// Computes x = W^T y, and adds the offset if there is one.
  void apply_transposed(const Batch<T>& y, Cache& c, const Vector<T>& offset, Matrix<T>& x,
                        Workers& workers) const {
    const ConvolutionPlan& plan = c.plan;
    x.resize(plan.in.size(), y.samples());
    if (is_depthwise())
      c.packed_transposed = weight.rowwise().reverse();
    else
      pack_transposed(plan, c.packed_transposed);
    for_parts(workers, {y.samples(), plan.out.height * row_cost(plan)}, [&](const Part& part) {
      for (Index s = part.first; s < part.first + part.count; ++s)
        if (is_depthwise())
          spread_depthwise(plan, c.packed_transposed, y.col(s).data(), offset, x.col(s).data());
        else
          spread(plan, window_.padding, c.packed_transposed, y.col(s).data(), offset, x.col(s).data());
    });
  }

  /// Computes the gradient of the weight from the images x and the gradient dy of W x.
  void weight_gradient(const Batch<T>& x, const Batch<T>& dy, Cache& c, Matrix<T>& gradient,
                       Workers& workers) const {
    const ConvolutionPlan& plan = c.plan;
    gradient.resize(weight.rows(), weight.cols());
    const Index samples = x.samples(), positions = plan.out.positions() * samples;
    if (is_depthwise()) {
      c.partial.resize(weight.size(), samples);
      for_parts(workers, {samples, plan.out.height * row_cost(plan)}, [&](const Part& part) {
        for (Index s = part.first; s < part.first + part.count; ++s)
          depthwise_gradient(plan, x.col(s).data(), dy.col(s).data(), c.partial.col(s).data());
      });
      return row_sums(Batch<T>{c.partial}, gradient.data(), workers);
    }
    c.packed_gradient.setZero(Tile::padded(plan.group_out), plan.columns * groups_);
    if (c.padded.rows() != plan.image.size() || c.padded.cols() != samples) pad(x, c, workers);
    // Vectors are read up to a packet beyond a sample, so the last samples are copied to where that is allowed.
    const Index last = std::min(samples, 1 + (Tile::packet - 1) / dy.rows()), first = samples - last;
    c.last.resize(last * dy.rows() + Tile::packet);
    c.last.head(last * dy.rows()) = dy.rightCols(last).reshaped();
    c.last.tail(Tile::packet).setZero();
    for_parts(workers, {plan.columns * groups_, positions * plan.group_out / term_cost + 1},
              [&](const Part& part) {
                for (Index s = 0; s < samples; ++s)
                  add_weight_gradient(plan, image(x, c, s),
                                      s < first ? dy.col(s).data() : c.last.data() + (s - first) * dy.rows(),
                                      part, c.packed_gradient);
              });
    for (Index g = 0; g < groups_; ++g)
      rows_of(gradient, g) = c.packed_gradient.block(0, g * plan.columns, plan.group_out, plan.columns);
  }

  void bias_gradient(const Batch<T>& dy, const Shape& out, Vector<T>& gradient, Workers& workers) const {
    if (has_bias())
      row_sums({dy.data(), Shape{out.channels}, out.positions() * dy.samples()}, gradient, workers);
  }

  /// Copies the images into larger ones with zeros around them, for `apply` and `weight_gradient`.
  void pad(const Batch<T>& x, Cache& c, Workers& workers) const {
    if (window_.padding == Padding{} || is_depthwise()) return;
    const Placement placement = with_padding(c.plan);
    c.padded.resize(c.plan.image.size(), x.samples());
    for_columns(workers, c.plan.image.size(), x.samples(),
                [&](Index s) { placement.copy(x.col(s).data(), c.padded.col(s).data()); });
  }

  Window window_;
  Index groups_;

 private:
  static constexpr Index term_cost = 32;  // products in the time to compute a number elsewhere, about

  /// The cost of a row of the output.
  static Index row_cost(const ConvolutionPlan& plan) {
    return plan.out.width * plan.out.channels * plan.columns / term_cost + 1;
  }
  /// True if each channel has a kernel of its own.
  bool is_depthwise() const { return groups_ == weight.rows() && weight.cols() == taps(); }

  auto rows_of(auto& matrix, Index group) const {
    return matrix.middleRows(group * group_out(), group_out());
  }
  const T* image(const Batch<T>& x, const Cache& c, Index s) const {
    return window_.padding == Padding{} ? x.col(s).data() : c.padded.col(s).data();
  }
  Placement with_padding(const ConvolutionPlan& plan) const {
    return {plan.in, plan.image, window_.padding.top, window_.padding.left, 1};
  }

  /// Packs the weight of each group, and after it the offset, into columns of whole vectors.
  void pack(const Vector<T>& offset, Matrix<T>& to) const {
    const Index columns = weight.cols();
    to.setZero(Tile::padded(group_out()), (columns + 1) * groups_);
    for (Index g = 0; g < groups_; ++g) {
      to.block(0, g * (columns + 1), group_out(), columns) = rows_of(weight, g);
      if (offset.size() > 0)
        to.col(g * (columns + 1) + columns).head(group_out()) = offset.segment(g * group_out(), group_out());
    }
  }
  /// Packs the transpose of the weight: for each segment and output a column of whole vectors.
  void pack_transposed(const ConvolutionPlan& plan, Matrix<T>& to) const {
    to.setZero(Tile::padded(plan.run), weight.rows() * static_cast<Index>(plan.segments.size()));
    Index column = 0;
    for (Index g = 0; g < groups_; ++g)
      for (const Segment& segment : plan.segments) {
        to.block(0, column, plan.run, plan.group_out) =
            rows_of(weight, g).middleCols(segment.w, plan.run).transpose();
        column += plan.group_out;
      }
  }

  static T* memory_of_thread(Index size) {
    thread_local Vector<T> memory;
    if (memory.size() < size) memory.resize(size);
    return memory.data();
  }
  static const T* data_or_null(const Vector<T>& offset) {
    return offset.size() == 0 ? nullptr : offset.data();
  }
  /// The sums on an image of this width.
  Depthwise<T> depthwise(const ConvolutionPlan& plan, Index image_width) const {
    return {
        window_.kernel, window_.stride, window_.dilation, plan.in.channels, image_width * plan.in.channels,
        plan.out.width};
  }
  const T* image_with_padding(const ConvolutionPlan& plan, const T* x) const {
    if (window_.padding == Padding{}) return x;
    T* image = memory_of_thread(plan.image.size());
    with_padding(plan).copy(x, image);
    return image;
  }

  void apply_depthwise(const ConvolutionPlan& plan, const T* x, const Part& rows, const Vector<T>& offset,
                       T* y) const {
    const Depthwise<T> sums = depthwise(plan, plan.in.width);
    for (Index i = rows.first; i < rows.first + rows.count; ++i)
      sums.convolve_padded(x, plan.in, i * window_.stride.height - window_.padding.top, window_.padding.left,
                           weight.data(), data_or_null(offset), y + i * plan.out.width * sums.channels);
  }

  /// Computes the transpose as a convolution at a stride of 1 with the kernel `flipped`, of y with zeros between its
  /// positions and around them.
  void spread_depthwise(const ConvolutionPlan& plan, const Matrix<T>& flipped, const T* y,
                        const Vector<T>& offset, T* x) const {
    const Index down = window_.reach().height - 1, across = window_.reach().width - 1;
    const Placement placement{plan.out,
                              {plan.in.channels, plan.in.height + down, plan.in.width + across},
                              down - window_.padding.top,
                              across - window_.padding.left,
                              window_.stride};
    const Depthwise<T> sums{
        window_.kernel, 1, window_.dilation, plan.in.channels, placement.image.width * plan.in.channels,
        plan.in.width};
    T* image = memory_of_thread(placement.image.size());
    placement.copy(y, image);
    for (Index i = 0; i < plan.in.height; ++i)
      sums.convolve(image + i * sums.row, flipped.data(), data_or_null(offset), plan.in.width,
                    x + i * plan.in.width * sums.channels);
  }

  /// Computes the gradient of a sample. Each hundred positions or so are summed on their own, for precision.
  void depthwise_gradient(const ConvolutionPlan& plan, const T* x, const T* dy, T* dw) const {
    const Depthwise<T> sums = depthwise(plan, plan.image.width);
    const T* image = image_with_padding(plan, x);
    const Index group = std::max(Index{1}, 128 / plan.out.width);
    std::fill_n(dw, weight.size(), T(0));
    for (Index i = 0; i < plan.out.height; i += group)
      sums.add_weight_gradient(image + i * window_.stride.height * sums.row,
                               dy + i * plan.out.width * sums.channels, std::min(group, plan.out.height - i),
                               dw);
  }
};

}  // namespace descent::detail
