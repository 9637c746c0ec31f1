#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "descent/core/errors.hpp"
#include "descent/core/exponential_average.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/core/team.hpp"
#include "descent/core/types.hpp"

namespace descent {

/// A name that grows outwards: a composition puts its own name for a layer around the name within. The
/// chain lives on the stack while a traversal runs; `path()` spells it, as in `2.weight`.
class Name {
 public:
  Name(std::convertible_to<std::string_view> auto const& text, const Name* inner = nullptr)
      : text_{text}, inner_{inner} {}

  std::string path() const {
    std::string all{text_};
    for (const Name* name = inner_; name != nullptr; name = name->inner_) all.append(".").append(name->text_);
    return all;
  }

  /// Whether the path is `names` or goes on behind them: `2.weight` begins with `2` and with nothing, but not
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

/// What a parameter does. Regularisers act on weights and leave biases and scales alone.
enum class Role : std::uint8_t { weight, bias, scale };

/// How a layer presents a parameter to a traversal.
struct Parameter {
  Name name;
  Role role;
  Parameter inside(std::string_view child) const { return {{child, &name}, role}; }
};

/// How a layer presents what training updates but no gradient moves, such as the running statistics of
/// batch normalisation:  running = momentum * running + (1 - momentum) * value in the batch. With momentum 1
/// it stays as it is, and is part of the model all the same.
struct Buffer {
  Name name;
  double momentum;
  Buffer inside(std::string_view child) const { return {{child, &name}, momentum}; }
};

/// Calls `f(Buffer, tree.member...)` for every buffer of a model; nothing where the model has none.
template <class M>
void visit_buffers(auto&& f, auto&... tree) {
  if constexpr (requires { M::visit_buffers(f, tree...); }) M::visit_buffers(f, tree...);
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
  throw ShapeError(
      "visit",
      concat("expected ", rows, " x ", cols, " values of \"", path, "\" in each model, got other sizes"),
      "make gradient and optimizer state from the model that is trained");
}
}  // namespace detail

/// Throws ShapeError unless a parameter, or a buffer, has the same shape in all models that are visited together.
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

/// A parameter or a buffer as code sees it that does not know the model's type: numbers without a gap in memory.
template <class T>
struct Leaf {
  const Name& name;
  T* data;
  Index rows, cols;
  bool is_parameter;

  Index size() const { return rows * cols; }
  /// Some of the numbers, as an array.
  auto array(const Part& part) const {
    using Array = Eigen::Array<std::remove_const_t<T>, Eigen::Dynamic, 1>;
    return Eigen::Map<std::conditional_t<std::is_const_v<T>, const Array, Array>>{data + part.first,
                                                                                  part.count};
  }
  auto array() const { return array({0, size()}); }
};

/// Calls `f(leaf)` for every parameter of a model, and then for every buffer. For what has no hurry: a traversal is
/// compiled once for the model, not once for each `f`.
template <class M>
void visit_leaves(M& model, FunctionRef<void(const Leaf<typename M::Scalar>&)> f) {
  M::visit([&](const Parameter& p, auto& x) { f({p.name, x.data(), x.rows(), x.cols(), true}); }, model);
  visit_buffers<M>(
      [&](const Buffer& b, auto& x) {
        f({b.name, x.data(), x.rows(), x.cols(), false});
      },
      model);
}

/// The same for two models of one structure, of which the second is only read: `f(leaf, leaf of the second)`.
template <class M>
void visit_leaves(
    M& model, const M& other,
    FunctionRef<void(const Leaf<typename M::Scalar>&, const Leaf<const typename M::Scalar>&)> f) {
  M::visit(
      [&](const Parameter& p, auto& x, const auto& y) {
        f({p.name, x.data(), x.rows(), x.cols(), true}, {p.name, y.data(), y.rows(), y.cols(), true});
      },
      model, other);
  visit_buffers<M>(
      [&](const Buffer& b, auto& x, const auto& y) {
        f({b.name, x.data(), x.rows(), x.cols(), false}, {b.name, y.data(), y.rows(), y.cols(), false});
      },
      model, other);
}

/// A model of the same structure with every parameter and buffer zero: a gradient, or an optimizer's state.
template <class M>
M zeros_like(M model) {
  visit_leaves(model, [](const auto& leaf) { std::fill_n(leaf.data, leaf.size(), typename M::Scalar(0)); });
  return model;
}

/// Moves the running averages of `model` towards the values that a training step left in `batch`.
template <class M>
void update_buffers(M& model, const M& batch) {
  visit_buffers<M>(
      [](const Buffer& buffer, auto& running, auto& value) {
        expect_same_shape(buffer, running, value);
        update_average(running, value, buffer.momentum);
      },
      model, batch);
}

/// How many numbers a model learns.
template <class M>
Index parameter_count(const M& model) {
  Index count = 0;
  M::visit([&](const Parameter&, auto& leaf) { count += leaf.size(); }, model);
  return count;
}

}  // namespace descent
