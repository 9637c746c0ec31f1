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

#include "descent/core/describe.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/version.hpp"
#include "descent/core/xxh64.hpp"
#include "descent/io/architecture.hpp"
#include "descent/io/catalogue.hpp"
#include "descent/io/json_events.hpp"
#include "descent/io/tensor_file.hpp"
#include "descent/training/predict.hpp"

namespace descent {

/// What a model file says beside the model.
struct ModelInfo {
  std::vector<std::string> labels;  ///< the names of the classes, if it was saved with them
  std::string library_version;      ///< of the library that saved it
};

namespace detail {

inline constexpr int model_format = 1;  ///< the newest that this library reads, and the one that it writes
inline constexpr Index most_golden = 64;

/// How far outputs may be from those that were saved, next to 1 + the largest of them. The same program gives the same
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
inline bool is_chain(const LayerDescription& model) {
  return model.type == "Sequential" || model.type == "Network";
}
inline LayerDescription as_chain(LayerDescription model) {
  if (is_chain(model)) return model;
  LayerDescription chain{"Sequential", {}, {}};
  chain.layers.push_back({"0", std::move(model)});
  return chain;
}
template <class M>
auto leaves_as_chain(M& model) {
  auto leaves = leaves_of(model);
  if (!is_chain(describe(model)))
    for (auto& leaf : leaves) leaf.name = "0." + leaf.name;
  return leaves;
}

/// Matrices lie in the file as they lie in memory, column after column. To a reader of rows that is the transpose.
template <class T>
std::vector<Index> shape_in_model_file(const Leaf<T>& leaf) {
  if (leaf.is_vector) return {leaf.rows};
  return {leaf.cols, leaf.rows};
}
template <class T>
Leaf<T> leaf_of(std::string name, Matrix<T>& m) {
  return {std::move(name), m.data(), m.rows(), m.cols(), false};
}

/// What the hash covers: all values, and the texts that say how they are used.
inline std::string printed_hash(XXH64 hash, const Metadata& texts) {
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
    if (!is_open_) fail(concat("the text \"", value, '"'));
    labels_.push_back(value);
    return true;
  }

 private:
  FormatError fault(const std::string& got) const override {
    return {where_, concat("expected labels as a list of texts, got ", got), "the file is damaged"};
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
      file_.fail(concat("expected the number of a format, got \"", version, '"'), "the file is damaged");
    if (number > model_format)
      file_.fail(concat("expected format ", model_format, " or older, got ", number),
                 concat("it was saved by version ", text("library_version"), " of descent; this is version ",
                        descent::library_version, ": update it"));
    architecture_ = parse_architecture(file_.where(), text("architecture"));
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
  Network<T> make_network(const Catalogue<T>& catalogue) const {
    TensorSizes sizes;
    for (const TensorInfo& tensor : file_.tensors()) {
      file_.expect_floats(tensor);  // of smaller types a small file could name large sizes
      if (!tensor.name.starts_with("golden.")) sizes.emplace(tensor.name, size_of(tensor));
    }
    const TensorSize input = golden("golden.x");
    try {
      return catalogue.make(architecture_, sizes, input);
    } catch (const FormatError& error) {
      fail(concat("expected layers that can be made, got: ", error.what()), "");
    }
  }

  /// Reads the values of a model of the architecture, checks the hash, and that the model does what it did.
  template <class M>
  void fill(M& model) const {
    using T = typename M::Scalar;
    fill<T>(leaves_as_chain(model), [&](const Matrix<T>& x) { return predict(model, x); });
  }

 private:
  // For all types of models, the compiler builds this once.
  template <class T>
  void fill(std::vector<Leaf<T>> leaves, const std::function<Matrix<T>(const Matrix<T>&)>& run) const {
    Matrix<T> x(golden("golden.x").rows, golden("golden.x").cols),
        y(golden("golden.y").rows, golden("golden.y").cols);
    std::map<std::string_view, Leaf<T>> missing;
    leaves.push_back(leaf_of("golden.x", x));
    leaves.push_back(leaf_of("golden.y", y));
    for (const Leaf<T>& leaf : leaves) missing.emplace(leaf.name, leaf);
    std::vector<std::pair<const TensorInfo*, T*>> places;
    bool single_precision = sizeof(T) == 4;
    for (const TensorInfo& tensor : file_.tensors()) {
      const auto leaf = missing.find(tensor.name);
      if (leaf == missing.end())
        file_.fail(tensor.name, "expected tensors of the model alone, got this one too",
                   "the file is damaged");
      const std::vector<Index> expected = shape_in_model_file(leaf->second);
      const std::vector<std::uint64_t> shape{expected.begin(), expected.end()};
      if (tensor.shape != shape)
        file_.fail(
            tensor.name,
            concat("expected shape ", printed_shape(shape), ", got ", printed_shape(tensor.shape)),
            "make the model with the sizes that the file was saved with; matrices lie transposed in it");
      places.emplace_back(&tensor, leaf->second.data);
      single_precision = single_precision || tensor.dtype != "F64";
      missing.erase(leaf);
    }
    if (!missing.empty())
      file_.fail(std::string{missing.begin()->first}, "expected in the file, found none",
                 "the file is damaged");

    XXH64 hash;
    for (const auto& [tensor, data] : places)
      file_.read(*tensor, data, [&](std::span<const char> bytes) { hash.update(bytes); });
    if (const std::string actual = printed_hash(hash, file_.metadata()); actual != text("hash"))
      fail(concat("expected the hash ", text("hash"), ", got ", actual),
           "the file is damaged: copy it again, or save the model again");
    verify<T>(run, x, y, single_precision);
  }

  const std::string& text(const std::string& name) const {
    const auto found = file_.metadata().find(name);
    if (found == file_.metadata().end())
      fail(concat("expected a model file, got one without \"", name, "\" in its metadata"),
           "load_safetensors reads the weights of other programs");
    return found->second;
  }

  TensorSize size_of(const TensorInfo& tensor) const {
    if (tensor.shape.size() == 1) return {static_cast<Index>(tensor.shape[0]), 1};
    if (tensor.shape.size() == 2)
      return {static_cast<Index>(tensor.shape[1]), static_cast<Index>(tensor.shape[0])};
    file_.fail(tensor.name, concat("expected 1 or 2 dimensions, got ", printed_shape(tensor.shape)),
               "the file is damaged");
  }

  TensorSize golden(const char* name) const {
    const TensorInfo* tensor = file_.find(name);
    if (tensor == nullptr) file_.fail(name, "expected in the file, found none", "the file is damaged");
    const TensorSize size = size_of(*tensor);
    if (size.cols < 1 || size.cols > most_golden)
      file_.fail(name, concat("expected 1 to ", most_golden, " samples, got ", size.cols),
                 "the file is damaged");
    return size;
  }

  template <class T>
  void verify(const std::function<Matrix<T>(const Matrix<T>&)>& run, const Matrix<T>& x, const Matrix<T>& y,
              bool single_precision) const {
    bool reproduced = false;
    try {
      reproduced = agree<T>(run(x), y, single_precision);
    } catch (const Error& error) {
      fail(concat("expected a model that takes its golden inputs, got: ", error.what()),
           "the file is damaged");
    }
    if (!reproduced)
      fail("expected the golden outputs that the model gave when it was saved, got others",
           "does a layer compute something else than in the program that saved it?");
  }

  TensorFile file_;
  LayerDescription architecture_;
  ModelInfo info_;
};

}  // namespace detail

}  // namespace descent
