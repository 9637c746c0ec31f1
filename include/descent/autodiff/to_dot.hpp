#pragma once

#include <concepts>
#include <string>

#include "descent/autodiff/graph.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `to_dot`.
struct DotOptions {
  bool values = false;     ///< shows the numbers of each node, the first six of a larger one
  bool gradients = false;  ///< shows dJ/dnode of the last `backward`, too
};

namespace detail {

/// Appends the first numbers of a matrix, row by row: a row ends with a semicolon.
template <std::floating_point T>
void append_numbers(std::string& out, std::string_view title, const Batch<T>& numbers) {
  constexpr Index most = 6;
  out += joined({"\\n", title});
  Index count = 0;
  for (Index i = 0; i < numbers.rows(); ++i)
    for (Index j = 0; j < numbers.cols(); ++j) {
      if (count++ == most) {
        out += " ...";
        return;
      }
      out += joined({j == 0 && i > 0 ? "; " : " ", Formatted{static_cast<double>(numbers(i, j))}});
    }
}

}  // namespace detail

/// Returns the graph of the last run in the language of Graphviz:  dot -Tsvg graph.dot > graph.svg
///
/// Parameters are boxes, operations are ellipses, inputs and constants have no border; each shows its shape.
///
/// Example  examples/20_autodiff.cpp
template <std::floating_point T>
std::string to_dot(const Graph<T>& graph, const DotOptions& options = {}) {
  using detail::joined;
  std::string out = "digraph {\n  rankdir=BT\n";
  for (Index i = 0; i < graph.size(); ++i) {
    const Node<T>& n = graph.node(i);
    const bool is_operation = n.kind == NodeKind::operation, has_label = n.kind <= NodeKind::state;
    std::string_view text = is_operation ? n.operation.name : "constant";
    if (has_label) text = n.label;
    if (n.kind == NodeKind::input) text = "input";
    out += joined({"  ", i, " [label=\"", text});
    if (is_operation && n.operation.number != 0)
      out += joined({" ", static_cast<double>(n.operation.number)});
    out += joined({"\\n[", n.value.rows(), ", ", n.value.cols(), "]"});
    if (options.values) detail::append_numbers(out, "value", n.value);
    if (options.gradients && n.reached)
      detail::append_numbers(out, "gradient", n.value.with_numbers(n.slope));
    out += joined({"\", shape=",
                   is_operation                    ? "ellipse"
                   : n.kind == NodeKind::parameter ? "box"
                                                   : "plaintext",
                   "]\n"});
    for (const Index operand : n.operands)
      if (is_operation && operand >= 0) out += joined({"  ", operand, " -> ", i, "\n"});
  }
  return out + "}\n";
}

}  // namespace descent
