#pragma once

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <istream>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/version.hpp"
#include "descent/inference/predict.hpp"
#include "descent/io/json_events.hpp"
#include "descent/io/model_file/architecture.hpp"
#include "descent/io/model_file/layer_registry.hpp"
#include "descent/io/safetensors/tensor_file.hpp"
#include "descent/serialize/xxh64.hpp"
#include "descent/tree/describe.hpp"

namespace descent::inline DESCENT_ABI {

/// The contents of a model file other than the model.
struct ModelInfo {
  Shape shape{0};                   ///< of the inputs of the model
  std::vector<std::string> labels;  ///< the names of the classes, if they were saved
  std::string library_version;      ///< of the library that saved it
};

namespace detail {

/// The version of the format that this library writes, and the newest that it reads. In format 1 matrices are
/// transposed, and samples have no shape.
inline constexpr int model_format = 2;
inline constexpr Index most_golden = 64;

/// Returns the tolerance of outputs against the golden ones, relative to 1 + the largest of these. The same program
/// gives the same bits, but another compiler or processor sums in another order. This changes a float output by about
/// 1e-7 times the square root of the number of terms, and more with each layer; a wrong weight, option or order of
/// layers changes it far more than the tolerance.
inline double golden_tolerance(bool single_precision) { return single_precision ? 1e-4 : 1e-10; }

template <class T>
bool agree(const Matrix<T>& y, const Matrix<T>& expected, bool single_precision) {
  if (y.rows() != expected.rows() || y.cols() != expected.cols()) return false;
  const double largest = expected.size() == 0 ? 0 : static_cast<double>(expected.cwiseAbs().maxCoeff());
  const T tolerance = static_cast<T>(golden_tolerance(single_precision) * (1 + largest));
  return all_finite(y) && ((y - expected).array().abs() <= tolerance).all();
}

// The model in a file is always a chain of layers: a model of another type is stored as a chain of one.
inline bool is_chain(const LayerDescription& model) { return type_in_file(model) == type_of_chain; }
inline LayerDescription as_chain(LayerDescription model) {
  if (is_chain(model)) return model;
  LayerDescription chain{std::string{type_of_chain}, {}, {}};
  chain.layers.push_back({"0", std::move(model)});
  return chain;
}
template <class M>
auto tensors_as_chain(M& model) {
  auto tensors = tensors_of(model);
  if (!is_chain(describe(model)))
    for (auto& tensor : tensors) tensor.name = "0." + tensor.name;
  return tensors;
}

/// Returns golden inputs or outputs as a tensor of a file: [samples, features], or [samples, height, width, channels]
/// for images and sequences. The values are in the same order in memory and in the file.
template <class T>
NamedTensor<T> golden_tensor(std::string name, T* data, const Shape& sample, Index samples) {
  TensorView<T> tensor;
  tensor.data = data;
  tensor.rows = sample.size();
  tensor.cols = samples;
  if (sample.positions() == 1)
    tensor.dimensions = {{samples, sample.channels}, {1, 0}};
  else
    tensor.dimensions = {{samples, sample.height, sample.width, sample.channels}, {3, 2, 1, 0}};
  return {std::move(name), tensor};
}

/// Returns the hash of a file in hexadecimal. It covers all values, the architecture, the labels, the preprocessing, if
/// there is one, and, since format 2, the shape of the inputs.
inline std::string printed_hash(XXH64 hash, const Metadata& metadata, std::string_view input_shape = {}) {
  hash.update(input_shape);
  for (const char* name : {"architecture", "labels"}) hash.update(metadata.at(name));
  if (const auto found = metadata.find("preprocessing"); found != metadata.end()) hash.update(found->second);
  char digits[16];
  const std::string text{digits, std::to_chars(digits, digits + sizeof digits, hash.value(), 16).ptr};
  return std::string(sizeof digits - text.size(), '0') + text;
}

/// Parses a JSON array of strings.
class LabelsParser final : public JsonEvents {
 public:
  LabelsParser(std::string_view where, std::vector<std::string>& labels) : where_{where}, labels_{labels} {}

  bool start_array(std::size_t) override {
    if (std::exchange(is_open_, true)) fail("an array in it");
    return true;
  }
  bool string(string_t& value) override {
    if (!is_open_) fail(joined("the string \"", value, '"'));
    labels_.push_back(value);
    return true;
  }

 private:
  FormatError fault(const std::string& got) const override {
    return {where_, joined("expected labels as an array of strings, got ", got),
            "copy or save the file again: it is damaged"};
  }

  std::string_view where_;
  std::vector<std::string>& labels_;
  bool is_open_ = false;
};

inline std::vector<std::string> parse_labels(std::string_view where, std::string_view text) {
  std::vector<std::string> labels;
  LabelsParser{where, labels}.read(text);
  return labels;
}

/// Reads a model file.
class ModelFile {
 public:
  ModelFile(std::istream& in, const std::string& source) : file_{in, "load_model", source} {
    const std::string& version = text("descent_model_format");
    int number = 0;
    const char* const end = version.data() + version.size();
    if (std::from_chars(version.data(), end, number).ptr != end || number < 1)
      file_.fail(joined("expected the number of a format, got \"", version, '"'),
                 "copy or save the file again: it is damaged");
    if (number > model_format)
      file_.fail(joined("expected format ", model_format, " or older, got ", number),
                 joined("update descent from version ", descent::library_version, " to at least ",
                        text("library_version"), ", which saved it"));
    architecture_ = parse_architecture(file_.where(), text("architecture"));
    format_ = number;
    if (format_ == 1) upgrade_from_format_1(architecture_);
    info_.shape = sample_shape("golden.x");
    info_.library_version = text("library_version");
    info_.labels = parse_labels(file_.where(), text("labels"));
  }

  const ModelInfo& info() const { return info_; }
  const LayerDescription& architecture() const { return architecture_; }
  /// Returns the preprocessing of tables as JSON; empty if the file has none.
  std::string_view preprocessing() const {
    const auto found = file_.metadata().find("preprocessing");
    return found == file_.metadata().end() ? std::string_view{} : std::string_view{found->second};
  }
  [[noreturn]] void fail(const std::string& problem, std::string_view cure) const {
    file_.fail(problem, cure);
  }

  /// Constructs a network of the architecture, with unspecified values.
  template <class T>
  DynamicSequential<T> make_network(const LayerRegistry<T>& registry) const {
    TensorDimensions sizes;
    for (const TensorInfo& tensor : file_.tensors()) {
      file_.expect_floats(tensor);  // otherwise a small file could declare large sizes
      if (!tensor.name.starts_with("golden.")) sizes.emplace(tensor.name, dimensions_of(tensor));
    }
    try {
      return registry.make(architecture_, sizes, info_.shape, samples("golden.x"));
    } catch (const FormatError& error) {
      fail(joined("expected layers that can be constructed, got: ", error.what()), "");
    }
  }

  /// Reads the values of a model of the architecture. Throws unless the hash matches and the model reproduces the
  /// golden outputs.
  template <class M>
  void fill(M& model) const {
    using T = typename M::Scalar;
    fill<T>(tensors_as_chain(model), [&](const Batch<T>& x) { return predict(model, x); });
  }

 private:
  template <class T>
  using Run = std::function<Matrix<T>(const Batch<T>&)>;

  // Not a template of the model, so that it is instantiated once per scalar.
  template <class T>
  void fill(std::vector<NamedTensor<T>> ours, const Run<T>& run) const {
    if (format_ == 1)
      for (auto& tensor : ours)
        if (tensor.dimensions.rank() == 2) tensor.dimensions = transposed(tensor.dimensions);
    const Shape x_shape = info_.shape, y_shape = sample_shape("golden.y");
    Matrix<T> x(x_shape.size(), samples("golden.x")), y(y_shape.size(), samples("golden.y"));
    ours.push_back(golden_tensor("golden.x", x.data(), x_shape, x.cols()));
    ours.push_back(golden_tensor("golden.y", y.data(), y_shape, y.cols()));
    std::map<std::string_view, const NamedTensor<T>*> missing;
    for (const NamedTensor<T>& tensor : ours) missing.emplace(tensor.name, &tensor);
    std::vector<std::pair<const TensorInfo*, const NamedTensor<T>*>> places;
    bool single_precision = sizeof(T) == 4;
    for (const TensorInfo& theirs : file_.tensors()) {
      const auto own = missing.find(theirs.name);
      if (own == missing.end())
        file_.fail(theirs.name, "expected only tensors of the model, got this one too",
                   "copy or save the file again: it is damaged");
      const std::vector<std::uint64_t> shape = shape_of(own->second->dimensions);
      if (theirs.shape != shape)
        file_.fail(theirs.name,
                   joined("expected shape ", printed_shape(shape), ", got ", printed_shape(theirs.shape)),
                   joined("construct the model with the sizes in the file",
                          format_ == 1 ? ", where matrices are transposed" : ""));
      places.emplace_back(&theirs, own->second);
      single_precision = single_precision || theirs.dtype != "F64";
      missing.erase(own);
    }
    if (!missing.empty())
      file_.fail(std::string{missing.begin()->first}, "expected a tensor of this name, got none",
                 "copy or save the file again: it is damaged");

    XXH64 hash;
    for (const auto& [theirs, own] : places)
      file_.read(*theirs, *own, [&](std::span<const char> bytes) { hash.update(bytes); });
    const std::string shape = format_ == 1 ? "" : printed_shape(golden("golden.x").shape);
    if (const std::string actual = printed_hash(hash, file_.metadata(), shape); actual != text("hash"))
      fail(joined("expected the hash ", text("hash"), ", got ", actual),
           "copy or save the file again: it is damaged");
    verify<T>(run, {x, x_shape}, y, single_precision);
  }

  const std::string& text(const std::string& name) const {
    const auto found = file_.metadata().find(name);
    if (found == file_.metadata().end())
      fail(joined("expected a model file, got one without \"", name, "\" in its metadata"),
           "read the weights of other programs with load_safetensors");
    return found->second;
  }

  Dimensions dimensions_of(const TensorInfo& tensor) const {
    if (tensor.shape.empty() || tensor.shape.size() > (format_ == 1 ? 2 : Dimensions::most))
      file_.fail(tensor.name,
                 joined("expected 1 to ", format_ == 1 ? 2 : Dimensions::most, " dimensions, got ",
                        printed_shape(tensor.shape)),
                 "copy or save the file again: it is damaged");
    Dimensions dimensions;
    for (const std::uint64_t size : tensor.shape) dimensions.append(static_cast<Index>(size));
    return format_ == 1 && dimensions.rank() == 2 ? transposed(dimensions) : dimensions;
  }

  const TensorInfo& golden(const char* name) const {
    const TensorInfo* tensor = file_.find(name);
    if (tensor == nullptr)
      file_.fail(name, "expected a tensor of this name, got none",
                 "copy or save the file again: it is damaged");
    if (tensor->shape.size() != 2 && tensor->shape.size() != 4)
      file_.fail(name, joined("expected 2 or 4 dimensions, got ", printed_shape(tensor->shape)),
                 "copy or save the file again: it is damaged");
    return *tensor;
  }
  Index samples(const char* name) const {
    const std::uint64_t samples = golden(name).shape[0];
    if (samples < 1 || samples > most_golden)
      file_.fail(name, joined("expected 1 to ", most_golden, " samples, got ", samples),
                 "copy or save the file again: it is damaged");
    return static_cast<Index>(samples);
  }
  Shape sample_shape(const char* name) const {
    const auto& shape = golden(name).shape;
    const auto size = [&](std::size_t dimension) { return static_cast<Index>(shape[dimension]); };
    if (shape.size() == 2) return {size(1)};
    return {.channels = size(3), .height = size(1), .width = size(2)};
  }

  template <class T>
  void verify(const Run<T>& run, const Batch<T>& x, const Matrix<T>& y, bool single_precision) const {
    bool reproduced = false;
    try {
      reproduced = agree<T>(run(x), y, single_precision);
    } catch (const Error& error) {
      fail(joined("expected a model that accepts its golden inputs, got: ", error.what()),
           "copy or save the file again: it is damaged");
    }
    if (!reproduced)
      fail("expected the golden outputs of the saved model, got others",
           "load it with the version of the layers that saved it");
  }

  TensorFile file_;
  int format_ = 0;
  LayerDescription architecture_;
  ModelInfo info_;
};

}  // namespace detail

}  // namespace descent
