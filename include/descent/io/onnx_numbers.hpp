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
#include "descent/io/onnx_match.hpp"
#include "descent/io/onnx_model.hpp"

namespace descent::detail {

/// Limits the numbers that a network takes from a file, which may name the same ones for any number of layers. A branch
/// of a Concat counts for some too: to a file it is only a name. Truth values and integers are no weights, and may take
/// one byte each.
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
    if (tensor.type != OnnxType::boolean && tensor.type != OnnxType::int64 && tensor.type != OnnxType::int32)
      left_ += 4 * static_cast<Index>(tensor.values.size());
  }

  Index left_;
};

/// The sizes of a value: the first, which counts the samples, and those of each sample.
struct OnnxSamples {
  std::int64_t count = -1;  ///< -1: any number
  std::vector<Index> dims;  ///< one for flat samples

  Index features() const {
    Index product = 1;
    for (const Index size : dims) product *= size;
    return product;
  }
  bool is_flat() const { return dims.size() == 1; }
};

/// The nodes of a form, their attributes, and the constants in it, from which a layer is made.
class OnnxNumbers {
 public:
  OnnxNumbers(const OnnxMatch& match, OnnxSamples& samples, OnnxBudget& budget, std::int64_t opset)
      : match_{match}, samples_{samples}, budget_{budget}, opset_{opset} {}

  /// Throws FormatError with the node's name.
  [[noreturn]] void fail(const std::string& problem, std::string_view cure) const {
    fail_to_load_onnx(concat(printed(match_.node()), ": ", problem), cure);
  }

  std::int64_t opset() const { return opset_; }
  const OnnxNode& node() const { return match_.node(); }

  /// The number of features that come in; throws unless samples are flat.
  Index features() const {
    if (!samples_.is_flat())
      fail(concat("expected an input [batch, features], got ", 1 + samples_.dims.size(), " dimensions"),
           "only fully connected networks are read; flatten the samples");
    return samples_.features();
  }

  double real(std::string_view op, std::string_view name, double otherwise) const {
    return attribute_or(match_.node(op), name, otherwise);
  }
  std::int64_t integer(std::string_view op, std::string_view name, std::int64_t otherwise) const {
    return attribute_or(match_.node(op), name, otherwise);
  }
  /// The axes of the operator: the constant named so, or the attribute that it was before.
  std::vector<double> axes(std::string_view op) const {
    if (has("axes")) return tensor("axes").values;
    const auto list = attribute_or(match_.node(op), "axes", std::vector<std::int64_t>{});
    return {list.begin(), list.end()};
  }
  std::string text(std::string_view op, std::string_view name, std::string_view otherwise) const {
    return attribute_or(match_.node(op), name, std::string{otherwise});
  }
  /// Throws unless the attribute is `value`, which is also its default.
  void expect(std::string_view op, std::string_view name, std::int64_t value, std::string_view cure) const {
    const std::int64_t actual = integer(op, name, value);
    if (actual != value) fail(concat("expected ", name, " = ", value, ", got ", actual), cure);
  }
  /// Throws unless the operator works on all sizes of a sample together, from axis 1 on.
  void expect_axis_of_samples(std::string_view op, std::int64_t otherwise) const {
    const std::int64_t axis = integer(op, "axis", otherwise);
    const auto rank = static_cast<std::int64_t>(samples_.dims.size()) + 1;
    if (rank < 2 || (axis != 1 && axis != 1 - rank))
      fail(concat("expected axis = 1, got ", axis), "samples are rows, and their features columns");
  }
  /// Throws unless every mean is over the features, and keeps its dimension.
  void expect_means_over_features() const {
    features();
    const auto expect_features = [&](const auto& axes) {
      if (axes.size() != 1 || (axes[0] != -1 && axes[0] != 1))
        fail("expected means over axis 1", "samples are rows, and their features columns");
    };
    for (const OnnxNode* node : match_.nodes) {
      if (node->op != "ReduceMean") continue;
      if (attribute_or(*node, "keepdims", std::int64_t{1}) != 1)
        fail(concat("expected keepdims = 1 of ", printed(*node), ", got 0"),
             "means without their dimension do not fit the samples");
      if (opset_ < 18) expect_features(attribute_or(*node, "axes", std::vector<std::int64_t>{}));
    }
    const std::vector<double> none;
    for (const char* axes : {"axes", "square_axes"}) {
      if (has(axes) != (opset_ >= 18))
        fail(concat("expected ReduceMean with its axes as opset ", opset_, " has them, got other ones"),
             "set opset_import to what the nodes were written for");
      if (has(axes)) expect_features(tensor(axes).values);
    }
  }

  bool has(std::string_view name) const { return match_.constants.contains(name); }
  const OnnxTensor& tensor(std::string_view name) const {
    const OnnxTensor& t = *match_.constants.find(name)->second;
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
    fail(concat("expected ", name, " of float32, float64, float16, bfloat16, int32, int64 or bool, got type ",
                static_cast<std::int32_t>(t.type)),
         "convert the model to float32; quantized models are not read");
  }
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

  /// A number for each of `size` features in a row, or the same for all.
  Vector<double> vector(std::string_view name, Index size) const { return broadcast(name, {size}); }
  /// A number for each value of a sample, or the same for all.
  Vector<double> vector(std::string_view name) const { return broadcast(name, samples_.dims); }
  /// The same number for each value of a sample.
  Vector<double> constant(double value) const {
    budget_.spend(samples_.features());
    return Vector<double>::Constant(samples_.features(), value);
  }

  /// Gives each sample the sizes after the first of `to`; throws unless the samples stay what they are.
  void reshape(const std::vector<double>& to, bool zero_keeps) const {
    const Index features = samples_.features();
    std::vector<Index> dims;
    Index product = 1;
    std::ptrdiff_t open = -1;  // the size that follows from the others
    bool fits = !to.empty();
    for (std::size_t i = 1; i < to.size() && fits; ++i) {
      const bool keeps = to[i] == 0 && zero_keeps && i <= samples_.dims.size();
      const double size = keeps ? static_cast<double>(samples_.dims[i - 1]) : to[i];
      if (size == -1 && open < 0) {
        open = static_cast<std::ptrdiff_t>(dims.size());
        dims.push_back(1);
      } else if (size >= 1 && size * static_cast<double>(product) <= static_cast<double>(features)) {
        dims.push_back(static_cast<Index>(size));
        product *= dims.back();
      } else {
        fits = false;
      }
    }
    const bool keeps_count =
        fits && ((to[0] == 0 && zero_keeps) || (to[0] > 0 && to[0] == static_cast<double>(samples_.count)));
    if (keeps_count && open >= 0 && features % product == 0)
      product *= dims[static_cast<std::size_t>(open)] = features / product;
    fits = fits && product == features && (keeps_count || (to[0] == -1 && open < 0));
    if (!fits)
      fail("expected to keep samples in rows, each with its features",
           concat("reshape to [-1, ", features, "] before the layers"));
    samples_.dims = std::move(dims);
  }

 private:
  /// The constant repeated along the sizes in front of its own, as ONNX broadcasts.
  Vector<double> broadcast(std::string_view name, const std::vector<Index>& to) const {
    const OnnxTensor& t = tensor(name);
    const auto first =
        std::find_if(t.dims.begin(), t.dims.end(), [](std::int64_t size) { return size != 1; });
    const auto own = t.dims.end() - first;
    const auto sizes = static_cast<std::ptrdiff_t>(to.size());
    Index size = 1;
    for (const Index each : to) size *= each;
    if (t.dims.size() > to.size() + 1 || own > sizes || size == 0 ||
        !std::equal(first, t.dims.end(), to.end() - own)) {
      const bool is_row = own <= 1 && t.dims.size() <= 2;
      fail(concat("expected ", size, " values in a row for ", name, ", got ",
                  is_row ? concat(t.values.size()) : printed_sizes(t.dims)),
           is_row ? "its sizes do not fit the layer before it"
                  : "give one value for each feature, the same for all samples");
    }
    budget_.spend(size);
    const auto count = static_cast<Index>(t.values.size());
    return Eigen::Map<const Vector<double>>{t.values.data(), count}.replicate(size / count, 1);
  }

  static std::string printed_sizes(const std::vector<std::int64_t>& dims) {
    std::string text = "[";
    for (const std::int64_t size : dims) text += concat(text.size() > 1 ? ", " : "", size);
    return text + ']';
  }

  const OnnxMatch& match_;
  OnnxSamples& samples_;
  OnnxBudget& budget_;
  std::int64_t opset_;
};

}  // namespace descent::detail
