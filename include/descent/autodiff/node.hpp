#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "descent/core/batch.hpp"
#include "descent/core/type_id.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

template <std::floating_point T>
class Graph;
template <std::floating_point T>
class Pullback;

/// An operation of a graph: its name, its pullback, and numbers that forward and backward share.
///
/// `backward` is a function pointer, usually a lambda without captures: from dJ/dy it computes the slopes of the
/// operands. Null means that no slope goes back.
template <std::floating_point T>
struct Operation {
  std::string_view name;
  void (*backward)(const Pullback<T>&) = nullptr;
  T number = 0;
  Index index = 0;
  bool has_parameters = false;  ///< true if a slope goes to parameters that are not operands
  bool applies_layer = false;
};

namespace detail {
template <std::floating_point T>
class NodeLayer;
}

/// Memory of an operation that needs more than matrices: derive from it, and get it by `Graph::state` and
/// `Pullback::state`.
template <std::floating_point T>
struct NodeState {
  virtual ~NodeState() = default;
  /// The layer that the node applies, or nullptr.
  virtual const detail::NodeLayer<T>* layer() const { return nullptr; }
};

/// The origin of the value of a node.
enum class NodeKind : std::uint8_t { parameter, state, input, constant, operation };

/// A node of a graph: a value, and dJ/dvalue after `backward`.
template <std::floating_point T>
struct Node {
  /// Memory that is kept from run to run.
  struct Memory {
    Index key = -1;          // of the sizes that it is for
    Matrix<T> value, slope;  // unless a view of other memory suffices
    Matrix<T> saved;         // numbers that forward keeps for backward
    Matrix<T> spare;         // a further part of the slope
    std::unique_ptr<NodeState<T>> state;
    detail::TypeId state_type = nullptr;
  };

  NodeKind kind = NodeKind::constant;
  Operation<T> operation;                     ///< and its operands, of a node of that kind
  std::array<Index, 3> operands{-1, -1, -1};  ///< their nodes, or -1
  std::string label;                          ///< the path of a parameter or state
  Batch<T> value;                             ///< a view
  const T* slope = nullptr;                   ///< the numbers of dJ/dvalue, if it is reached
  bool wanted = false;   ///< true if the slope is to be computed: it leads to a parameter or a wanted input
  bool reached = false;  ///< true if J depends on the node
  Memory memory;

  /// The layer that the node applies, or nullptr.
  const detail::NodeLayer<T>* layer() const {
    return kind == NodeKind::operation && operation.applies_layer ? memory.state->layer() : nullptr;
  }

  /// Chooses the memory for values of some sizes. Full batches and the smaller last one have separate memory, so that
  /// no matrix is resized between runs.
  void use_memory(Index key) {
    if (memory.key == key) return;
    if (memory.key >= 0) std::swap(memory, other_);
    memory.key = key;
  }

  /// The state of type S: made on first use, and anew if the node was of another operation before.
  template <std::derived_from<NodeState<T>> S>
  S& state() {
    if (memory.state_type != detail::type_id<S>()) {
      memory.state = std::make_unique<S>();
      memory.state_type = detail::type_id<S>();
    }
    return static_cast<S&>(*memory.state);
  }

 private:
  Memory other_;
};

}  // namespace descent
