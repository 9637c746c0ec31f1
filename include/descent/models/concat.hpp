#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "descent/concepts/backward.hpp"
#include "descent/concepts/layer.hpp"
#include "descent/concepts/output_kind.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/linalg/flat.hpp"
#include "descent/models/chain.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// Parallel branches: each takes the same input, and their outputs are concatenated along the channels.
///
///   y = [branch_0(x); branch_1(x); ...]      dx = sum of the branches' dx
///
///   Concat{Sequential{Dense{8, 16, rng}, ReLU{}}, Identity{}}
///
/// A branch is named by its position, as a layer of a `Sequential` is.
///
/// Shapes   x of any shape   y {sum of the branches' channels, height, width}
/// Throws   ShapeError when a branch does not take the input, or when outputs differ in height or width; it names the
///          branch.
/// Cost     that of the branches, one copy of y and of dy, and a sum of the branches' dx.
/// Source   Szegedy and others: Going deeper with convolutions (CVPR 2015)
template <class First, class... Rest>
class Concat : public detail::LayerTuple<First, Rest...> {
  using Layers = detail::LayerTuple<First, Rest...>;

  static_assert(Layer<First>, "the first branch of this Concat is not a Layer");
  static_assert((Layer<Rest> && ...), "a branch of this Concat is not a Layer");
  static_assert(has_valid_hooks<First> && (has_valid_hooks<Rest> && ...));
  static_assert((std::same_as<typename Rest::Scalar, typename First::Scalar> && ...),
                "the branches of a Concat share one Scalar: all float or all double");

 public:
  static constexpr std::string_view name = "Concat";
  using Scalar = typename First::Scalar;
  using Layers::size;

  struct Cache {
    std::tuple<typename First::Cache, typename Rest::Cache...> branches;
    std::array<Batch<Scalar>, size> outputs;  // of each branch
    std::array<Matrix<Scalar>, size> dy;      // of each branch
    Matrix<Scalar> stacked, dx;
    Batch<Scalar> y;
  };

  // Only an exact `First`: a `Concat` converts to `AnyLayer`, which would hijack the copy constructor.
  template <std::same_as<First> F>
  explicit Concat(F first, Rest... rest) : Layers{std::move(first), std::move(rest)...} {}

  Shape output_shape(const Shape& in) const {
    Shape out{0};
    detail::each<size>(
        [&](auto i) { append(out, detail::shape_after(branch<i>(), std::to_string(i), in), i); });
    return out;
  }

  /// The kind that all branches have in common, else `unknown`.
  OutputKind output_kind() const {
    OutputKind kind = descent::output_kind(branch<0>());
    detail::each<size>([&](auto i) {
      if (descent::output_kind(branch<i>()) != kind) kind = OutputKind::unknown;
    });
    return kind;
  }

  Batch<Scalar> forward(const Batch<Scalar>& x, Cache& c, const Pass& pass) const {
    Shape out{0};
    detail::each<size>([&](auto i) {
      c.outputs[i] =
          detail::forward_of(branch<i>(), detail::Position{i}, x, std::get<i>(c.branches), pass.inside(i));
      append(out, c.outputs[i].shape(), i);
    });
    c.stacked.resize(out.channels, out.positions() * x.samples());
    for_columns(pass.workers(), c.stacked.rows(), c.stacked.cols(), [&](Index j) {
      Scalar* to = c.stacked.col(j).data();
      for (const Batch<Scalar>& y : c.outputs)
        to = std::copy_n(y.data() + j * y.shape().channels, y.shape().channels, to);
    });
    c.y = Batch<Scalar>{c.stacked.data(), out, x.samples()};
    for (const Batch<Scalar>& y : c.outputs)
      if (!y.lengths().empty()) return c.y = c.y.with_lengths(y.lengths());
    return c.y;
  }

  Batch<Scalar> backward(const Batch<Scalar>& x, const Batch<Scalar>& dy, Cache& c, Concat& gradient,
                         const Pass& pass) const {
    split(x, dy, c, pass.workers());
    detail::each<size>([&](auto i) {
      const Batch<Scalar> dx =
          branch<i>().backward(x, dy_of(c, i), std::get<i>(c.branches), gradient.branch<i>(), pass.inside(i));
      c.dx.resize(x.rows(), x.cols());
      for_numbers(pass.workers(), dx.size(), [&](const Part& part) {
        if constexpr (i == 0)
          flat(c.dx, part) = flat(dx, part);
        else
          flat(c.dx, part) += flat(dx, part);
      });
    });
    return x.with_numbers(c.dx);
  }
  void backward_parameters(const Batch<Scalar>& x, const Batch<Scalar>& dy, Cache& c, Concat& gradient,
                           const Pass& pass) const {
    split(x, dy, c, pass.workers());
    detail::each<size>([&](auto i) {
      descent::backward_parameters(branch<i>(), x, dy_of(c, i), std::get<i>(c.branches), gradient.branch<i>(),
                                   pass.inside(i));
    });
  }

  void update_state(const Cache& c) { Layers::update_state(c.branches); }

  void visit_outputs(const Cache& c, auto&& f) const { Layers::visit_outputs(c.branches, c.outputs, f); }

  /// The branch at position `I`.
  template <std::size_t I>
  auto& branch() {
    return std::get<I>(this->layers_);
  }
  template <std::size_t I>
  const auto& branch() const {
    return std::get<I>(this->layers_);
  }

 private:
  /// Adds the channels of the next branch, which must have the height and width of the branches before it.
  static void append(Shape& all, const Shape& branch, std::size_t position) {
    if (position == 0) {
      all = branch;
      return;
    }
    if (branch.height != all.height || branch.width != all.width)
      throw ShapeError(
          name,
          detail::joined("expected branches of ", all.height, " x ", all.width, " positions, got ",
                         branch.height, " x ", branch.width, " from branch ", position),
          "end each branch in Flatten, or keep height and width in all of them");
    if (all.channels < 0 || branch.channels < 0 ||
        branch.channels > std::numeric_limits<Index>::max() - all.channels)
      throw ShapeError(name,
                       detail::joined("expected branches whose channels can be added, got ", all.channels,
                                      " and ", branch.channels),
                       "pass the shape of a sample");
    all.channels += branch.channels;
  }

  /// Splits dy into the dy of each branch.
  static void split(const Batch<Scalar>& x, const Batch<Scalar>& dy, Cache& c, Workers& workers) {
    expect_backward(name, x.rows(), x, dy, c.y);
    const Batch<Scalar> all = dy.reshaped(c.y.shape()).channels();
    for (std::size_t i = 0; i < size; ++i) c.dy[i].resize(c.outputs[i].shape().channels, all.cols());
    for_columns(workers, all.rows(), all.cols(), [&](Index j) {
      const Scalar* from = all.data() + j * all.rows();
      for (Matrix<Scalar>& part : c.dy) {
        std::copy_n(from, part.rows(), part.col(j).data());
        from += part.rows();
      }
    });
  }
  static Batch<Scalar> dy_of(const Cache& c, std::size_t i) {
    return {c.dy[i].data(), c.outputs[i].shape(), c.outputs[i].samples()};
  }
};

template <class First, class... Rest>
Concat(First, Rest...) -> Concat<First, Rest...>;

}  // namespace descent
