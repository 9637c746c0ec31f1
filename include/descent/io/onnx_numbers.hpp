#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/io/onnx_match.hpp"
#include "descent/io/onnx_model.hpp"

namespace descent::detail {

/// How many numbers a network may take from a file, which may name the same ones for any number of layers. A branch
/// of a Concat counts for some too: to a file it is only a name. Truth values and whole numbers are no weights, and
/// stand in one byte each.
class OnnxBudget {
 public:
  explicit OnnxBudget(const OnnxModel& model) : left_{1 << 16} {
    for (const OnnxTensor& tensor : model.initializers) add(tensor);
    for (const OnnxNode& node : model.nodes)
      for (const OnnxAttribute& attribute : node.attributes)
        if (const auto* tensor = std::get_if<OnnxTensor>(&attribute.value)) add(*tensor);
  }
  void spend(Index numbers) {
    if (numbers > left_)
      fail_to_load_onnx("expected about as many weights as the file holds, got several times that",
                        "its layers share their tensors, or name sizes that they do not have");
    left_ -= numbers;
  }

 private:
  void add(const OnnxTensor& tensor) {
    if (tensor.type != OnnxType::boolean && tensor.type != OnnxType::int64)
      left_ += 4 * static_cast<Index>(tensor.values.size());
  }

  Index left_;
};

/// What a layer of ours is made from: the nodes of a form, their attributes, and the constants in it.
class OnnxNumbers {
 public:
  OnnxNumbers(const OnnxMatch& match, Index features, OnnxBudget& budget)
      : match_{match}, features_{features}, budget_{budget} {}

  /// Says what is wrong with the node.
  [[noreturn]] void fail(const std::string& problem, std::string_view cure) const {
    fail_to_load_onnx(concat(printed(match_.node()), ": ", problem), cure);
  }

  /// How many features come in.
  Index features() const { return features_; }

  double real(std::string_view op, std::string_view name, double otherwise) const {
    return attribute_or(match_.node(op), name, otherwise);
  }
  std::int64_t integer(std::string_view op, std::string_view name, std::int64_t otherwise) const {
    return attribute_or(match_.node(op), name, otherwise);
  }
  /// Throws unless the attribute is 0, which is what it is where nothing is said.
  void expect_zero(std::string_view op, std::string_view name, std::string_view cure) const {
    const std::int64_t value = integer(op, name, 0);
    if (value != 0) fail(concat("expected ", name, " = 0, got ", value), cure);
  }
  /// Throws unless the operator works along the features; `otherwise` is its axis where nothing is said.
  void expect_axis_of_features(std::string_view op, std::int64_t otherwise) const {
    const std::int64_t axis = integer(op, "axis", otherwise);
    if (axis != 1 && axis != -1)
      fail(concat("expected axis = 1, got ", axis), "samples are rows, and their features columns");
  }
  /// Throws unless every mean is over the features.
  void expect_means_over_features() const {
    for (const OnnxNode* node : match_.nodes) {
      if (node->op != "ReduceMean") continue;
      const auto axes = attribute_or(*node, "axes", std::vector<std::int64_t>{});
      if (axes != std::vector<std::int64_t>{-1} && axes != std::vector<std::int64_t>{1})
        fail("expected means over axis 1", "samples are rows, and their features columns");
    }
  }

  const OnnxTensor& tensor(std::string_view name) const { return *match_.constants.find(name)->second; }
  bool is_scalar(std::string_view name) const { return tensor(name).values.size() == 1; }
  double scalar(std::string_view name) const {
    if (!is_scalar(name))
      fail(concat("expected a single number for ", name, ", got ", tensor(name).values.size()), "");
    return tensor(name).values[0];
  }

  Matrix<double> matrix(std::string_view name) const {
    const OnnxTensor& t = tensor(name);
    if (t.dims.size() != 2 || t.values.empty())
      fail(concat("expected a matrix for ", name, ", got ", t.dims.size(), " dimensions and ",
                  t.values.size(), " values"),
           "only fully connected layers are read");
    budget_.spend(static_cast<Index>(t.values.size()));
    using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    return Eigen::Map<const RowMajor>{t.values.data(), static_cast<Index>(t.dims[0]),
                                      static_cast<Index>(t.dims[1])};
  }

  /// A number for each of `size` features, or the same for all.
  Vector<double> vector(std::string_view name, Index size) const {
    const OnnxTensor& t = tensor(name);
    const bool is_row = t.dims.empty() || t.dims.back() == static_cast<std::int64_t>(t.values.size());
    if (!is_row || size == 0 || (t.values.size() != 1 && t.values.size() != static_cast<std::size_t>(size)))
      fail(concat("expected ", size, " values in a row for ", name, ", got ", t.values.size()),
           "its sizes do not fit the layer before it");
    budget_.spend(size);
    if (t.values.size() == 1) return Vector<double>::Constant(size, t.values[0]);
    return Eigen::Map<const Vector<double>>{t.values.data(), size};
  }
  Vector<double> vector(std::string_view name) const { return vector(name, features_); }

 private:
  const OnnxMatch& match_;
  Index features_;
  OnnxBudget& budget_;
};

}  // namespace descent::detail
