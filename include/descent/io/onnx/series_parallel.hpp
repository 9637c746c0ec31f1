#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/io/onnx/match.hpp"
#include "descent/io/onnx/model.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// A value of the graph, computed from an earlier value by a layer or by a join of parallel branches.
struct OnnxStep {
  enum class Kind { input, layer, residual, concat, unknown };
  Kind kind = Kind::unknown;
  std::size_t parent = 0;               ///< the step of the earlier value
  std::size_t depth = 0;                ///< the number of ancestors
  const OnnxNode* node = nullptr;       ///< computes the value; of an unknown step, the node at fault
  std::string_view fault{};             ///< of an unknown step, the reason; empty if no pattern matches
  std::size_t pattern = 0;              ///< of a layer, the index of its pattern
  OnnxMatch match{};                    ///< of a layer, the nodes and constants of its pattern
  std::vector<std::size_t> branches{};  ///< of a join, the last step of each branch
};

/// The series-parallel structure of a graph: layers in series, and branches in parallel that fork from one value and
/// are joined by an Add (a Residual) or a Concat.
///
///           +-- Gemm --- Relu --+
///   x -- f -+                   +-- Concat -- y
///           +-- Tanh -----------+
///
/// Each value of the graph is a step, and the steps form a tree whose root is the input. The parent of a layer is the
/// value that its pattern calls x. The parent of a join is the value from which its branches fork, their lowest
/// common ancestor:
///
///   step     kind     parent   branches
///   x        input
///   f        layer    x
///   Gemm     layer    f
///   Relu     layer    Gemm
///   Tanh     layer    f
///   Concat   concat   f        Relu, Tanh     lowest common ancestor f
///   y        layer    Concat
///
/// A network is the series of steps from one value to another: series(x, y) is f, Concat, y, and the branches of the
/// Concat are series(f, Relu) = Gemm, Relu and series(f, Tanh) = Tanh.
///
/// Cost     each node is visited once, in the topological order of the file.
/// Source   Valdes, Tarjan, Lawler: The recognition of series parallel digraphs, 1982
class OnnxSeriesParallel {
 public:
  OnnxSeriesParallel(const OnnxModel& model, const std::string& input,
                     const std::vector<OnnxPattern>& patterns)
      : values_{model}, patterns_{patterns}, ascents_left_{(std::size_t{1} << 16) + 16 * model.nodes.size()} {
    steps_.push_back({.kind = Kind::input});
    step_of_.emplace(input, 0);
    for (const OnnxValue& other : model.inputs)
      if (other.name != input) unused_inputs_.insert(other.name);
    for (const OnnxNode& node : model.nodes) add(node);
  }

  const OnnxStep& operator[](std::size_t step) const { return steps_[step]; }

  /// The step of an output of the graph.
  ///
  /// Throws   FormatError when no node computes it.
  std::size_t find(const std::string& output) const {
    if (const std::optional<std::size_t> step = find_step(output)) return *step;
    fail_to_load_onnx(joined("expected the output \"", output, "\" to come from a node, got none"),
                      "export a network whose output depends on its input");
  }

  /// The steps in series after `begin`, up to and including `end`.
  std::vector<std::size_t> series(std::size_t begin, std::size_t end) const {
    std::vector<std::size_t> steps;
    for (std::size_t step = end; step != begin; step = steps_[step].parent) steps.push_back(step);
    std::reverse(steps.begin(), steps.end());
    return steps;
  }

  /// Throws FormatError with the reason why a step is unknown.
  [[noreturn]] void fail(const OnnxStep& step) const {
    const auto [problem, cure] = problem_and_cure(step);
    fail_to_load_onnx(joined(printed(*step.node), ": expected ", problem), cure);
  }

 private:
  using Kind = OnnxStep::Kind;

  /// Adds a step for each output of a node; a constant is no step.
  void add(const OnnxNode& node) {
    const bool takes_unused_input = check_inputs(node);
    if (values_.add(node)) return;
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i].empty()) continue;
      OnnxStep step = takes_unused_input ? unknown(node, "an input that no output needs")
                      : i == 0           ? step_of_first_output(node)
                      : i == 1 && has_last_state(node)
                          ? match_layer(node, i).value_or(unknown(node, "an output other than the first"))
                          : unknown(node, "an output other than the first");
      if (step.kind != Kind::unknown) step.depth = steps_[step.parent].depth + 1;
      if (!step_of_.emplace(node.outputs[i], steps_.size()).second) fail_given_twice(node.outputs[i]);
      steps_.push_back(std::move(step));
    }
  }

  /// Throws unless all inputs of a node are computed before it. True if one of them is an input of the graph that no
  /// output needs.
  bool check_inputs(const OnnxNode& node) const {
    for (const std::string& input : node.inputs) {
      if (input.empty() || values_.constant(input) != nullptr || find_step(input)) continue;
      if (unused_inputs_.contains(input)) return true;
      fail_to_load_onnx(joined(printed(node), ": expected its input \"", input,
                               "\" to come from a node before it, got none"),
                        "sort the nodes topologically, or export the model again");
    }
    return false;
  }

  /// A layer if a pattern matches, else a join. A node that takes an unknown value is that unknown step again, so
  /// that messages name the first node at fault.
  OnnxStep step_of_first_output(const OnnxNode& node) {
    if (std::optional<OnnxStep> layer = match_layer(node, 0)) return *std::move(layer);
    // sklearn-onnx: a ZipMap only adds the names of the classes to the probabilities.
    if (node.domain == "ai.onnx.ml" && node.op == "ZipMap" && node.inputs.size() == 1)
      if (const std::optional<std::size_t> probabilities = find_step(node.inputs[0]))
        return steps_[*probabilities];
    if (node.domain.empty() && (node.op == "Add" || node.op == "Concat")) return join(node);
    for (const std::string& input : node.inputs)
      if (const std::optional<std::size_t> step = find_step(input); step && is_unknown(*step))
        return steps_[*step];
    return unknown(node, "");
  }

  /// The layer of the first pattern that matches.
  std::optional<OnnxStep> match_layer(const OnnxNode& node, std::size_t output) const {
    for (std::size_t i = 0; i < patterns_.size(); ++i) {
      OnnxMatch match;
      if (!matches(patterns_[i], node.outputs[output], values_, match)) continue;
      const std::size_t parent = step_of_.at(match.x);
      if (is_unknown(parent)) return steps_[parent];
      return OnnxStep{
          .kind = Kind::layer, .parent = parent, .node = &node, .pattern = i, .match = std::move(match)};
    }
    return std::nullopt;
  }

  /// The step of an Add or a Concat that joins branches.
  OnnxStep join(const OnnxNode& node) {
    OnnxStep step{.kind = node.op == "Add" ? Kind::residual : Kind::concat, .node = &node};
    for (const std::string& input : node.inputs) {
      const std::optional<std::size_t> end = find_step(input);
      if (!end) return unknown(node, "a constant among the branches");
      if (is_unknown(*end)) return steps_[*end];
      step.branches.push_back(*end);
    }
    if (step.branches.empty()) return unknown(node, "a join without inputs");
    step.parent = step.branches[0];
    for (const std::size_t end : step.branches) step.parent = lowest_common_ancestor(step.parent, end, node);
    return step.kind == Kind::residual ? residual(std::move(step)) : step;
  }

  /// The deepest step from which both branches descend. The deeper of the two goes up to its parent until they are
  /// the same.
  ///
  /// If no layer is on two branches, as it must be, all of these walks together are no longer than the graph. A
  /// hostile file could ask for one walk along the whole graph for each input of each node: their number of steps is
  /// limited.
  std::size_t lowest_common_ancestor(std::size_t a, std::size_t b, const OnnxNode& node) {
    while (a != b) {
      if (ascents_left_ == 0)
        fail_to_load_onnx(
            joined(printed(node), ": expected branches that share no layers, got long ones that do"),
            "give each branch layers of its own");
      --ascents_left_;
      if (steps_[a].depth < steps_[b].depth) std::swap(a, b);
      a = steps_[a].parent;
    }
    return a;
  }

  /// A sum y = x + f(x): one of its two branches is empty, and the step keeps the other.
  static OnnxStep residual(OnnxStep step) {
    if (step.branches.size() != 2) return unknown(*step.node, "a sum that does not have two inputs");
    if (step.branches[0] == step.parent) std::swap(step.branches[0], step.branches[1]);
    if (step.branches[1] != step.parent)
      return unknown(*step.node, "a sum of two branches with layers in both, where a Residual has one");
    step.branches.pop_back();
    return step;
  }

  static OnnxStep unknown(const OnnxNode& node, std::string_view fault) {
    return {.kind = Kind::unknown, .node = &node, .fault = fault};
  }
  bool is_unknown(std::size_t step) const { return steps_[step].kind == Kind::unknown; }

  /// The step of a value; none for a constant.
  std::optional<std::size_t> find_step(const std::string& value) const {
    const auto found = step_of_.find(value);
    if (found == step_of_.end()) return std::nullopt;
    return found->second;
  }

  struct ProblemAndCure {
    std::string problem, cure;
  };
  ProblemAndCure problem_and_cure(const OnnxStep& step) const {
    const OnnxNode& node = *step.node;
    if (!step.fault.empty()) {
      std::string problem = joined("a supported layer, got ", step.fault);
      for (const std::string& input : node.inputs)
        if (values_.constant(input) != nullptr) problem += joined(": \"", input, '"');
      return {std::move(problem), "rewrite this part of the network"};
    }
    if (node.domain.empty())
      for (const OnnxPattern& pattern : patterns_)
        if (pattern.text == node.op && pattern.is_single())
          return {joined(spelled(pattern), ", ", difference(pattern, node, values_)),
                  "compute x from the input, and make all others constants"};
    std::string got = "an operator that is in no pattern";
    if (!node.domain.empty()) got = joined("an operator of \"", node.domain, '"');
    if (node.op == "Constant")
      for (const OnnxAttribute& attribute : node.attributes) got = joined("its value as ", attribute.name);
    return {joined("a supported layer, got ", got), known_operators()};
  }
  std::string known_operators() const {
    std::set<std::string_view> names{"Add", "Concat"};
    for (const OnnxPattern& pattern : patterns_) names.insert(pattern.text);
    std::string all = "use these operators, or compositions of them as PyTorch exports them: ";
    for (const std::string_view name : names) all += joined(name == *names.begin() ? "" : ", ", name);
    return all;
  }

  OnnxValues values_;
  const std::vector<OnnxPattern>& patterns_;
  std::size_t ascents_left_;
  std::deque<OnnxStep> steps_;
  std::map<std::string_view, std::size_t> step_of_;  // the names are in the model
  std::set<std::string_view> unused_inputs_;
};

}  // namespace descent::detail
