#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/io/onnx/match.hpp"
#include "descent/io/onnx/model.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Limits the memory of a network by the size of its file, in which any number of layers may share a tensor. The
/// budget is 4 numbers for each weight in the file, and 2^16. Integers and booleans do not count: they are no
/// weights, and may take one byte each. A branch of a Concat costs some numbers as well, for in the file it is only a
/// name.
class OnnxBudget {
 public:
  explicit OnnxBudget(const OnnxModel& model) : left_{1 << 16} {
    for (const OnnxTensor& tensor : model.initializers) add(tensor);
    for (const OnnxNode& node : model.nodes)
      for (const OnnxAttribute& attribute : node.attributes)
        if (const auto* tensor = std::get_if<OnnxTensor>(&attribute.value)) add(*tensor);
  }
  /// Takes numbers from the budget; throws FormatError if it has too few.
  void spend(Index numbers) {
    if (numbers > left_)
      fail_to_load_onnx("expected about as many weights as the file holds, got several times that",
                        "give each layer tensors of its own");
    left_ -= numbers;
  }

 private:
  void add(const OnnxTensor& tensor) {
    if (tensor.type != OnnxType::boolean && tensor.type != OnnxType::int64 && tensor.type != OnnxType::int32)
      left_ += 4 * static_cast<Index>(tensor.values.size());
  }

  Index left_;
};

/// The nodes that a pattern matched, with their attributes and constants.
class OnnxNumbers {
 public:
  OnnxNumbers(const OnnxMatch& match, OnnxBudget& budget, std::int64_t opset)
      : match_{match}, budget_{budget}, opset_{opset} {}

  /// Throws FormatError with the node's name.
  [[noreturn]] void fail(const std::string& problem, std::string_view cure) const {
    fail_to_load_onnx(joined(printed(match_.node()), ": ", problem), cure);
  }

  std::int64_t opset() const { return opset_; }
  /// The node that computes the result of the pattern, or the first one with this operator.
  const OnnxNode& node() const { return match_.node(); }
  const OnnxNode& node(std::string_view op) const { return match_.node(op); }
  const std::vector<const OnnxNode*>& nodes() const { return match_.nodes; }

  /// The value that the pattern computes, an output of its last node.
  std::string_view result() const { return match_.result; }

  double real(std::string_view op, std::string_view name, double otherwise) const {
    return attribute_or(node(op), name, otherwise);
  }
  std::int64_t integer(std::string_view op, std::string_view name, std::int64_t otherwise) const {
    return attribute_or(node(op), name, otherwise);
  }
  std::vector<std::int64_t> integers(std::string_view op, std::string_view name) const {
    return attribute_or(node(op), name, std::vector<std::int64_t>{});
  }
  std::string text(std::string_view op, std::string_view name, std::string_view otherwise) const {
    return attribute_or(node(op), name, std::string{otherwise});
  }
  std::vector<std::string> texts(std::string_view op, std::string_view name) const {
    return attribute_or(node(op), name, std::vector<std::string>{});
  }
  /// The axes of an operator: the constant `axes`, or in older opsets the attribute.
  std::vector<double> axes(std::string_view op) const {
    if (has("axes")) return tensor("axes").values;
    const auto list = integers(op, "axes");
    return {list.begin(), list.end()};
  }
  /// Throws FormatError unless the attribute is `value`, which is also its default.
  void expect(std::string_view op, std::string_view name, std::int64_t value, std::string_view cure) const {
    const std::int64_t actual = integer(op, name, value);
    if (actual != value) fail(joined("expected ", name, " = ", value, ", got ", actual), cure);
  }

  bool has(std::string_view name) const { return match_.constants.contains(name); }
  /// The constant with this name in the pattern, row-major.
  ///
  /// Throws   FormatError when there is none, or its type is not read.
  const OnnxTensor& tensor(std::string_view name) const {
    const auto found = match_.constants.find(name);
    if (found == match_.constants.end())
      fail(joined("expected a constant for ", name, ", got none"), "name it in the pattern");
    const OnnxTensor& t = *found->second;
    switch (t.type) {
      case OnnxType::float32:
      case OnnxType::float64:
      case OnnxType::float16:
      case OnnxType::bfloat16:
      case OnnxType::int32:
      case OnnxType::int64:
      case OnnxType::boolean:
        return t;
    }
    fail(joined("expected ", name, " of float32, float64, float16, bfloat16, int32, int64 or bool, got type ",
                static_cast<std::int32_t>(t.type)),
         "convert the model to float32; quantized models are not read");
  }
  bool is_scalar(std::string_view name) const { return tensor(name).values.size() == 1; }
  double scalar(std::string_view name) const {
    if (!is_scalar(name))
      fail(joined("expected a single number for ", name, ", got ", tensor(name).values.size()),
           "pass a constant with one value");
    return tensor(name).values[0];
  }

  Matrix<double> matrix(std::string_view name) const {
    const OnnxTensor& t = tensor(name);
    if (t.dims.size() != 2 || t.values.empty())
      fail(joined("expected a matrix for ", name, ", got ", t.dims.size(), " dimensions and ",
                  t.values.size(), " values"),
           "export a fully connected layer");
    return matrix(name, t.dims[0], t.dims[1]);
  }
  /// The constant as a matrix of this size, which must be its size.
  Matrix<double> matrix(std::string_view name, Index rows, Index cols) const {
    const OnnxTensor& t = tensor(name);
    budget_.spend(rows * cols);
    using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    return Eigen::Map<const RowMajor>{t.values.data(), rows, cols};
  }

  /// The constant as a vector of `size` numbers; a single number is repeated.
  Vector<double> vector(std::string_view name, Index size) const {
    const OnnxTensor& t = tensor(name);
    const bool is_row = t.dims.size() <= 1 || (t.dims.size() == 2 && t.dims[0] == 1);
    const auto count = static_cast<Index>(t.values.size());
    if (!is_row || (count != size && count != 1)) fail_to_broadcast(name, size);
    return expanded(Eigen::Map<const Vector<double>>{t.values.data(), count}, size);
  }
  /// Repeats the numbers up to `size`, a multiple of their number.
  Vector<double> expanded(const Vector<double>& numbers, Index size) const {
    budget_.spend(size);
    return numbers.replicate(size / numbers.size(), 1);
  }

  /// Throws FormatError for a constant that cannot be broadcast to `size` features.
  [[noreturn]] void fail_to_broadcast(std::string_view name, Index size) const {
    const OnnxTensor& t = tensor(name);
    const bool is_row = t.dims.size() <= 1 || (t.dims.size() == 2 && t.dims[0] == 1);
    std::string got = is_row ? joined(t.values.size()) : "[";
    if (!is_row)
      for (std::size_t i = 0; i < t.dims.size(); ++i) got += joined(i > 0 ? ", " : "", t.dims[i]);
    fail(joined("expected ", size, " values in a row for ", name, ", got ", got, is_row ? "" : "]"),
         is_row ? "make its size fit the layer before it"
                : "give one value for each feature or each channel, the same for all samples");
  }

 protected:
  const OnnxMatch& match_;
  OnnxBudget& budget_;
  std::int64_t opset_;
};

}  // namespace descent::detail
