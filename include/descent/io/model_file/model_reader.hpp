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

namespace descent {

/// The content of a model file beside the model.
struct ModelInfo {
  Shape shape{0};                   ///< of the samples that the model takes
  std::vector<std::string> labels;  ///< the names of the classes, if it was saved with them
  std::string library_version;      ///< of the library that saved it
};

namespace detail {

/// The newest format that this library reads, and the one that it writes. In format 1 matrices were transposed, and samples
/// had no shape.
inline constexpr int model_format = 2;
inline constexpr Index most_golden = 64;

/// The tolerance of outputs against those that were saved, relative to 1 + the largest of them. The same program gives the same
/// bits, but another compiler or processor adds in another order. That moves an output of a float by about 1e-7 times
/// the root of the number of terms, and a little more with each layer; a wrong weight, option or order of layers moves
/// it by far more than this.
inline double golden_tolerance(bool single_precision) { return single_precision ? 1e-4 : 1e-10; }

template <class T>
bool agree(const Matrix<T>& y, const Matrix<T>& expected, bool single_precision) {
  if (y.rows() != expected.rows() || y.cols() != expected.cols()) return false;
  const double largest = expected.size() == 0 ? 0 : static_cast<double>(expected.cwiseAbs().maxCoeff());
  const T tolerance = static_cast<T>(golden_tolerance(single_precision) * (1 + largest));
  return all_finite(y) && ((y - expected).array().abs() <= tolerance).all();
}

/// In a file the whole is always a chain: any other layer becomes its only part.
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

/// Golden inputs or outputs as a file has them: [samples, features], or of images and sequences [samples, height, width,
/// channels]. Their values are in the same order in memory and in the file.
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

/// The hash of a file, which covers all values, the texts that say how they are used and, since format 2, the shape of the
/// inputs.
inline std::string printed_hash(XXH64 hash, const Metadata& texts, std::string_view input_shape = {}) {
  hash.update(input_shape);
  for (const char* name : {"architecture", "labels"}) hash.update(texts.at(name));
  char digits[16];
  const std::string text{digits, std::to_chars(digits, digits + sizeof digits, hash.value(), 16).ptr};
  return std::string(sizeof digits - text.size(), '0') + text;
}

/// Reads a list of texts.
class LabelsParser final : public JsonEvents {
 public:
  LabelsParser(std::string_view where, std::vector<std::string>& labels) : where_{where}, labels_{labels} {}

  bool start_array(std::size_t) override {
    if (std::exchange(is_open_, true)) fail("a list in it");
    return true;
  }
  bool string(string_t& value) override {
    if (!is_open_) fail(joined("the text \"", value, '"'));
    labels_.push_back(value);
    return true;
  }

 private:
  FormatError fault(const std::string& got) const override {
    return {where_, joined("expected labels as a list of texts, got ", got), "the file is damaged"};
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

/// A model file that is open to read.
class ModelFile {
 public:
  ModelFile(std::istream& in, const std::string& source) : file_{in, "load_model", source} {
    const std::string& version = text("descent_model_format");
    int number = 0;
    const char* const end = version.data() + version.size();
    if (std::from_chars(version.data(), end, number).ptr != end || number < 1)
      file_.fail(joined("expected the number of a format, got \"", version, '"'), "the file is damaged");
    if (number > model_format)
      file_.fail(joined("expected format ", model_format, " or older, got ", number),
                 joined("it was saved by version ", text("library_version"), " of descent; this is version ",
                        descent::library_version, ": update it"));
    architecture_ = parse_architecture(file_.where(), text("architecture"));
    format_ = number;
    if (format_ == 1) upgrade_from_format_1(architecture_);
    info_.shape = sample_shape("golden.x");
    info_.library_version = text("library_version");
    info_.labels = parse_labels(file_.where(), text("labels"));
  }

  const ModelInfo& info() const { return info_; }
  const LayerDescription& architecture() const { return architecture_; }
  [[noreturn]] void fail(const std::string& problem, std::string_view cure) const {
    file_.fail(problem, cure);
  }

  /// A network of the architecture, with any values.
  template <class T>
  Network<T> make_network(const LayerRegistry<T>& registry) const {
    TensorDimensions sizes;
    for (const TensorInfo& tensor : file_.tensors()) {
      file_.expect_floats(tensor);  // of smaller types a small file could name large sizes
      if (!tensor.name.starts_with("golden.")) sizes.emplace(tensor.name, dimensions_of(tensor));
    }
    try {
      return registry.make(architecture_, sizes, info_.shape, samples("golden.x"));
    } catch (const FormatError& error) {
      fail(joined("expected layers that can be made, got: ", error.what()), "");
    }
  }

  /// Reads the values of a model of the architecture, checks the hash, and that the model does what it did.
  template <class M>
  void fill(M& model) const {
    using T = typename M::Scalar;
    fill<T>(tensors_as_chain(model), [&](const Batch<T>& x) { return predict(model, x); });
  }

 private:
  template <class T>
  using Run = std::function<Matrix<T>(const Batch<T>&)>;

  // For all types of models, the compiler builds this once.
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
        file_.fail(theirs.name, "expected tensors of the model alone, got this one too",
                   "the file is damaged");
      const std::vector<std::uint64_t> shape = shape_of(own->second->dimensions);
      if (theirs.shape != shape)
        file_.fail(theirs.name,
                   joined("expected shape ", printed_shape(shape), ", got ", printed_shape(theirs.shape)),
                   joined("make the model with the sizes that the file was saved with",
                          format_ == 1 ? "; matrices are transposed in it" : ""));
      places.emplace_back(&theirs, own->second);
      single_precision = single_precision || theirs.dtype != "F64";
      missing.erase(own);
    }
    if (!missing.empty())
      file_.fail(std::string{missing.begin()->first}, "expected in the file, found none",
                 "the file is damaged");

    XXH64 hash;
    for (const auto& [theirs, own] : places)
      file_.read(*theirs, *own, [&](std::span<const char> bytes) { hash.update(bytes); });
    const std::string shape = format_ == 1 ? "" : printed_shape(golden("golden.x").shape);
    if (const std::string actual = printed_hash(hash, file_.metadata(), shape); actual != text("hash"))
      fail(joined("expected the hash ", text("hash"), ", got ", actual),
           "the file is damaged: copy it again, or save the model again");
    verify<T>(run, {x, x_shape}, y, single_precision);
  }

  const std::string& text(const std::string& name) const {
    const auto found = file_.metadata().find(name);
    if (found == file_.metadata().end())
      fail(joined("expected a model file, got one without \"", name, "\" in its metadata"),
           "load_safetensors reads the weights of other programs");
    return found->second;
  }

  Dimensions dimensions_of(const TensorInfo& tensor) const {
    if (tensor.shape.empty() || tensor.shape.size() > (format_ == 1 ? 2 : Dimensions::most))
      file_.fail(tensor.name,
                 joined("expected 1 to ", format_ == 1 ? 2 : Dimensions::most, " dimensions, got ",
                        printed_shape(tensor.shape)),
                 "the file is damaged");
    Dimensions dimensions;
    for (const std::uint64_t size : tensor.shape) dimensions.append(static_cast<Index>(size));
    return format_ == 1 && dimensions.rank() == 2 ? transposed(dimensions) : dimensions;
  }

  const TensorInfo& golden(const char* name) const {
    const TensorInfo* tensor = file_.find(name);
    if (tensor == nullptr) file_.fail(name, "expected in the file, found none", "the file is damaged");
    if (tensor->shape.size() != 2 && tensor->shape.size() != 4)
      file_.fail(name, joined("expected 2 or 4 dimensions, got ", printed_shape(tensor->shape)),
                 "the file is damaged");
    return *tensor;
  }
  Index samples(const char* name) const {
    const std::uint64_t samples = golden(name).shape[0];
    if (samples < 1 || samples > most_golden)
      file_.fail(name, joined("expected 1 to ", most_golden, " samples, got ", samples),
                 "the file is damaged");
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
      fail(joined("expected a model that takes its golden inputs, got: ", error.what()),
           "the file is damaged");
    }
    if (!reproduced)
      fail("expected the golden outputs that the model gave when it was saved, got others",
           "does a layer compute something else than in the program that saved it?");
  }

  TensorFile file_;
  int format_ = 0;
  LayerDescription architecture_;
  ModelInfo info_;
};

}  // namespace detail

}  // namespace descent
