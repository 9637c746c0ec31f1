#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/io/onnx/model.hpp"

namespace descent::inline DESCENT_ABI::detail {

[[noreturn]] inline void fail_to_load_onnx(const std::string& problem, std::string_view cure) {
  throw FormatError("load_onnx", problem, cure);
}

[[noreturn]] inline void fail_given_twice(const std::string& name) {
  fail_to_load_onnx(joined("expected each value to be computed once, got \"", name, "\" twice"),
                    "export the model again; the file is damaged");
}

/// A node as it is named in messages.
inline std::string printed(const OnnxNode& node) {
  return joined("node \"", node.name, "\" (", node.op, ')');
}

/// A symbol table of the values of a model: constants, and outputs of nodes.
class OnnxValues {
 public:
  explicit OnnxValues(const OnnxModel& model) {
    for (const OnnxTensor& tensor : model.initializers) add(constants_, tensor.name, &tensor);
  }

  const OnnxTensor* constant(const std::string& name) const { return find(constants_, name); }
  const OnnxNode* producer(const std::string& name) const { return find(producers_, name); }

  /// Adds the outputs of the next node. True if it only defines a constant.
  bool add(const OnnxNode& node) {
    if (node.domain.empty() && !node.outputs.empty()) {
      if (node.op == "Constant") return add_constant(node);
      if (node.op == "Identity" && node.inputs.size() == 1 && constant(node.inputs[0]) != nullptr) {
        add(constants_, node.outputs[0], constant(node.inputs[0]));
        return true;
      }
      if (is_zero(node)) {
        add(constants_, node.outputs[0], &zeros_);
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

  /// True if a node computes zeros whose sizes depend on the batch, as PyTorch does for initial states.
  bool is_zero(const OnnxNode& node) const {
    const auto all_zero = [](const OnnxTensor* tensor) {
      return tensor != nullptr && tensor->type == OnnxType::float32 && !tensor->values.empty() &&
             std::all_of(tensor->values.begin(), tensor->values.end(), [](double v) { return v == 0; });
    };
    if (node.op == "ConstantOfShape") {
      const auto* value = find_attribute<OnnxTensor>(node, "value");
      return value == nullptr || all_zero(value);
    }
    return (node.op == "Expand" && !node.inputs.empty() && all_zero(constant(node.inputs[0]))) ||
           (node.op == "Slice" && !node.inputs.empty() && constant(node.inputs[0]) == &zeros_);
  }

  /// Adds the value of a Constant; false if its value is given by an attribute that is not read.
  bool add_constant(const OnnxNode& node) {
    const OnnxTensor* tensor = find_attribute<OnnxTensor>(node, "value");
    if (tensor == nullptr) tensor = constant_of_numbers(node);
    if (tensor == nullptr) return false;
    add(constants_, node.outputs[0], tensor);
    return true;
  }
  /// The tensor of a Constant whose value is a number or a list of numbers; nullptr for another.
  const OnnxTensor* constant_of_numbers(const OnnxNode& node) {
    const auto make = [&](std::vector<std::int64_t> dims, std::vector<double> values, OnnxType type) {
      return &own_tensors_.emplace_back(
          OnnxTensor{node.outputs[0], std::move(dims), std::move(values), type});
    };
    const auto list = [&](const auto& values, OnnxType type) {
      return make({static_cast<std::int64_t>(values.size())}, {values.begin(), values.end()}, type);
    };
    if (const auto* number = find_attribute<double>(node, "value_float"))
      return make({}, {*number}, OnnxType::float32);
    if (const auto* number = find_attribute<std::int64_t>(node, "value_int"))
      return make({}, {static_cast<double>(*number)}, OnnxType::int64);
    if (const auto* numbers = find_attribute<std::vector<double>>(node, "value_floats"))
      return list(*numbers, OnnxType::float32);
    if (const auto* numbers = find_attribute<std::vector<std::int64_t>>(node, "value_ints"))
      return list(*numbers, OnnxType::int64);
    return nullptr;
  }

  const OnnxTensor zeros_{"", {-1}, {0}, OnnxType::float32};  // of any sizes
  Map<OnnxTensor> constants_;
  Map<OnnxNode> producers_;
  std::deque<OnnxTensor> own_tensors_;  // a deque: pointers stay valid
};

/// A pattern of nodes as a tree; `OnnxImporter` has the syntax.
///
///   Mul(x, Sigmoid(x))      Mul --+-- x
///                                 +-- Sigmoid --- x
struct OnnxPattern {
  std::string text;  ///< an operator or a name; empty for a number
  double number = 0;
  bool is_optional = false;
  std::vector<OnnxPattern> inputs;

  bool is_operator() const { return !text.empty() && text[0] >= 'A' && text[0] <= 'Z'; }
  /// True for an operator whose inputs are all names or numbers.
  bool is_single() const {
    return is_operator() &&
           std::none_of(inputs.begin(), inputs.end(), [](const auto& input) { return input.is_operator(); });
  }

  /// Parses the text of a pattern; throws DataError if it is malformed or has no x.
  static OnnxPattern parse(std::string_view source) {
    std::string_view rest = source;
    OnnxPattern pattern;
    if (!parse_next(rest, pattern) || !rest.empty() || !pattern.is_operator() || !pattern.takes_x())
      throw DataError("load_onnx", joined("expected a pattern of operators and x, got \"", source, '"'),
                      "write it like \"Mul(x, Sigmoid(x))\"");
    return pattern;
  }

 private:
  /// Parses a pattern at the front of the text and removes it; false if it is malformed.
  static bool parse_next(std::string_view& text, OnnxPattern& pattern) {
    std::string_view word = text.substr(0, text.find_first_of("(,)"));
    text.remove_prefix(word.size());
    pattern.is_optional = word.ends_with('?');
    if (pattern.is_optional) word.remove_suffix(1);
    if (word.empty()) return false;
    if (word[0] >= '0' && word[0] <= '9')
      pattern.number = decimal(word);
    else
      pattern.text = word;
    if (text.empty() || text[0] != '(') return !pattern.is_operator();
    while (text[0] != ')') {
      text.remove_prefix(text.starts_with(", ") ? 2 : 1);
      if (!parse_next(text, pattern.inputs.emplace_back()) || text.empty()) return false;
    }
    text.remove_prefix(1);
    return pattern.is_operator();
  }
  bool takes_x() const {
    return (text == "x" && !is_optional) ||
           std::any_of(inputs.begin(), inputs.end(), [](const auto& in) { return in.takes_x(); });
  }
  /// Converts decimal digits to a number, in any locale.
  static double decimal(std::string_view digits) {
    double number = 0, unit = 1;
    const std::size_t point = std::min(digits.find('.'), digits.size());
    for (std::size_t i = 0; i < digits.size(); ++i) {
      if (i == point) continue;
      number = 10 * number + (digits[i] - '0');
      if (i > point) unit *= 10;
    }
    return number / unit;
  }
};

/// The subgraph that a pattern matched: its nodes, and the values bound to its names.
struct OnnxMatch {
  std::string x;
  std::vector<const OnnxNode*> nodes;  ///< the last node, which computes the result, is first
  std::map<std::string, const OnnxTensor*, std::less<>> constants;
  std::string_view result = {};  ///< the value that the last node computes
  std::vector<std::pair<std::string_view, std::string_view>> values =
      {};  ///< by the names that begin with `_`

  const OnnxNode& node() const { return *nodes.front(); }
  /// The first node with this operator; without one, the node of the result.
  const OnnxNode& node(std::string_view op) const {
    const auto found =
        std::find_if(nodes.begin(), nodes.end(), [&](const OnnxNode* node) { return node->op == op; });
    return found != nodes.end() ? **found : node();
  }
};

inline bool is_recurrent(const OnnxNode& node) {
  return node.op == "RNN" || node.op == "LSTM" || node.op == "GRU";
}
/// True for an operator whose second output is read, too: the last state of a recurrent layer.
inline bool has_last_state(const OnnxNode& node) { return node.outputs.size() > 1 && is_recurrent(node); }

/// The name of the input `i`; empty if it is omitted.
inline const std::string& input_name(const OnnxNode& node, std::size_t i) {
  static const std::string none;
  return i < node.inputs.size() ? node.inputs[i] : none;
}

/// The number of inputs, without omitted ones at the end.
inline std::size_t input_count(const OnnxNode& node) {
  std::size_t count = node.inputs.size();
  while (count > 0 && node.inputs[count - 1].empty()) --count;
  return count;
}

/// True if the value is that of the name, or becomes it.
inline bool is_value_of(std::vector<std::pair<std::string_view, std::string_view>>& values,
                        std::string_view name, std::string_view value) {
  for (const auto& [known, its] : values)
    if (known == name) return its == value;
  values.emplace_back(name, value);
  return true;
}

/// True if the pattern matches the subgraph that computes the value `name`; `match` then has its nodes and values.
/// Matches recursively from the last operator to its inputs. A node that does not match leaves `match` unchanged.
inline bool matches(const OnnxPattern& pattern, const std::string& name, const OnnxValues& values,
                    OnnxMatch& match) {
  if (name.empty()) return pattern.is_optional;
  const OnnxTensor* constant = values.constant(name);
  if (pattern.text.empty())
    return constant != nullptr && constant->values.size() == 1 &&
           std::abs(constant->values[0] - pattern.number) <= 1e-5 * pattern.number;
  if (pattern.text[0] == '_') return pattern.text == "_" || is_value_of(match.values, pattern.text, name);
  if (pattern.text == "x") {
    if (constant != nullptr || (!match.x.empty() && match.x != name)) return false;
    match.x = name;
    return true;
  }
  if (!pattern.is_operator()) {
    if (constant == nullptr) return false;
    const auto [known, is_new] = match.constants.emplace(pattern.text, constant);
    return is_new || known->second == constant;
  }

  const OnnxNode* node = values.producer(name);
  if (node == nullptr || node->op != pattern.text || !node->domain.empty()) return false;
  if (node->outputs[0] != name && !(match.nodes.empty() && has_last_state(*node) && node->outputs[1] == name))
    return false;
  if (input_count(*node) > pattern.inputs.size()) return false;
  const auto match_inputs = [&](bool swapped) {
    OnnxMatch attempt = match;
    if (attempt.nodes.empty()) attempt.result = name;
    attempt.nodes.push_back(node);
    for (std::size_t i = 0; i < pattern.inputs.size(); ++i)
      if (!matches(pattern.inputs[i], input_name(*node, swapped ? 1 - i : i), values, attempt)) return false;
    match = std::move(attempt);
    return true;
  };
  if (match_inputs(false)) return true;
  const bool commutes = pattern.text == "Add" || pattern.text == "Mul";
  return commutes && match_inputs(true);
}

/// The text of a pattern of a single operator: "Gemm(x, weight, bias?)".
inline std::string spelled(const OnnxPattern& pattern) {
  std::string all = pattern.text;
  for (std::size_t i = 0; i < pattern.inputs.size(); ++i)
    all += joined(i == 0 ? '(' : ',', i == 0 ? "" : " ", pattern.inputs[i].text,
                  pattern.inputs[i].is_optional ? "?" : "");
  return all + ')';
}

/// The first difference between a node and a pattern of a single operator: "got the constant "w" for x".
inline std::string difference(const OnnxPattern& pattern, const OnnxNode& node, const OnnxValues& values) {
  if (input_count(node) > pattern.inputs.size()) return joined("got ", input_count(node), " inputs");
  for (std::size_t i = 0; i < pattern.inputs.size(); ++i) {
    const OnnxPattern& wanted = pattern.inputs[i];
    const std::string& name = input_name(node, i);
    const bool is_constant = values.constant(name) != nullptr;
    if (name.empty() && !wanted.is_optional) return joined("got no ", wanted.text);
    if (!name.empty() && is_constant == (wanted.text == "x"))
      return joined("got the ", is_constant ? "constant \"" : "computed value \"", name, "\" for ",
                    wanted.text);
  }
  return "got another";
}

}  // namespace descent::detail
