#pragma once

#include <array>
#include <concepts>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "descent/core/concepts.hpp"
#include "descent/core/output_kind.hpp"
#include "descent/models/chain.hpp"

namespace descent {

/// Branches side by side: each takes the same input, and their outputs are stacked.
///
///   y = [branch_0(x); branch_1(x); ...]      dx = sum of the branches' dx
///
///   Concat{Sequential{Dense{8, 16, rng}, ReLU{}}, Identity{}}
///
/// A branch is named by its position, as a layer of `Sequential` is.
///
/// Shapes   x [n, m]   y [sum of the branches' outputs, m]
/// Throws   ShapeError from `output_shape` when a branch does not take the input; it names the branch.
/// Source   Szegedy and others: Going deeper with convolutions (CVPR 2015)
template <class First, class... Rest>
class Concat {
  static_assert(Layer<First>, "the first branch of this Concat is not a Layer");
  static_assert((Layer<Rest> && ...), "a branch of this Concat is not a Layer");
  static_assert((std::same_as<typename Rest::Scalar, typename First::Scalar> && ...),
                "the branches of a Concat share one Scalar: all float or all double");

 public:
  static constexpr std::string_view name = "Concat";
  using Scalar = typename First::Scalar;
  static constexpr std::size_t size = 1 + sizeof...(Rest);

  struct Cache {
    std::tuple<typename First::Cache, typename Rest::Cache...> branches;
    std::array<Index, size> rows{};       // of the output of each branch
    std::array<Matrix<Scalar>, size> dy;  // the part of each branch
    Matrix<Scalar> y, dx;
  };

  // Of a First, and not of what converts to one: to an AnyLayer a Concat itself would.
  template <std::same_as<First> F>
  explicit Concat(F first, Rest... rest) : branches_{std::move(first), std::move(rest)...} {}

  static void visit(auto&& f, auto&... tree) {
    detail::each<size>(
        [&](auto i) { Branch<i>::visit(detail::at_position(i, f), std::get<i>(tree.branches_)...); });
  }
  static void visit_buffers(auto&& f, auto&... tree) {
    detail::each<size>([&](auto i) {
      descent::visit_buffers<Branch<i>>(detail::at_position(i, f), std::get<i>(tree.branches_)...);
    });
  }

  Shape output_shape(const Shape& in) const {
    Index rows = 0;
    detail::each<size>(
        [&](auto i) { rows += detail::shape_behind(std::get<i>(branches_), std::to_string(i), in).size(); });
    return {rows};
  }

  /// The kind of all branches, if it is the same.
  OutputKind output_kind() const {
    OutputKind kind = descent::output_kind(std::get<0>(branches_));
    detail::each<size>([&](auto i) {
      if (descent::output_kind(std::get<i>(branches_)) != kind) kind = OutputKind::unknown;
    });
    return kind;
  }

  const Matrix<Scalar>& forward(Batch<Scalar> x, Cache& c, const Pass& pass) const {
    std::array<const Matrix<Scalar>*, size> outputs;
    Index rows = 0;
    detail::each<size>([&](auto i) {
      outputs[i] = &detail::forward_of(std::get<i>(branches_), detail::Position{i}, x,
                                       std::get<i>(c.branches), pass.inside(i));
      rows += outputs[i]->rows();
    });
    c.y.resize(rows, x.cols());
    Index first = 0;
    for (std::size_t i = 0; i < size; ++i) {
      c.rows[i] = outputs[i]->rows();
      if (x.cols() > 0) c.y.middleRows(first, c.rows[i]) = *outputs[i];
      first += c.rows[i];
    }
    return c.y;
  }

  const Matrix<Scalar>& backward(Batch<Scalar> x, Batch<Scalar> dy, Cache& c, Concat& gradient) const {
    expect_backward(name, x.rows(), x, dy, c.y);
    Index first = 0;
    detail::each<size>([&](auto i) {
      c.dy[i] = dy.middleRows(first, c.rows[i]);
      first += c.rows[i];
      const auto& dx = std::get<i>(branches_).backward(x, c.dy[i], std::get<i>(c.branches),
                                                       std::get<i>(gradient.branches_));
      if constexpr (i == 0)
        c.dx = dx;
      else
        c.dx += dx;
    });
    return c.dx;
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

  std::tuple<First, Rest...> branches_;
};

template <class First, class... Rest>
Concat(First, Rest...) -> Concat<First, Rest...>;

}  // namespace descent
