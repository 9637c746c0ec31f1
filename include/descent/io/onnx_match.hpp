#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/io/onnx_model.hpp"

namespace descent::detail {

[[noreturn]] inline void fail_to_load_onnx(const std::string& problem, std::string_view cure) {
  throw FormatError("load_onnx", problem, cure);
}

[[noreturn]] inline void fail_given_twice(const std::string& name) {
  fail_to_load_onnx(concat("expected each value to be given once, got \"", name, "\" twice"),
                    "the file is damaged");
}

/// A node as messages name it.
inline std::string printed(const OnnxNode& node) {
  return concat("node \"", node.name, "\" (", node.op, ')');
}

/// The values of a model by their names: constants, and what the nodes give.
class OnnxValues {
 public:
  explicit OnnxValues(const OnnxModel& model) {
    for (const OnnxTensor& tensor : model.initializers) add(constants_, tensor.name, &tensor);
  }

  const OnnxTensor* constant(const std::string& name) const { return find(constants_, name); }
  const OnnxNode* producer(const std::string& name) const { return find(producers_, name); }

  /// Takes in the next node. True if it only gives a constant.
  bool add(const OnnxNode& node) {
    if (node.domain.empty() && !node.outputs.empty()) {
      if (node.op == "Constant") return add_constant(node);
      if (node.op == "Identity" && node.inputs.size() == 1 && constant(node.inputs[0]) != nullptr) {
        add(constants_, node.outputs[0], constant(node.inputs[0]));
        return true;
      }
    }
    for (const std::string& output : node.outputs)
      if (!output.empty()) add(producers_, output, &node);
    return false;
  }

 private:
  template <class V>
  using Map = std::map<std::string_view, const V*>;  // the names are in the model

  template <class V>
  static const V* find(const Map<V>& map, const std::string& name) {
    const auto found = map.find(name);
    return found != map.end() ? found->second : nullptr;
  }
  template <class V>
  void add(Map<V>& map, const std::string& name, const V* value) {
    if (constant(name) != nullptr || producer(name) != nullptr) fail_given_twice(name);
    map.emplace(name, value);
  }

  bool add_constant(const OnnxNode& node) {
    if (const auto* tensor = find_attribute<OnnxTensor>(node, "value")) {
      add(constants_, node.outputs[0], tensor);
      return true;
    }
    const auto* number = find_attribute<double>(node, "value_float");
    if (number == nullptr) return false;
    made_.push_back({node.outputs[0], {}, {*number}, OnnxType::float32});
    add(constants_, node.outputs[0], &made_.back());
    return true;
  }

  Map<OnnxTensor> constants_;
  Map<OnnxNode> producers_;
  std::deque<OnnxTensor> made_;
};

/// Part of a graph to look for, as in `Mul(x, Sigmoid(x))`: operators begin with a capital, `x` is what comes in,
/// other names stand for constants, numbers for themselves, and `_` for an optional input that was left out.
struct OnnxForm {
  std::string text;  ///< an operator or a name; empty for a number
  double number = 0;
  std::vector<OnnxForm> inputs;

  bool is_operator() const { return !text.empty() && text[0] >= 'A' && text[0] <= 'Z'; }

  static OnnxForm parse(std::string_view text) { return parse_next(text); }

 private:
  static OnnxForm parse_next(std::string_view& text) {
    OnnxForm form;
    const std::string word{text.substr(0, text.find_first_of("(,)"))};
    text.remove_prefix(word.size());
    if (word[0] >= '0' && word[0] <= '9') {
      form.number = std::strtod(word.c_str(), nullptr);
    } else {
      form.text = word;
    }
    if (text.empty() || text[0] != '(') return form;
    while (text[0] != ')') {
      text.remove_prefix(text[0] == ',' ? 2 : 1);  // a comma and a space
      form.inputs.push_back(parse_next(text));
    }
    text.remove_prefix(1);
    return form;
  }
};

/// Where a form was found: what its names stand for.
struct OnnxMatch {
  std::string x;
  std::vector<const OnnxNode*> nodes;  ///< the last one first
  std::map<std::string, const OnnxTensor*, std::less<>> constants;

  const OnnxNode& node() const { return *nodes.front(); }
  /// The node of that operator.
  const OnnxNode& node(std::string_view op) const {
    return **std::find_if(nodes.begin(), nodes.end(), [&](const OnnxNode* node) { return node->op == op; });
  }
};

/// Whether the value `name` is given by the form; if so, `match` says how.
inline bool matches(const OnnxForm& form, const std::string& name, const OnnxValues& values,
                    OnnxMatch& match) {
  const OnnxTensor* constant = values.constant(name);
  if (form.text.empty())
    return constant != nullptr && constant->values.size() == 1 &&
           std::abs(constant->values[0] - form.number) <= 1e-5 * form.number;
  if (form.text == "x") {
    if (constant != nullptr || name.empty() || (!match.x.empty() && match.x != name)) return false;
    match.x = name;
    return true;
  }
  if (form.text == "_") return name.empty();
  if (!form.is_operator()) {
    if (constant == nullptr) return false;
    const auto [known, is_new] = match.constants.emplace(form.text, constant);
    return is_new || known->second == constant;
  }

  const OnnxNode* node = values.producer(name);
  if (node == nullptr || node->op != form.text || !node->domain.empty() || node->outputs[0] != name)
    return false;
  const std::vector<std::string>& inputs = node->inputs;
  std::size_t count = inputs.size();
  while (count > 0 && inputs[count - 1].empty()) --count;  // optional ones, left out; read_onnx drops them
  if (count != form.inputs.size()) return false;
  const auto match_inputs = [&](bool swapped) {
    OnnxMatch attempt = match;
    attempt.nodes.push_back(node);
    for (std::size_t i = 0; i < count; ++i)
      if (!matches(form.inputs[i], inputs[swapped ? 1 - i : i], values, attempt)) return false;
    match = std::move(attempt);
    return true;
  };
  if (match_inputs(false)) return true;
  return (form.text == "Add" || form.text == "Mul") && match_inputs(true);  // which take two, in any order
}

}  // namespace descent::detail
