#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/io/onnx/match.hpp"
#include "descent/io/onnx/model.hpp"

namespace descent::detail {

/// A value of the graph as layers compute it from an earlier value.
struct OnnxStep {
  enum class Kind { input, layer, residual, concat, unknown };
  Kind kind = Kind::unknown;
  std::size_t parent = 0;          ///< the step of the earlier value
  std::size_t depth = 0;           ///< the number of steps between it and the input
  const OnnxNode* node = nullptr;  ///< the node that gives the value; of the unknown, the one at fault
  std::string_view fault{};  ///< of the unknown, the reason, if it is another than that no pattern matches
  std::size_t pattern = 0;   ///< of a layer, the number of its pattern
  OnnxMatch match{};         ///< of a layer, the nodes and constants of its pattern
  std::vector<std::size_t> branches{};  ///< the last steps of the branches that are added or concatenated
};

/// The series-parallel structure of a graph: layers in series, or branches in parallel that begin in one value and are
/// joined by Add or Concat.
///
/// Nodes are taken in their order in the file, each of which gives a step. The parent of a layer is the value that its
/// pattern calls x; that of a join is the value in which its branches begin, their lowest common ancestor. So the steps
/// form a tree with the input as its root, and the way from one step back to another is a series of layers and joins:
///
///        +-> layer -> layer -+
///   x ---+                   +-> join        the join's parent is x, its branches end in the last layers
///        +-> layer ----------+
class OnnxSeriesParallel {
 public:
  OnnxSeriesParallel(const OnnxModel& model, const std::string& input,
                     const std::vector<OnnxPattern>& patterns)
      : values_{model}, patterns_{patterns}, hops_left_{(std::size_t{1} << 16) + 16 * model.nodes.size()} {
    steps_.push_back({.kind = Kind::input});
    step_of_.emplace(input, 0);
    for (const OnnxValue& other : model.inputs)
      if (other.name != input) unused_inputs_.insert(other.name);
    for (const OnnxNode& node : model.nodes) add(node);
  }

  const OnnxStep& operator[](std::size_t step) const { return steps_[step]; }

  /// The step that gives the value of this name.
  std::size_t find(const std::string& name) const {
    const auto found = step_of_.find(name);
    if (found == step_of_.end())
      fail_to_load_onnx(joined("expected the output \"", name, "\" to come from a node, but none gives it"),
                        "the file is damaged, or its output is a constant");
    return found->second;
  }

  /// The steps in series from the one after `begin` up to `end`.
  std::vector<std::size_t> series(std::size_t begin, std::size_t end) const {
    std::vector<std::size_t> steps;
    for (std::size_t step = end; step != begin; step = steps_[step].parent) steps.push_back(step);
    std::reverse(steps.begin(), steps.end());
    return steps;
  }

  /// Throws FormatError with the reason why a step is unknown.
  [[noreturn]] void fail(const OnnxStep& step) const {
    const auto [problem, cure] = fault_of(step);
    fail_to_load_onnx(joined(printed(*step.node), ": expected ", problem), cure);
  }

 private:
  using Kind = OnnxStep::Kind;

  void add(const OnnxNode& node) {
    const bool takes_unused = check_inputs(node);
    if (values_.add(node)) return;
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i].empty()) continue;
      OnnxStep step = takes_unused ? unknown(node, "it takes an input that no output needs")
                      : i == 0     ? step_to(node)
                                   : unknown(node, "only the first output of a node is read");
      if (step.kind != Kind::unknown) step.depth = steps_[step.parent].depth + 1;
      if (!step_of_.emplace(node.outputs[i], steps_.size()).second) fail_given_twice(node.outputs[i]);
      steps_.push_back(std::move(step));
    }
  }
  /// Throws unless all inputs of a node are known. True if one of them is an input that the network does not need.
  bool check_inputs(const OnnxNode& node) const {
    for (const std::string& input : node.inputs) {
      if (input.empty() || values_.constant(input) != nullptr || step_of_.contains(input)) continue;
      if (unused_inputs_.contains(input)) return true;
      fail_to_load_onnx(joined(printed(node), ": expected its input \"", input,
                               "\" to come from a node before it, but none gives it"),
                        "the file is damaged, or its nodes are out of order");
    }
    return false;
  }

  static OnnxStep unknown(const OnnxNode& node, std::string_view fault) {
    return {.kind = Kind::unknown, .node = &node, .fault = fault};
  }

  /// The step of a node's first output: that of the first pattern that matches, or a join. Of a value that is computed
  /// from an unknown one, it is the same unknown one, so that the first node at fault is named.
  OnnxStep step_to(const OnnxNode& node) {
    for (std::size_t i = 0; i < patterns_.size(); ++i) {
      OnnxMatch match;
      if (!matches(patterns_[i], node.outputs[0], values_, match)) continue;
      const std::size_t parent = step_of_.at(match.x);
      if (steps_[parent].kind == Kind::unknown) return steps_[parent];
      return {.kind = Kind::layer, .parent = parent, .node = &node, .pattern = i, .match = std::move(match)};
    }
    // scikit-learn's probabilities with a name for each: the same numbers.
    if (node.domain == "ai.onnx.ml" && node.op == "ZipMap" && node.inputs.size() == 1)
      if (const auto named = step_of_.find(node.inputs[0]); named != step_of_.end())
        return steps_[named->second];
    if (node.domain.empty() && (node.op == "Add" || node.op == "Concat")) return join(node);
    for (const std::string& input : node.inputs) {
      const auto found = step_of_.find(input);
      if (found != step_of_.end() && steps_[found->second].kind == Kind::unknown)
        return steps_[found->second];
    }
    return unknown(node, "");
  }

  /// The step of a node that joins branches.
  OnnxStep join(const OnnxNode& node) {
    OnnxStep step{.kind = node.op == "Add" ? Kind::residual : Kind::concat, .node = &node};
    for (const std::string& input : node.inputs) {
      const auto found = step_of_.find(input);
      if (found == step_of_.end())
        return unknown(node, "it takes a constant in a way that no layer of ours does");
      if (steps_[found->second].kind == Kind::unknown) return steps_[found->second];
      step.branches.push_back(found->second);
    }
    if (step.branches.empty()) return unknown(node, "it has no inputs");
    step.parent = step.branches[0];
    for (const std::size_t end : step.branches) step.parent = lowest_common_ancestor(step.parent, end, node);
    return step.kind == Kind::residual ? residual(std::move(step)) : step;
  }
  /// Of the two branches that are added, one must have no layers; the step then keeps the other.
  static OnnxStep residual(OnnxStep step) {
    if (step.branches.size() != 2) return unknown(*step.node, "it does not have two inputs");
    if (step.branches[0] == step.parent) std::swap(step.branches[0], step.branches[1]);
    if (step.branches[1] != step.parent)
      return unknown(*step.node, "it adds two paths with layers in both; a Residual has them in one");
    step.branches.pop_back();
    return step;
  }

  /// If each layer is on one branch, as it must be, all ways up the tree together are no longer than the graph; a
  /// hostile file could have us walk it again for each input of each node.
  std::size_t lowest_common_ancestor(std::size_t a, std::size_t b, const OnnxNode& node) {
    while (a != b) {
      if (hops_left_ == 0)
        fail_to_load_onnx(
            joined(printed(node),
                   ": expected paths that share no layers, got long ones that meet again and again"),
            "a network here has no layer in two places");
      --hops_left_;
      if (steps_[a].depth < steps_[b].depth) std::swap(a, b);
      a = steps_[a].parent;
    }
    return a;
  }

  struct Fault {
    std::string problem, cure;
  };
  Fault fault_of(const OnnxStep& step) const {
    const OnnxNode& node = *step.node;
    if (!step.fault.empty()) {
      std::string problem = joined("a layer that is known here, but ", step.fault);
      for (const std::string& input : node.inputs)
        if (values_.constant(input) != nullptr) problem += joined(": \"", input, '"');
      return {std::move(problem), "rewrite this part of the network"};
    }
    if (node.domain.empty())
      for (const OnnxPattern& pattern : patterns_)
        if (pattern.text == node.op && pattern.is_single())
          return {
              joined(spelled(pattern), ", ", difference(pattern, node, values_)),
              "x is computed from the input, all others are constants: fold what is computed from constants "
              "alone"};
    std::string reason = "this is none, nor part of one";
    if (!node.domain.empty()) reason = joined("this is an operator of \"", node.domain, '"');
    if (node.op == "Constant")
      for (const OnnxAttribute& attribute : node.attributes)
        reason = joined("its value is given as ", attribute.name);
    return {joined("a layer that is known here, but ", reason), known_operators()};
  }
  std::string known_operators() const {
    std::set<std::string_view> names{"Add", "Concat"};
    for (const OnnxPattern& pattern : patterns_) names.insert(pattern.text);
    std::string all = "these operators are read, and the groups of them that exports of PyTorch have: ";
    for (const std::string_view name : names) all += joined(name == *names.begin() ? "" : ", ", name);
    return all;
  }

  OnnxValues values_;
  const std::vector<OnnxPattern>& patterns_;
  std::size_t hops_left_;
  std::deque<OnnxStep> steps_;  // which does not move them as it grows
  std::map<std::string_view, std::size_t> step_of_;
  std::set<std::string_view> unused_inputs_;
};

}  // namespace descent::detail
