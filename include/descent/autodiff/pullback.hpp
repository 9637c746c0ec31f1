#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>

#include "descent/autodiff/node.hpp"
#include "descent/autodiff/variable.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/linalg/flat.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/parallel/workers.hpp"

namespace descent::inline DESCENT_ABI {

/// The argument of an operation's `backward`: the operands a, b and c, the value y, and dJ/dy. It passes dJ/da, dJ/db
/// and dJ/dc on. The first slope of a node overwrites, further ones are added.
///
///   p.to_a(p.dy());                                                            // a view, nothing is copied
///   p.to_b([&](Matrix<T>& d) { d = p.dy().cwiseProduct(p.a()); });
template <std::floating_point T>
class Pullback {
 public:
  Pullback(Graph<T>& graph, Node<T>& node)
      : graph_{graph}, node_{node}, dy_{node.value.with_numbers(node.slope)} {}

  const Batch<T>& a() const { return operand(0).value; }
  const Batch<T>& b() const { return operand(1).value; }
  const Batch<T>& c() const { return operand(2).value; }
  const Batch<T>& y() const { return node_.value; }
  const Batch<T>& dy() const { return dy_; }
  const Matrix<T>& saved() const { return node_.memory.saved; }
  T number() const { return node_.operation.number; }
  Index index() const { return node_.operation.index; }
  bool wants_a() const { return operand(0).wanted; }
  Workers& workers() const;
  template <std::derived_from<NodeState<T>> S>
  S& state() const {
    return node_.template state<S>();
  }

  /// Passes a slope on: `slope(d)` resizes d and writes it, and is not called if the slope is not wanted; or `slope` is
  /// numbers that stay as they are until the next run, such as dy, a saved matrix, or memory of the state.
  void to_a(const auto& slope) const { to_operand(0, slope); }
  void to_b(const auto& slope) const { to_operand(1, slope); }
  void to_c(const auto& slope) const { to_operand(2, slope); }
  /// Passes the slope of a parameter that is not an operand on.
  void to_node(Index i, const T* slope) const;

 private:
  Node<T>& operand(std::size_t k) const;

  template <class S>
  void to_operand(std::size_t k, const S& slope) const {
    Node<T>& n = operand(k);
    if (!n.wanted) return;
    if constexpr (std::derived_from<S, Eigen::EigenBase<S>> || std::same_as<S, Batch<T>>) {
      expect_size(n, slope);
      add(n, Batch<T>{slope}.data());
    } else {
      const bool is_used = n.reached && n.slope == n.memory.slope.data();
      Matrix<T>& d = is_used ? n.memory.spare : n.memory.slope;
      slope(d);
      expect_size(n, d);
      add(n, d.data());
    }
  }
  void add(Node<T>& n, const T* slope) const {
    n.slope = n.reached ? sum(n, slope) : slope;
    n.reached = true;
  }
  /// Adds a further slope to that of a node, in memory of the node.
  [[gnu::noinline]] const T* sum(Node<T>& n, const T* slope) const {
    Matrix<T>& own = n.memory.slope;
    if (n.slope != own.data()) own.resize(n.value.rows(), n.value.cols());
    for_numbers(workers(), n.value.size(),
                [&](const Part& part) { flat(own, part) = flat(n.slope, part) + flat(slope, part); });
    return own.data();
  }
  void expect_size(const Node<T>& n, const auto& slope) const {
    if (slope.rows() != n.value.rows() || slope.cols() != n.value.cols())
      throw_size({n.value.rows(), n.value.cols()}, {slope.rows(), slope.cols()});
  }
  [[noreturn, gnu::cold, gnu::noinline]] void throw_size(const detail::Size& expected,
                                                         const detail::Size& got) const {
    throw_error<ShapeError>(detail::joined({"operation ", node_.operation.name}),
                            {"expected backward to write a slope of [", expected.rows, ", ", expected.cols,
                             "], got [", got.rows, ", ", got.cols, ']'},
                            "give the slope the shape of its operand");
  }

  Graph<T>& graph_;
  Node<T>& node_;
  Batch<T> dy_;
};

}  // namespace descent
