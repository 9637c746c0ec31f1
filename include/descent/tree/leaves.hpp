#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <string>
#include <type_traits>

#include "descent/core/errors.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/core/types.hpp"
#include "descent/linalg/flat.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/tree/dimensions.hpp"
#include "descent/tree/parameter.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {
[[noreturn]] inline void throw_other_dimensions(const std::string& path, Index expected, Index got) {
  throw_error<ShapeError>(
      "visit", {"expected ", expected, " values of \"", path, "\", the product of its dimensions, got ", got},
      "pass dimensions to Parameter{...} whose product is the number of values");
}
}  // namespace detail

/// A view of the numbers of a parameter or of state, for code that does not depend on the type of the model. The
/// numbers are contiguous, in column-major order.
template <class T>
struct TensorView {
  T* data = nullptr;
  Index rows = 0, cols = 0;
  bool is_vector = false;  ///< false for a matrix, even with one column
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
                  "the numbers of a layer must be contiguous, in column-major order");
  }

  Index size() const { return rows * cols; }
  /// Returns a part of the numbers as an array.
  auto array(const Part& part) const { return flat(data, part); }
  auto array() const { return array({0, size()}); }
};

/// The numbers of a parameter or of state with their name; valid during a traversal.
template <class T>
struct Leaf : TensorView<T> {
  const Parameter& parameter;

  // Not inlined, so that a traversal compiles to little more than calls.
  [[gnu::noinline]] Leaf(const Parameter& p, auto& numbers)
      : TensorView<T>{numbers, p.dimensions}, parameter{p} {
    const Index size = this->dimensions.size();
    if (size != this->size()) detail::throw_other_dimensions(p.name.path(), size, this->size());
  }

  const Name& name() const { return parameter.name; }
  bool is_state() const { return parameter.role == Role::state; }
};

/// The scalar type of a model, const if the model is.
template <class M>
using NumberOf = std::conditional_t<std::is_const_v<M>, const typename M::Scalar, typename M::Scalar>;

/// Calls `f(leaf)` for every parameter of a model and then for all its state. The traversal is compiled once per
/// model, not once per `f`, and calls `f` by a pointer: use it outside of inner loops.
template <class M>
void visit_leaves(M& model, FunctionRef<void(const Leaf<NumberOf<M>>&)> f) {
  const auto each = [&](const Parameter& p, auto& x) { f({p, x}); };
  M::visit(each, model);
  visit_state<M>(each, model);
}

/// Calls `f(leaf, other_leaf)` for two models of the same structure, the second of which is const.
template <class M>
void visit_leaves(
    M& model, const M& other,
    FunctionRef<void(const Leaf<typename M::Scalar>&, const Leaf<const typename M::Scalar>&)> f) {
  const auto each = [&](const Parameter& p, auto& x, const auto& y) { f({p, x}, {p, y}); };
  M::visit(each, model, other);
  visit_state<M>(each, model, other);
}

/// Returns a model of the same structure whose numbers are all zero, such as a gradient or the state of an optimizer.
template <class M>
M zeros_like(const M& model) {
  M zeros = model;
  visit_leaves(zeros, [](const auto& leaf) { std::fill_n(leaf.data, leaf.size(), typename M::Scalar(0)); });
  return zeros;
}

/// Returns the number of learned values of a model, without its state.
template <class M>
Index parameter_count(const M& model) {
  Index count = 0;
  M::visit([&](const Parameter&, auto& leaf) { count += leaf.size(); }, model);
  return count;
}

}  // namespace descent
