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
#include "descent/io/onnx_match.hpp"
#include "descent/io/onnx_model.hpp"

namespace descent::detail {

/// A value of the graph as a layer, or several, makes it from an earlier one.
struct OnnxStep {
  enum class Kind { input, layer, residual, concat, unknown };
  Kind kind = Kind::unknown;
  std::size_t from = 0;  ///< the step that it follows
  std::size_t depth = 0;
  const OnnxNode* node = nullptr;   ///< the node that gives the value; of the unknown, the one at fault
  std::string_view fault{};         ///< the reason
  std::size_t form = 0;             ///< of a layer, its form
  OnnxMatch match{};                ///< of a layer, the values of the names in the form
  std::vector<std::size_t> ends{};  ///< the ends of the paths that are added or concatenated
};

/// A graph as a sequence of layers, found node by node. Each value has one step that it follows, so that the steps form a
/// tree; paths that part and meet again, as around a residual, meet in one step.
class OnnxPaths {
 public:
  OnnxPaths(const OnnxModel& model, const std::string& input, const std::vector<OnnxForm>& forms)
      : values_{model}, forms_{forms}, hops_left_{(std::size_t{1} << 16) + 16 * model.nodes.size()} {
    steps_.push_back({.kind = OnnxStep::Kind::input});
    of_.emplace(input, 0);
    for (const OnnxValue& other : model.inputs)
      if (other.name != input) unused_inputs_.insert(other.name);
    for (const OnnxNode& node : model.nodes) add(node);
  }

  const OnnxStep& operator[](std::size_t step) const { return steps_[step]; }

  /// The step that gives the value of this name.
  std::size_t find(const std::string& name) const {
    const auto found = of_.find(name);
    if (found == of_.end())
      fail_to_load_onnx(concat("expected the output \"", name, "\" to come from a node, but none gives it"),
                        "the file is damaged, or its output is a constant");
    return found->second;
  }

  /// The reason why the step is unknown; then the cure.
  std::pair<std::string, std::string> fault(const OnnxStep& step) const {
    const OnnxNode& node = *step.node;
    const auto is_of_node = [&](const OnnxForm& form) { return node.domain.empty() && form.text == node.op; };
    const auto is_single = [&](const OnnxForm& form) {
      return is_of_node(form) && std::none_of(form.inputs.begin(), form.inputs.end(),
                                              [](const OnnxForm& in) { return in.is_operator(); });
    };
    const auto form = std::find_if(forms_.begin(), forms_.end(), is_single);
    if (step.fault.empty() && form != forms_.end())
      return {concat("expected ", form->source, ", ", difference(*form, node, values_)),
              "x is computed from the input, all others are constants: fold what is computed from constants "
              "alone"};
    if (!step.fault.empty()) {
      std::string fault = concat("expected a layer that is known here, but ", step.fault);
      for (const std::string& input : node.inputs)
        if (values_.constant(input) != nullptr) fault += concat(": \"", input, '"');
      return {std::move(fault), "rewrite this part of the network"};
    }
    std::string reason = "this is none, nor part of one";
    if (!node.domain.empty()) reason = concat("this is an operator of \"", node.domain, '"');
    if (node.op == "Constant")
      for (const OnnxAttribute& attribute : node.attributes)
        reason = concat("its value is given as ", attribute.name);
    std::set<std::string_view> names{"Add", "Concat"};
    for (const OnnxForm& known : forms_) names.insert(known.text);
    std::string cure = "these operators are read, and the groups of them that exports of PyTorch have: ";
    for (const std::string_view name : names) cure += concat(name == *names.begin() ? "" : ", ", name);
    return {concat("expected a layer that is known here, but ", reason), std::move(cure)};
  }

  /// The steps after `begin`, up to `end`.
  std::vector<std::size_t> between(std::size_t begin, std::size_t end) const {
    std::vector<std::size_t> path;
    for (std::size_t step = end; step != begin; step = steps_[step].from) path.push_back(step);
    std::reverse(path.begin(), path.end());
    return path;
  }

 private:
  using Kind = OnnxStep::Kind;

  void add(const OnnxNode& node) {
    bool takes_unused = false;
    for (const std::string& input : node.inputs) {
      if (input.empty() || values_.constant(input) != nullptr || of_.contains(input)) continue;
      takes_unused = unused_inputs_.contains(input);
      if (!takes_unused)
        fail_to_load_onnx(concat(printed(node), ": expected its input \"", input,
                                 "\" to come from a node before it, but none gives it"),
                          "the file is damaged, or its nodes are out of order");
    }
    if (values_.add(node)) return;
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i].empty()) continue;
      OnnxStep step = takes_unused ? unknown(node, "it takes an input that no output needs")
                      : i == 0     ? step_to(node)
                                   : unknown(node, "only the first output of a node is read");
      if (step.kind != Kind::unknown) step.depth = steps_[step.from].depth + 1;
      if (!of_.emplace(node.outputs[i], steps_.size()).second) fail_given_twice(node.outputs[i]);
      steps_.push_back(std::move(step));
    }
  }

  static OnnxStep unknown(const OnnxNode& node, std::string_view fault) {
    return {.kind = Kind::unknown, .node = &node, .fault = fault};
  }

  OnnxStep step_to(const OnnxNode& node) {
    for (std::size_t form = 0; form < forms_.size(); ++form) {
      OnnxMatch match;
      if (!matches(forms_[form], node.outputs[0], values_, match)) continue;
      const std::size_t from = of_.at(match.x);
      if (steps_[from].kind == Kind::unknown) return steps_[from];
      return {.kind = Kind::layer, .from = from, .node = &node, .form = form, .match = std::move(match)};
    }
    // scikit-learn's probabilities with a name for each: the same numbers.
    if (node.domain == "ai.onnx.ml" && node.op == "ZipMap" && node.inputs.size() == 1)
      if (const auto named = of_.find(node.inputs[0]); named != of_.end()) return steps_[named->second];
    if (node.domain.empty() && (node.op == "Add" || node.op == "Concat")) return meeting(node);
    for (const std::string& input : node.inputs) {
      const auto found = of_.find(input);
      if (found != of_.end() && steps_[found->second].kind == Kind::unknown) return steps_[found->second];
    }
    return unknown(node, "");
  }

  /// A step in which paths meet: added or concatenated.
  OnnxStep meeting(const OnnxNode& node) {
    OnnxStep step{.kind = node.op == "Add" ? Kind::residual : Kind::concat, .node = &node};
    for (const std::string& input : node.inputs) {
      const auto found = of_.find(input);
      if (found == of_.end()) return unknown(node, "it takes a constant in a way that no layer of ours does");
      if (steps_[found->second].kind == Kind::unknown) return steps_[found->second];
      step.ends.push_back(found->second);
    }
    if (step.ends.empty()) return unknown(node, "it has no inputs");
    step.from = step.ends[0];
    for (const std::size_t end : step.ends) step.from = common(step.from, end, node);
    if (step.kind == Kind::concat) return step;

    // Of the two paths that are added, one must lead straight through.
    if (step.ends.size() != 2) return unknown(node, "it does not have two inputs");
    if (step.ends[0] == step.from) std::swap(step.ends[0], step.ends[1]);
    if (step.ends[1] != step.from)
      return unknown(node, "it adds two paths with layers in both; a Residual has them in one");
    step.ends.pop_back();
    return step;
  }

  /// The lowest common ancestor of two steps. Where each layer is on one path, as it must be, all these ways together are
  /// no longer than the graph; a hostile one could have us walk it again for each input of each node.
  std::size_t common(std::size_t a, std::size_t b, const OnnxNode& node) {
    while (a != b) {
      if (hops_left_ == 0)
        fail_to_load_onnx(
            concat(printed(node),
                   ": expected paths that share no layers, got long ones that meet again and again"),
            "a network here has no layer in two places");
      --hops_left_;
      if (steps_[a].depth < steps_[b].depth) std::swap(a, b);
      a = steps_[a].from;
    }
    return a;
  }

  OnnxValues values_;
  const std::vector<OnnxForm>& forms_;
  std::size_t hops_left_;
  std::deque<OnnxStep> steps_;  // which does not move them as it grows
  std::map<std::string_view, std::size_t> of_;
  std::set<std::string_view> unused_inputs_;
};

}  // namespace descent::detail
