#pragma once

#include <algorithm>
#include <concepts>
#include <string>
#include <string_view>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/linalg/flat.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/tree/parameter.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {
struct AcceptAnything {
  void operator()(const auto&, auto&...) const {}
};
}  // namespace detail

/// A type with parameters: `M::visit(f, tree...)` calls `f(Parameter{...}, tree.member...)` for each parameter, for any
/// number of objects of the same structure.
template <class M>
concept Parameterized =
    requires(M& model, const M& other) { M::visit(detail::AcceptAnything{}, model, other); };

/// Calls `f(Parameter, tree.member...)` for all non-trainable state of a model, such as running statistics.
template <class M>
void visit_state(auto&& f, auto&... tree) {
  if constexpr (requires { M::visit_state(f, tree...); }) M::visit_state(f, tree...);
}

/// Returns a visitor that prepends `child`, the name of a member that has parameters itself, to the names of these.
///
///   static void visit(auto&& f, auto&... tree) { Dense<T>::visit(under("encoder", f), tree.encoder...); }
auto under(std::convertible_to<std::string_view> auto child, auto& f) {
  return [child, &f](const Parameter& p, auto&... leaf) { f(p.inside(child), leaf...); };
}

namespace detail {
[[noreturn]] inline void throw_other_tree(const std::string& path, Index rows, Index cols) {
  throw_error<ShapeError>(
      "visit", {"expected ", rows, " x ", cols, " values of \"", path, "\" in each model, got other sizes"},
      "make gradient and optimizer state from the model that is trained");
}
}  // namespace detail

/// Throws ShapeError unless a parameter has the same shape in all models that are traversed together.
void expect_same_shape(const auto& entry, const auto& first, const auto&... rest) {
  if (((rest.rows() != first.rows() || rest.cols() != first.cols()) || ...))
    detail::throw_other_tree(entry.name.path(), first.rows(), first.cols());
}

/// Calls `kernel(array...)` for every parameter, flattened, of several trees: an element-wise optimizer traverses the
/// model, the gradient and its state together.
template <class M>
void visit_flat(auto&& kernel, M& model, auto&... tree) {
  M::visit(
      [&](const Parameter& p, auto& first, auto&... rest) {
        expect_same_shape(p, first, rest...);
        kernel(flat(first), flat(rest)...);
      },
      model, tree...);
}

/// Calls the kernel in parallel, for parts of every parameter that begin at multiples of 64 numbers, so that no two
/// workers write to one cache line. They are divided into blocks that fit into the first-level cache,
/// so that a kernel of several statements loads each number once. A kernel that needs the parameter takes a `const
/// Parameter&` before the arrays.
template <class M>
void visit_parts(Workers& workers, auto&& kernel, M& model, auto&... tree) {
  constexpr Index block = 256;
  workers.run([&](int rank) {
    // Takes pointers, so that the kernel is compiled once and not for matrices and vectors.
    const auto call = [&](const Parameter& p, Index size, auto*... numbers) {
      const Part part = part_of(size, rank, workers.size(), 64);
      const Index end = part.first + part.count;
      for (Index i = part.first; i < end; i += block) {
        const Part here{i, std::min(block, end - i)};
        if constexpr (requires { kernel(p, flat(numbers, here)...); })
          kernel(p, flat(numbers, here)...);
        else
          kernel(flat(numbers, here)...);
      }
    };
    M::visit(
        [&](const Parameter& p, auto& first, auto&... rest) {
          expect_same_shape(p, first, rest...);
          call(p, first.size(), first.data(), rest.data()...);
        },
        model, tree...);
  });
}

}  // namespace descent
