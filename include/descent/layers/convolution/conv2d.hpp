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
#include "descent/layers/convolution/sums.hpp"
#include "descent/layers/convolution/tile.hpp"
#include "descent/layers/dense.hpp"
#include "descent/linalg/row_sums.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/tree/parameter.hpp"

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
///          Groups with fewer outputs than a vector has numbers take the time of whole vectors.
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 9.1; Georganas et al.: Anatomy of High-Performance Deep
///          Learning Convolutions on SIMD Architectures (2018)
/// Example  examples/26_digits_cnn.cpp
template <std::floating_point T = float>
class Conv2D {
  using Tile = detail::Tile2D<T>;

 public:
  static constexpr std::string_view name = "Conv2D";
  using Scalar = T;
  struct Cache {
    Matrix<T> y, dx;
    Matrix<T> padded;                                      // x with its padding
    Matrix<T> packed, packed_transposed, packed_gradient;  // the weight in columns of whole vectors
    Vector<T> last;                                        // the last samples of dy, followed by zeros
    detail::ConvolutionPlan plan;
  };

  /// Initializes the weight by `init` and the bias by zeros.
  Conv2D(Index in, Index out, Rng& rng, Initializer<T> auto const& init, const Conv2DOptions& options = {})
      : Conv2D{in, out, options} {
    const Index taps = window_.kernel.height * window_.kernel.width;
    init(weight, Fan{in / groups_ * taps, out / groups_ * taps}, rng);
  }
  Conv2D(Index in, Index out, Rng& rng, const Conv2DOptions& options = {})
      : Conv2D{in, out, rng, HeNormal{}, options} {}

  static void visit(auto&& f, auto& first, auto&... rest) {
    const Extent& kernel = first.window_.kernel;
    const Dimensions sizes{{first.weight.rows(), first.group_in(), kernel.height, kernel.width},
                           {0, 1, 3, 2}};
    f(Parameter{"weight", Role::weight, sizes}, first.weight, rest.weight...);
    if (first.has_bias()) f(Parameter{"bias", Role::bias}, first.bias, rest.bias...);
  }
  static void visit_options(auto&& f, auto&... tree) {
    detail::Window::visit_options(f, tree.window_...);
    f("dilation_height", tree.window_.dilation.height...);
    f("dilation_width", tree.window_.dilation.width...);
    f("groups", tree.groups_...);
  }

  Shape output_shape(const Shape& in) const {
    if (in.channels != group_in() * groups_) detail::throw_features(name, group_in() * groups_, in);
    return window_.output(name, weight.rows(), in);
  }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const {
    expect_no_padding(name, x);
    const Shape out = output_shape(x.shape());
    c.y.resize(out.size(), x.samples());
    if (x.samples() == 0) return {c.y.data(), out, 0};  // allocates nothing, however large the image
    const detail::ConvolutionPlan& plan = plan_of(x, c);
    pad(x, c, pass.workers());
    pack(c.packed);
    const Index rows = plan.out.height;
    for_parts(pass.workers(), {x.samples() * rows, row_cost(plan)}, [&](const Part& part) {
      for (Index row = part.first, end = row + part.count; row < end;) {
        const Part of_sample{row % rows, std::min(end - row, rows - row % rows)};
        detail::convolve(plan, c.packed, image(x, c, row / rows), of_sample, c.y.col(row / rows).data());
        row += of_sample.count;
      }
    });
    return {c.y.data(), out, x.samples()};
  }

  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, Conv2D& gradient,
                    const Pass& pass) const {
    backward_parameters(x, dy, c, gradient, pass);
    c.dx.resize(x.rows(), x.cols());
    pack_transposed(c.plan, c.packed_transposed);
    for_parts(pass.workers(), {x.samples(), c.plan.out.height * row_cost(c.plan)}, [&](const Part& part) {
      for (Index s = part.first; s < part.first + part.count; ++s)
        detail::spread(c.plan, window_.padding, c.packed_transposed, dy.col(s).data(), c.dx.col(s).data());
    });
    return x.with_numbers(c.dx);
  }

  void backward_parameters(const Batch<T>& x, const Batch<T>& dy, Cache& c, Conv2D& gradient,
                           const Pass& pass) const {
    const detail::ConvolutionPlan& plan = plan_of(x, c);
    expect_backward(name, {x.rows(), plan.out.size()}, x, dy, c.y);
    const Index samples = x.samples(), positions = plan.out.positions() * samples;
    c.packed_gradient.setZero(Tile::padded(plan.group_out), plan.columns * groups_);
    // Vectors are read up to a packet beyond a sample, so the last samples are copied to where that is allowed.
    const Index last = std::min(samples, 1 + (Tile::packet - 1) / dy.rows()), first = samples - last;
    c.last.resize(last * dy.rows() + Tile::packet);
    c.last.head(last * dy.rows()) = dy.rightCols(last).reshaped();
    c.last.tail(Tile::packet).setZero();
    for_parts(pass.workers(), {plan.columns * groups_, positions * plan.group_out / term_cost + 1},
              [&](const Part& part) {
                for (Index s = 0; s < samples; ++s)
                  detail::add_weight_gradient(
                      plan, image(x, c, s),
                      s < first ? dy.col(s).data() : c.last.data() + (s - first) * dy.rows(), part,
                      c.packed_gradient);
              });
    gradient.weight.resize(weight.rows(), plan.columns);
    for (Index g = 0; g < groups_; ++g)
      rows_of(gradient.weight, g) =
          c.packed_gradient.block(0, g * plan.columns, plan.group_out, plan.columns);
    if (has_bias()) row_sums({dy.data(), Shape{weight.rows()}, positions}, gradient.bias, pass.workers());
  }

  bool has_bias() const { return bias.size() != 0; }
  Index groups() const { return groups_; }

  Matrix<T> weight;  ///< [out, in / groups * kernel width * kernel height], the channels fastest
  Vector<T> bias;

 private:
  static constexpr Index term_cost = 32;  // products in the time to compute a number elsewhere, about

  Conv2D(Index in, Index out, const Conv2DOptions& options)
      : window_{detail::Window::checked(name,
                                        {options.kernel, options.stride, options.dilation, options.padding})},
        groups_{options.groups} {
    if (in <= 0 || out <= 0)
      throw_error<ShapeError>(name, {"expected positive sizes, got in = ", in, " and out = ", out},
                              "pass the numbers of input and output channels");
    if (groups_ < 1 || in % groups_ != 0 || out % groups_ != 0)
      throw_error<ShapeError>(name,
                              {"expected groups that divide ", in, " and ", out, " channels, got ", groups_},
                              "choose a common divisor of the input and output channels");
    const Shape kernel{in / groups_, window_.kernel.height, window_.kernel.width};
    weight = filled<Matrix<T>>(name, out, kernel.size(), T(0));
    bias = Vector<T>::Zero(options.bias == Bias::learned ? out : 0);
  }

  Index group_in() const { return weight.cols() / (window_.kernel.height * window_.kernel.width); }
  Index group_out() const { return weight.rows() / groups_; }
  auto rows_of(auto& matrix, Index group) const {
    return matrix.middleRows(group * group_out(), group_out());
  }

  const detail::ConvolutionPlan& plan_of(const Batch<T>& x, Cache& c) const {
    c.plan.set(window_, x.shape(), output_shape(x.shape()), groups_);
    return c.plan;
  }
  /// The cost of a row of the output.
  static Index row_cost(const detail::ConvolutionPlan& plan) {
    return plan.out.width * plan.out.channels * plan.columns / term_cost + 1;
  }

  /// Copies the images into larger ones with zeros around them.
  void pad(const Batch<T>& x, Cache& c, Workers& workers) const {
    if (window_.padding == Padding{}) return;
    const Padding& p = window_.padding;
    const Shape &in = x.shape(), image = window_.padded(in);
    const Index row = image.width * in.channels;
    c.padded.resize(image.size(), x.samples());
    for_columns(workers, image.size(), x.samples(), [&](Index s) {
      T* to = c.padded.col(s).data();
      const T* from = x.col(s).data();
      to = std::fill_n(to, p.top * row, T(0));
      for (Index i = 0; i < in.height; ++i, from += in.width * in.channels) {
        to = std::fill_n(to, p.left * in.channels, T(0));
        to = std::copy_n(from, in.width * in.channels, to);
        to = std::fill_n(to, p.right * in.channels, T(0));
      }
      std::fill_n(to, p.bottom * row, T(0));
    });
  }
  const T* image(const Batch<T>& x, const Cache& c, Index s) const {
    return window_.padding == Padding{} ? x.col(s).data() : c.padded.col(s).data();
  }

  /// Packs the weight of each group, and after it the bias, into columns of whole vectors.
  void pack(Matrix<T>& to) const {
    const Index columns = weight.cols();
    to.setZero(Tile::padded(group_out()), (columns + 1) * groups_);
    for (Index g = 0; g < groups_; ++g) {
      to.block(0, g * (columns + 1), group_out(), columns) = rows_of(weight, g);
      if (has_bias())
        to.col(g * (columns + 1) + columns).head(group_out()) = bias.segment(g * group_out(), group_out());
    }
  }
  /// Packs the transpose of the weight: for each segment and output a column of whole vectors.
  void pack_transposed(const detail::ConvolutionPlan& plan, Matrix<T>& to) const {
    to.setZero(Tile::padded(plan.run), weight.rows() * static_cast<Index>(plan.segments.size()));
    Index column = 0;
    for (Index g = 0; g < groups_; ++g)
      for (const detail::Segment& segment : plan.segments) {
        to.block(0, column, plan.run, plan.group_out) =
            rows_of(weight, g).middleCols(segment.w, plan.run).transpose();
        column += plan.group_out;
      }
  }

  detail::Window window_;
  Index groups_;
};

}  // namespace descent
