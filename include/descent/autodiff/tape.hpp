#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "descent/autodiff/node.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The nodes of a graph in the order of their computation. `rewind` keeps them and their memory for the next run.
template <std::floating_point T>
class Tape {
 public:
  void rewind() {
    size_ = 0;
    ++run_;
  }
  /// Appends a node, with the memory of the node that had its place in the run before. The caller sets its value.
  Node<T>& append(NodeKind kind) {
    if (static_cast<std::size_t>(size_) == nodes_.size()) grow();
    Node<T>& n = at(size_++);
    n.kind = kind;
    n.reached = n.wanted = false;
    return n;
  }

  /// True if the slope of an operation leads to a parameter or a wanted input.
  bool leads_to_wanted(const Node<T>& n) const {
    if (n.operation.backward == nullptr) return false;
    if (n.operation.has_parameters) return true;
    for (const Index i : n.operands)
      if (i >= 0 && at(i).wanted) return true;
    return false;
  }
  /// True if the value of node i is a view of this matrix.
  bool views(Index i, const auto& matrix) const {
    const Batch<T>& value = at(i).value;
    return value.rows() == matrix.rows() && value.cols() == matrix.cols() &&
           (value.data() == matrix.data() || matrix.size() == 0);
  }

  Node<T>& at(Index i) { return *nodes_[static_cast<std::size_t>(i)]; }
  const Node<T>& at(Index i) const { return *nodes_[static_cast<std::size_t>(i)]; }
  Node<T>& last() { return at(size_ - 1); }
  Index size() const { return size_; }
  std::uint32_t run() const { return run_; }

 private:
  [[gnu::noinline]] void grow() { nodes_.push_back(std::make_unique<Node<T>>()); }

  std::vector<std::unique_ptr<Node<T>>> nodes_;  // pointers, so that nodes stay in place
  Index size_ = 0;
  std::uint32_t run_ = 0;
};

/// The slope of a cost, 1.
template <std::floating_point T>
Batch<T> one() {
  static constexpr T number = 1;
  return {&number, Shape{1}, 1};
}

/// Moves dJ/dparameter to the gradient: the graph takes the memory of a matrix there for its next run.
template <std::floating_point T, class Leaf>
void move_slope(Node<T>& n, Leaf& leaf) {
  if (!n.reached) {
    std::fill_n(leaf.data(), leaf.size(), T(0));
    return;
  }
  if constexpr (std::same_as<Leaf, Matrix<T>>) {
    if (n.slope == n.memory.slope.data()) {
      leaf.swap(n.memory.slope);
      n.slope = leaf.data();
      return;
    }
  }
  std::copy_n(n.slope, leaf.size(), leaf.data());
}

}  // namespace descent::detail
