#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/io/onnx/builder.hpp"
#include "descent/io/onnx/layer.hpp"
#include "descent/io/onnx/model.hpp"
#include "descent/tree/formula_description.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Writes the operations of a formula. A sample is a column in a formula and a row in ONNX, so that operands of products
/// change places; results that do not depend on the input are constants.
class OnnxFormula {
 public:
  OnnxFormula(OnnxBuilder& to, const OnnxLayer& layer)
      : to_{to},
        layer_{layer},
        formula_{layer.formula()->operations(layer.input_shape())},
        names_(formula_.all.size()) {}

  std::string write(const std::string& x) {
    names_[formula_.input] = x;
    return value(formula_.result);
  }

 private:
  const FormulaOperation& at(std::size_t i) const { return formula_.all[i]; }

  /// Returns the operation whose result this one only repeats or passes on.
  std::size_t origin(std::size_t i) const {
    while (at(i).name == "widen" || at(i).name == "stop_gradient") i = at(i).operands[0];
    return i;
  }

  /// Returns the name of a result, [batch, ...], after writing what it depends on.
  std::string value(std::size_t i) {
    i = origin(i);
    const FormulaOperation& op = at(i);
    if (!op.is_per_sample) fail(op, "a result that depends on the input");
    if (names_[i].empty()) names_[i] = to_.with_shape(node(op), op.shape);
    return names_[i];
  }
  /// Returns a result as plain features.
  std::string features(std::size_t i) { return to_.reshape(value(i), {at(origin(i)).shape.size()}); }

  /// Returns an operand of an operation by numbers: a value, or a constant for each number of a sample or for all.
  std::string operand(std::size_t i, const Shape& shape) {
    i = origin(i);
    const FormulaOperation& op = at(i);
    if (op.is_per_sample) {
      if (op.shape == shape || (op.shape.size() == 1 && shape.positions() == 1)) return value(i);
      return to_.reshape(value(i), shape);
    }
    if (op.columns != 1 || (op.rows != 1 && op.rows != shape.size()))
      fail(op, "a number, or a column with a number for each feature");
    return to_.constant(name_of(op), onnx_broadcast({{}, {op.rows}, op.numbers}, shape));
  }
  /// Returns a constant matrix, transposed on request: row-major as in ONNX is transposed column by column.
  std::string matrix(std::size_t i, bool transposed) {
    const FormulaOperation& op = at(origin(i));
    if (op.is_per_sample) fail(op, "a parameter or a constant as the left operand of a product");
    OnnxTensor tensor{{}, {op.columns, op.rows}, op.numbers};
    if (!transposed) {
      tensor.dims = {op.rows, op.columns};
      for (Index r = 0; r < op.rows; ++r)
        for (Index c = 0; c < op.columns; ++c)
          tensor.values[static_cast<std::size_t>(r * op.columns + c)] =
              op.numbers[static_cast<std::size_t>(c * op.rows + r)];
    }
    return to_.constant(name_of(op), std::move(tensor));
  }
  static std::string_view name_of(const FormulaOperation& op) {
    return op.path.empty() ? std::string_view{"constant"} : op.path;
  }

  bool is_number(std::size_t i) const { return at(origin(i)).rows == 1 && at(origin(i)).columns == 1; }

  std::string integers(std::string_view name, std::vector<double> values) {
    const auto size = static_cast<std::int64_t>(values.size());
    return to_.constant(name, {{}, {size}, std::move(values), OnnxType::int64});
  }

  std::string node(const FormulaOperation& op) {
    if (op.layer) return applied(op);
    const std::string_view name = op.name;
    const auto number = [&] { return to_.scalar("number", op.number); };
    const auto x = [&] { return operand(op.operands[0], op.shape); };

    if (name == "scale") return to_.node("Mul", {x(), number()});
    if (name == "shift") return to_.node("Add", {x(), number()});
    if (name == "reciprocal") return to_.node("Div", {number(), x()});
    if (op.operands.size() == 2) {
      constexpr std::array<std::pair<std::string_view, std::string_view>, 6> by_number{
          {{"+", "Add"},
           {"-", "Sub"},
           {"cwise_product", "Mul"},
           {"/", "Div"},
           {"max", "Max"},
           {"min", "Min"}}};
      for (const auto& [own, onnx] : by_number)
        if (name == own) return to_.node(onnx, {x(), operand(op.operands[1], op.shape)});
    }
    if (name == "*") {
      if (is_number(op.operands[0])) return to_.node("Mul", {x(), operand(op.operands[1], op.shape)});
      const std::string right = features(op.operands[1]);
      return to_.node("MatMul", {right, matrix(op.operands[0], true)});
    }
    if (name == "affine")
      return to_.node(
          "Gemm",
          {features(op.operands[1]), matrix(op.operands[0], false), operand(op.operands[2], op.shape)},
          {{"transB", std::int64_t{1}}});
    if (name == "reshape") return to_.reshape(value(op.operands[0]), op.shape);
    if (name == "rows") {
      const auto first = static_cast<double>(op.index), end = first + static_cast<double>(op.shape.size());
      const std::string from = features(op.operands[0]);
      return to_.node("Slice",
                      {from, integers("starts", {first}), integers("ends", {end}), integers("axes", {1})});
    }
    if (name == "stack")
      return to_.node("Concat", {features(op.operands[0]), features(op.operands[1])},
                      {{"axis", std::int64_t{1}}});
    if (name == "sum") {
      const std::string from = features(op.operands[0]);
      return to_.node("ReduceSum", {from, integers("axes", {1})});
    }
    constexpr std::array<std::pair<std::string_view, std::string_view>, 3> reductions{
        {{"norm", "ReduceL2"}, {"max", "ReduceMax"}, {"log_sum_exp", "ReduceLogSumExp"}}};
    for (const auto& [own, onnx] : reductions)
      if (name == own)
        return to_.node(onnx, {features(op.operands[0])}, {{"axes", std::vector<std::int64_t>{1}}});
    if (name == "gather") {
      const std::string rows = matrix(op.operands[0], true);
      const std::string chosen =
          to_.node("Gather", {rows, whole(op.operands[1])}, {{"axis", std::int64_t{0}}});
      return to_.node("Reshape", {chosen, integers("shape", {-1, static_cast<double>(op.shape.size())})});
    }
    if (name == "pick") {
      const std::string from = features(op.operands[0]);
      return to_.node("GatherElements", {from, whole(op.operands[1])}, {{"axis", std::int64_t{1}}});
    }
    fail(op, "an operation with a counterpart in ONNX");
  }

  /// Returns a row of numbers as whole numbers.
  std::string whole(std::size_t i) {
    return to_.node("Cast", {features(i)}, {{"to", static_cast<std::int64_t>(OnnxType::int64)}});
  }

  /// Writes a layer that the formula applies: a function of each number, or a layer with a function for its type.
  std::string applied(const FormulaOperation& op) {
    const std::string x = value(op.operands[0]);
    const OnnxLayer layer = layer_.inner(*op.layer, op.path);
    constexpr std::array<std::pair<std::string_view, std::string_view>, 7> functions{{{"exp", "Exp"},
                                                                                      {"log", "Log"},
                                                                                      {"sqrt", "Sqrt"},
                                                                                      {"abs", "Abs"},
                                                                                      {"sin", "Sin"},
                                                                                      {"cos", "Cos"},
                                                                                      {"erf", "Erf"}}};
    for (const auto& [own, onnx] : functions)
      if (op.name == own) return to_.node(onnx, {x});
    if (op.name == "square") return to_.node("Mul", {x, x});
    if (op.name == "log1p") return to_.node("Log", {to_.node("Add", {x, to_.scalar("one", 1)})});
    if (op.name == "pow") return to_.node("Pow", {x, to_.scalar("exponent", layer.option("exponent"))});
    if (op.name == "clamp")
      return to_.node("Clip",
                      {x, to_.scalar("low", layer.option("low")), to_.scalar("high", layer.option("high"))});
    return to_.layer(layer, x);
  }

  [[noreturn]] void fail(const FormulaOperation& op, std::string_view expected) const {
    throw DataError(
        joined("save_onnx, layer \"", layer_.path(), '"'),
        joined("expected ", expected, ", got ", op.name.empty() ? op.path : op.name),
        joined("write the formula with other operations, or add a function for the layer: auto layers = "
               "onnx_layers(); layers[\"",
               layer_.type(), "\"] = ...; and pass {.layers = layers}"));
  }

  OnnxBuilder& to_;
  const OnnxLayer& layer_;
  FormulaOperations formula_;
  std::vector<std::string> names_;  // of the results that are written, else empty
};

/// Writes a layer that is written as a formula.
inline std::string onnx_formula(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
  return OnnxFormula{to, layer}.write(x);
}

}  // namespace descent::detail
