#pragma once

#include <array>
#include <concepts>
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
#include "descent/models/chain.hpp"
#include "descent/tree/traverse.hpp"

namespace descent {

/// Branches side by side: each takes the same input, and their outputs are stacked.
///
///   y = [branch_0(x); branch_1(x); ...]      dx = sum of the branches' dx
///
///   Concat{Sequential{Dense{8, 16, rng}, ReLU{}}, Identity{}}
///
/// A branch is named by its position, as a layer of `Sequential` is.
///
/// Of images and sequences the channels are stacked, at each position.
///
/// Shapes   x of any shape   y {sum of the branches' channels, height, width}
/// Throws   ShapeError when a branch does not take the input, which it names, or the branches differ in positions.
/// Source   Szegedy and others: Going deeper with convolutions (CVPR 2015)
template <class First, class... Rest>
class Concat {
  static_assert(Layer<First>, "the first branch of this Concat is not a Layer");
  static_assert((Layer<Rest> && ...), "a branch of this Concat is not a Layer");
  static_assert(has_valid_hooks<First> && (has_valid_hooks<Rest> && ...));
  static_assert((std::same_as<typename Rest::Scalar, typename First::Scalar> && ...),
                "the branches of a Concat share one Scalar: all float or all double");

 public:
  static constexpr std::string_view name = "Concat";
  using Scalar = typename First::Scalar;
  static constexpr std::size_t size = 1 + sizeof...(Rest);

  struct Cache {
    std::tuple<typename First::Cache, typename Rest::Cache...> branches;
    std::array<Batch<Scalar>, size> outputs;  // of the branches
    std::array<Matrix<Scalar>, size> dy;      // the part of each branch
    Matrix<Scalar> stacked, dx;
    Batch<Scalar> y;
  };

  // Of a First, and not of what converts to one: to an AnyLayer a Concat itself would.
  template <std::same_as<First> F>
  explicit Concat(F first, Rest... rest) : branches_{std::move(first), std::move(rest)...} {}

  static void visit(auto&& f, auto&... tree) {
    detail::each<size>(
        [&](auto i) { Branch<i>::visit(detail::at_position(i, f), std::get<i>(tree.branches_)...); });
  }
  static void visit_state(auto&& f, auto&... tree) {
    detail::each<size>([&](auto i) {
      descent::visit_state<Branch<i>>(detail::at_position(i, f), std::get<i>(tree.branches_)...);
    });
  }

  Shape output_shape(const Shape& in) const {
    Shape out{0};
    detail::each<size>(
        [&](auto i) { append(out, detail::shape_after(std::get<i>(branches_), std::to_string(i), in), i); });
    return out;
  }

  /// The kind of all branches, if it is the same.
  OutputKind output_kind() const {
    OutputKind kind = descent::output_kind(std::get<0>(branches_));
    detail::each<size>([&](auto i) {
      if (descent::output_kind(std::get<i>(branches_)) != kind) kind = OutputKind::unknown;
    });
    return kind;
  }

  Batch<Scalar> forward(const Batch<Scalar>& x, Cache& c, const Pass& pass) const {
    Shape out{0};
    detail::each<size>([&](auto i) {
      c.outputs[i] = detail::forward_of(std::get<i>(branches_), detail::Position{i}, x,
                                        std::get<i>(c.branches), pass.inside(i));
      append(out, c.outputs[i].shape(), i);
    });
    c.stacked.resize(out.channels, out.positions() * x.samples());
    Index first = 0;
    for (const Batch<Scalar>& y : c.outputs) {
      if (x.samples() > 0) c.stacked.middleRows(first, y.shape().channels) = y.channels();
      first += y.shape().channels;
    }
    return c.y = Batch<Scalar>{c.stacked.data(), out, x.samples()};
  }

  Batch<Scalar> backward(const Batch<Scalar>& x, const Batch<Scalar>& dy, Cache& c, Concat& gradient,
                         const Pass& pass) const {
    cut(x, dy, c);
    detail::each<size>([&](auto i) {
      const Batch<Scalar> dx = std::get<i>(branches_).backward(
          x, slopes(c, i), std::get<i>(c.branches), std::get<i>(gradient.branches_), pass.inside(i));
      if constexpr (i == 0)
        c.dx = dx;
      else
        c.dx += dx;
    });
    return x.with_numbers(c.dx);
  }
  void backward_parameters(const Batch<Scalar>& x, const Batch<Scalar>& dy, Cache& c, Concat& gradient,
                           const Pass& pass) const {
    cut(x, dy, c);
    detail::each<size>([&](auto i) {
      descent::backward_parameters(std::get<i>(branches_), x, slopes(c, i), std::get<i>(c.branches),
                                   std::get<i>(gradient.branches_), pass.inside(i));
    });
  }

  void update_state(const Cache& c) {
    detail::each<size>(
        [&](auto i) { descent::update_state(std::get<i>(branches_), std::get<i>(c.branches)); });
  }

  void visit_outputs(const Cache& c, auto&& f) const {
    detail::each<size>([&](auto i) {
      detail::visit_outputs_of(std::get<i>(branches_), detail::Position{i}, std::get<i>(c.branches),
                               c.outputs[i], f);
    });
  }

  /// Calls f(position, branch) for each branch.
  void visit_layers(auto&& f) const {
    detail::each<size>([&](auto i) { f(std::to_string(i), std::get<i>(branches_)); });
  }

  /// The branch at position `I`.
  template <std::size_t I>
  auto& branch() {
    return std::get<I>(branches_);
  }
  template <std::size_t I>
  const auto& branch() const {
    return std::get<I>(branches_);
  }

 private:
  template <std::size_t I>
  using Branch = std::tuple_element_t<I, std::tuple<First, Rest...>>;

  /// Adds the channels of the next branch, which must have as many positions as those before.
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
          "end each branch in Flatten, or let all keep the positions");
    all.channels += branch.channels;
  }

  /// Cuts dy into the part of each branch.
  static void cut(const Batch<Scalar>& x, const Batch<Scalar>& dy, Cache& c) {
    expect_backward(name, x.rows(), x, dy, c.y);
    const Batch<Scalar> all = dy.reshaped(c.y.shape()).channels();
    Index first = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const Index channels = c.outputs[i].shape().channels;
      c.dy[i] = all.middleRows(first, channels);
      first += channels;
    }
  }
  static Batch<Scalar> slopes(const Cache& c, std::size_t i) {
    return {c.dy[i].data(), c.outputs[i].shape(), c.outputs[i].samples()};
  }

  std::tuple<First, Rest...> branches_;
};

template <class First, class... Rest>
Concat(First, Rest...) -> Concat<First, Rest...>;

}  // namespace descent
