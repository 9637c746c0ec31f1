#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "descent/core/dimensions.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/exponential_average.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/core/team.hpp"
#include "descent/core/types.hpp"

namespace descent {

/// A parameter path, built from the inside out as compositions prepend their names. The chain lives on the stack while a
/// traversal runs; `path()` spells it, as in `2.weight`.
class Name {
 public:
  Name(std::convertible_to<std::string_view> auto const& text, const Name* inner = nullptr)
      : text_{text}, inner_{inner} {}

  /// The name with that of a composition before it.
  Name inside(std::string_view child) const { return {child, this}; }

  std::string path() const {
    std::string all{text_};
    for (const Name* name = inner_; name != nullptr; name = name->inner_) all.append(".").append(name->text_);
    return all;
  }

  /// True if the path is `names` or continues it: `2.weight` begins with `2` and with nothing, but not
  /// with `2.w`. Allocates nothing.
  bool begins_with(std::string_view names) const {
    for (const Name* name = this; !names.empty(); name = name->inner_) {
      if (name == nullptr || !names.starts_with(name->text_)) return false;
      names.remove_prefix(name->text_.size());
      if (names.empty()) return true;
      if (names.front() != '.') return false;
      names.remove_prefix(1);
    }
    return true;
  }

 private:
  std::string_view text_;
  const Name* inner_;
};

/// The purpose of a parameter. Regularizers act on weights and leave biases and scales alone. State is no parameter:
/// training updates it, but no gradient moves it.
enum class Role : std::uint8_t { weight, bias, scale, state };

/// The name, the purpose and the logical dimensions by which a layer presents some of its numbers to a traversal.
///
///   f(Parameter{"weight", Role::weight}, ...)                               [rows, cols] of the matrix
///   f(Parameter{"kernel", Role::weight, {out, in, height, width}}, ...)     four, in files and ONNX
struct Parameter {
  Name name;
  Role role;
  Dimensions dimensions = {};
  Parameter inside(std::string_view child) const { return {name.inside(child), role, dimensions}; }
};

/// Calls `f(Parameter, tree.member...)` for all state of a model, such as running statistics.
template <class M>
void visit_state(auto&& f, auto&... tree) {
  if constexpr (requires { M::visit_state(f, tree...); }) M::visit_state(f, tree...);
}

/// The numbers of a matrix or a vector, one after another: what element-wise work loops over. Constant where
/// the numbers are.
template <class M>
auto flat(M&& m, const Part& part) {
  using T = typename std::remove_cvref_t<M>::Scalar;
  using Array = Eigen::Array<T, Eigen::Dynamic, 1>;
  constexpr bool constant = std::is_same_v<decltype(m.data()), const T*>;
  return Eigen::Map<std::conditional_t<constant, const Array, Array>>{m.data() + part.first, part.count};
}
template <class M>
auto flat(M&& m) {
  return flat(m, Part{0, m.size()});
}

namespace detail {
[[noreturn]] inline void throw_other_tree(const std::string& path, Index rows, Index cols) {
  throw_error<ShapeError>(
      "visit", {"expected ", rows, " x ", cols, " values of \"", path, "\" in each model, got other sizes"},
      "make gradient and optimizer state from the model that is trained");
}
[[noreturn]] inline void throw_other_dimensions(const std::string& path, Index expected, Index got) {
  throw_error<ShapeError>(
      "visit", {"expected ", expected, " values of \"", path, "\", the product of its dimensions, got ", got},
      "give Parameter{...} dimensions whose product is the number of values");
}
}  // namespace detail

/// Throws ShapeError unless a parameter has the same shape in all models that are visited together.
void expect_same_shape(const auto& entry, const auto& first, const auto&... rest) {
  if (((rest.rows() != first.rows() || rest.cols() != first.cols()) || ...))
    detail::throw_other_tree(entry.name.path(), first.rows(), first.cols());
}

/// Calls `kernel(array...)` for every parameter of the trees, flattened: how an element-wise optimizer
/// walks the model, the gradient and its own state together.
template <class M>
void visit_flat(auto&& kernel, M& model, auto&... tree) {
  M::visit(
      [&](const Parameter& p, auto& first, auto&... rest) {
        expect_same_shape(p, first, rest...);
        kernel(flat(first), flat(rest)...);
      },
      model, tree...);
}

/// The same, shared out among workers: each calls the kernel for its part of every parameter. The parts begin at
/// multiples of 64 numbers, so that no two workers write to one cache line. They are cut into blocks that stay in the
/// first cache, so that a kernel of several statements fetches each number once. A kernel that wants to know which
/// parameter it has takes a `const Parameter&` before the arrays.
template <class M>
void visit_parts(auto&& workers, auto&& kernel, M& model, auto&... tree) {
  constexpr Index block = 256;
  workers.run([&](const auto& worker) {
    M::visit(
        [&](const Parameter& p, auto& first, auto&... rest) {
          expect_same_shape(p, first, rest...);
          const Part part = part_of(first.size(), worker, 64);
          const Index end = part.first + part.count;
          for (Index i = part.first; i < end; i += block) {
            const Part here{i, std::min(block, end - i)};
            if constexpr (requires { kernel(p, flat(first, here), flat(rest, here)...); })
              kernel(p, flat(first, here), flat(rest, here)...);
            else
              kernel(flat(first, here), flat(rest, here)...);
          }
        },
        model, tree...);
  });
}

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
