#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <string>
#include <type_traits>

#include "descent/core/errors.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/core/types.hpp"
#include "descent/parallel/partition.hpp"
#include "descent/tree/dimensions.hpp"
#include "descent/tree/parameter.hpp"
#include "descent/tree/traverse.hpp"

namespace descent {

namespace detail {
[[noreturn]] inline void throw_other_dimensions(const std::string& path, Index expected, Index got) {
  throw_error<ShapeError>(
      "visit", {"expected ", expected, " values of \"", path, "\", the product of its dimensions, got ", got},
      "give Parameter{...} dimensions whose product is the number of values");
}
}  // namespace detail

/// A view of the numbers of a parameter or of state, for code that does not know the type of the model. The numbers are
/// contiguous, column after column.
template <class T>
struct TensorView {
  T* data = nullptr;
  Index rows = 0, cols = 0;
  bool is_vector = false;  ///< false for a matrix, also of one column
  Dimensions dimensions = {};

  TensorView() = default;
  TensorView(auto& numbers, const Dimensions& logical)
      : data{numbers.data()},
        rows{numbers.rows()},
        cols{numbers.cols()},
        is_vector{std::remove_cvref_t<decltype(numbers)>::ColsAtCompileTime == 1},
        dimensions{logical.rank() > 0 ? logical
                   : is_vector        ? Dimensions{rows}
                                      : Dimensions{rows, cols}} {
    using M = std::remove_cvref_t<decltype(numbers)>;
    static_assert(!M::IsRowMajor || M::RowsAtCompileTime == 1,
                  "the numbers of a layer are contiguous, column after column");
  }

  Index size() const { return rows * cols; }
  /// Some of the numbers, as an array.
  auto array(const Part& part) const {
    using Array = Eigen::Array<std::remove_const_t<T>, Eigen::Dynamic, 1>;
    return Eigen::Map<std::conditional_t<std::is_const_v<T>, const Array, Array>>{data + part.first,
                                                                                  part.count};
  }
  auto array() const { return array({0, size()}); }
};

/// The numbers of a parameter or of state with their name, while a traversal runs.
template <class T>
struct Leaf : TensorView<T> {
  const Parameter& parameter;

  Leaf(const Parameter& p, auto& numbers) : TensorView<T>{numbers, p.dimensions}, parameter{p} {
    const Index size = this->dimensions.size();
    if (size != this->size()) detail::throw_other_dimensions(p.name.path(), size, this->size());
  }

  const Name& name() const { return parameter.name; }
  bool is_state() const { return parameter.role == Role::state; }
};

/// The type of a model's numbers: const if the model is.
template <class M>
using NumberOf = std::conditional_t<std::is_const_v<M>, const typename M::Scalar, typename M::Scalar>;

/// Calls `f(leaf)` for every parameter of a model, and then for all its state. For what has no hurry: a traversal is
/// compiled once for the model, not once for each `f`.
template <class M>
void visit_leaves(M& model, FunctionRef<void(const Leaf<NumberOf<M>>&)> f) {
  const auto each = [&](const Parameter& p, auto& x) { f({p, x}); };
  M::visit(each, model);
  visit_state<M>(each, model);
}

/// The same for two models of one structure, of which the second is only read: `f(leaf, leaf of the second)`.
template <class M>
void visit_leaves(
    M& model, const M& other,
    FunctionRef<void(const Leaf<typename M::Scalar>&, const Leaf<const typename M::Scalar>&)> f) {
  const auto each = [&](const Parameter& p, auto& x, const auto& y) { f({p, x}, {p, y}); };
  M::visit(each, model, other);
  visit_state<M>(each, model, other);
}

/// A model of the same structure whose numbers are all zero: a gradient, or an optimizer's state.
template <class M>
M zeros_like(M model) {
  visit_leaves(model, [](const auto& leaf) { std::fill_n(leaf.data, leaf.size(), typename M::Scalar(0)); });
  return model;
}

/// The number of numbers that a model learns.
template <class M>
Index parameter_count(const M& model) {
  Index count = 0;
  M::visit([&](const Parameter&, auto& leaf) { count += leaf.size(); }, model);
  return count;
}

}  // namespace descent
