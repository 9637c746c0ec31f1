#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <istream>
#include <map>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/concepts.hpp"
#include "descent/core/describe.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/version.hpp"
#include "descent/data/files.hpp"
#include "descent/io/architecture.hpp"
#include "descent/io/catalogue.hpp"
#include "descent/io/standard_catalogue.hpp"
#include "descent/io/tensor_file.hpp"
#include "descent/io/xxh64.hpp"
#include "descent/training/predict.hpp"

namespace descent {

/// What a model file says beside the model.
struct ModelInfo {
  std::vector<std::string> labels;  ///< the names of the classes, if it was saved with them
  std::string library_version;      ///< of the library that saved it
};

/// A model as a file has it.
template <std::floating_point T = float>
struct LoadedModel {
  Network<T> network;
  std::vector<std::string> labels;
  std::string library_version;
};

template <std::floating_point T = float>
struct SaveModel {
  Matrix<T> golden = {};                 ///< a few inputs, such as train.x.leftCols(4); the file keeps their outputs
  std::vector<std::string> labels = {};  ///< the names of the classes
  Catalogue<T> catalogue = standard_catalogue<T>();
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
  return ((y - expected).array().abs() <= static_cast<T>(golden_tolerance(single_precision) * (1 + largest))).all();
}

/// In a file the whole is always a chain: any other layer becomes its only part.
inline bool is_chain(const LayerDescription& model) { return model.type == "Sequential" || model.type == "Network"; }
inline LayerDescription as_chain(LayerDescription model) {
  if (is_chain(model)) return model;
  LayerDescription chain{"Sequential", {}, {}};
  chain.layers.emplace_back("0", std::move(model));
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
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash.value()));
  return digits;
}

/// A model file that is open to read.
class ModelFile {
 public:
  ModelFile(std::istream& in, const std::string& source) : file_{in, "load_model", source} {
    const std::string& version = text("descent_model_format");
    if (version.size() > 4 || version.find_first_not_of("0123456789") != std::string::npos || version.empty() ||
        version == "0")
      file_.fail(concat("expected the number of a format, got \"", version, '"'), "the file is damaged");
    if (std::stoi(version) > model_format)
      file_.fail(concat("expected format ", model_format, " or older, got ", version),
                 concat("it was saved by version ", text("library_version"), " of descent; this is version ",
                        descent::library_version, ": update it"));
    architecture_ = parse_architecture(file_.where(), text("architecture"));
    info_.library_version = text("library_version");
    try {
      parse_json(file_.where(), "labels", text("labels"), 2).get_to(info_.labels);
    } catch (const nlohmann::json::exception&) {
      file_.fail("expected labels as a list of texts, got something else", "the file is damaged");
    }
  }

  const ModelInfo& info() const { return info_; }
  const LayerDescription& architecture() const { return architecture_; }
  [[noreturn]] void fail(const std::string& problem, std::string_view cure) const { file_.fail(problem, cure); }

  /// A network of the architecture, with any values.
  template <class T>
  Network<T> make_network(const Catalogue<T>& catalogue) const {
    TensorSizes sizes;
    for (const TensorInfo& tensor : file_.tensors())
      if (!tensor.name.starts_with("golden.")) sizes.emplace(tensor.name, size_of(tensor));
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
    Matrix<T> x(golden("golden.x").rows, golden("golden.x").cols),
        y(golden("golden.y").rows, golden("golden.y").cols);
    std::map<std::string_view, Leaf<T>> missing;
    auto leaves = leaves_as_chain(model);
    leaves.push_back(leaf_of("golden.x", x));
    leaves.push_back(leaf_of("golden.y", y));
    for (const Leaf<T>& leaf : leaves) missing.emplace(leaf.name, leaf);
    std::vector<std::pair<const TensorInfo*, T*>> places;
    bool single_precision = sizeof(T) == 4;
    for (const TensorInfo& tensor : file_.tensors()) {
      const auto leaf = missing.find(tensor.name);
      if (leaf == missing.end())
        file_.fail(tensor.name, "expected tensors of the model alone, got this one too", "the file is damaged");
      const std::vector<Index> expected = shape_in_model_file(leaf->second);
      const std::vector<std::uint64_t> shape{expected.begin(), expected.end()};
      if (tensor.shape != shape)
        file_.fail(tensor.name,
                   concat("expected shape ", printed_shape(shape), ", got ", printed_shape(tensor.shape)),
                   "make the model with the sizes that the file was saved with; matrices lie transposed in it");
      places.emplace_back(&tensor, leaf->second.data);
      single_precision = single_precision || tensor.dtype != "F64";
      missing.erase(leaf);
    }
    if (!missing.empty())
      file_.fail(std::string{missing.begin()->first}, "expected in the file, found none", "the file is damaged");

    XXH64 hash;
    for (const auto& [tensor, data] : places)
      file_.read(*tensor, data, [&](std::span<const char> bytes) { hash.update(bytes); });
    if (const std::string actual = printed_hash(hash, file_.metadata()); actual != text("hash"))
      fail(concat("expected the hash ", text("hash"), ", got ", actual),
           "the file is damaged: copy it again, or save the model again");
    verify(model, x, y, single_precision);
  }

 private:
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
      file_.fail(name, concat("expected 1 to ", most_golden, " samples, got ", size.cols), "the file is damaged");
    return size;
  }

  template <class M, class T>
  void verify(const M& model, const Matrix<T>& x, const Matrix<T>& y, bool single_precision) const {
    bool reproduced = false;
    try {
      reproduced = agree<T>(predict(model, x), y, single_precision);
    } catch (const Error& error) {
      fail(concat("expected a model that takes its golden inputs, got: ", error.what()), "the file is damaged");
    }
    if (!reproduced)
      fail("expected the golden outputs that the model gave when it was saved, got others",
           "does a layer compute something else than in the program that saved it?");
  }

  TensorFile file_;
  LayerDescription architecture_;
  ModelInfo info_;
};

/// Throws unless a network made of what the file will hold does what the model does.
template <class M>
void expect_loadable(const M& model, const SaveModel<typename M::Scalar>& options,
                     const Matrix<typename M::Scalar>& y) {
  using T = typename M::Scalar;
  try {
    TensorSizes sizes;
    const auto leaves = leaves_as_chain(model);
    for (const auto& leaf : leaves) sizes.emplace(leaf.name, TensorSize{leaf.rows, leaf.cols});
    const LayerDescription description = as_chain(describe(model));
    Network<T> again = options.catalogue.make(description, sizes, {options.golden.rows(), options.golden.cols()});
    if (const auto difference = first_difference(description, describe(again)))
      throw FormatError("save_model", concat("made from its description, the network differs: ", *difference), "");
    const auto made = leaves_of(again);
    bool same = made.size() == leaves.size();
    for (std::size_t i = 0; same && i < made.size(); ++i) {
      same = made[i].name == leaves[i].name && shape_in_model_file(made[i]) == shape_in_model_file(leaves[i]);
      if (same) std::copy_n(leaves[i].data, leaves[i].size(), made[i].data);
    }
    if (!same || !agree<T>(predict(again, options.golden), y, sizeof(T) == 4))
      throw FormatError("save_model", "made from its description, the network computes something else",
                        "name in visit, visit_buffers and visit_options all that the outputs depend on");
  } catch (const FormatError& error) {
    throw DataError("save_model", concat("expected layers that the catalogue can make again, got: ", error.what()),
                    "a formula or a type of your own needs a layer with a name, and its line in .catalogue");
  }
}

}  // namespace detail

/// Writes a model with its architecture, so that `load_model` makes it anew, and with what it takes to find out
/// whether that went well: a hash, and the outputs for a few inputs.
///
///   save_model("digits.model", net, {.golden = train.x.leftCols(4), .labels = {"zero", "one"}});
///
/// A normalisation of the inputs is best saved as the first layer: Sequential{scale, net}. The file is one of
/// safetensors; matrices lie in it as they lie in memory, which is to other readers the transpose.
///
/// Throws   DataError without golden inputs, for more than 64, and for a network that could not be loaded again, such
///          as one with a layer that the catalogue does not know; FormatError when the file cannot be written: the
///          old one stays.
/// Cost     two passes over the model beside writing.
template <Layer M>
void save_model(std::ostream& out, const M& model, const SaveModel<typename M::Scalar>& options) {
  using T = typename M::Scalar;
  Matrix<T> x = options.golden;
  if (x.cols() < 1 || x.cols() > detail::most_golden)
    throw DataError("save_model", concat("expected 1 to ", detail::most_golden, " golden inputs, got ", x.cols()),
                    "hand in a few: .golden = train.x.leftCols(4)");
  Matrix<T> y = predict(model, x);
  if (!all_finite(y))
    throw DataError("save_model", "expected finite outputs for the golden inputs, got infinity or not-a-number",
                    "has training failed?");
  detail::expect_loadable(model, options, y);

  auto leaves = detail::leaves_as_chain(model);
  leaves.push_back({"golden.x", x.data(), x.rows(), x.cols(), false});
  leaves.push_back({"golden.y", y.data(), y.rows(), y.cols(), false});
  detail::TensorHeader header;
  XXH64 hash;
  for (const auto& leaf : leaves) {
    detail::append_tensor<T>(header, leaf.name, detail::shape_in_model_file(leaf));
    hash.update({reinterpret_cast<const char*>(leaf.data), leaf.size() * sizeof(T)});
  }
  header.metadata = {{"descent_model_format", std::to_string(detail::model_format)},
                     {"library_version", std::string{library_version}},
                     {"architecture", detail::architecture_text(detail::as_chain(describe(model)))},
                     {"labels", nlohmann::json(options.labels).dump()}};
  header.metadata["hash"] = detail::printed_hash(hash, header.metadata);
  out << detail::tensor_header("save_model", header);
  for (const auto& leaf : leaves) detail::write_values<T>(out, {leaf.data, leaf.size()});
}
template <Layer M>
void save_model(const std::filesystem::path& path, const M& model, const SaveModel<typename M::Scalar>& options) {
  replace_file(path, "save_model", [&](std::ostream& out) { save_model(out, model, options); });
}

/// Makes the network that a file of `save_model` describes; double and float may differ from the file's.
///
///   const auto [network, labels, version] = load_model("digits.model");
///
/// Throws   FormatError when the file is damaged, cut short or of a newer format, when it holds a layer that the
///          catalogue does not know, when its hash is another, or when the network does not give the outputs that the
///          saved one gave.
/// Cost     that of reading the file, a hash on the way, and a forward pass of the golden inputs.
template <std::floating_point T = float>
LoadedModel<T> load_model(std::istream& in, const Catalogue<T>& catalogue = standard_catalogue<T>(),
                          const std::string& source = "stream") {
  const detail::ModelFile file{in, source};
  Network<T> network = file.make_network(catalogue);
  if (const auto difference = detail::first_difference(describe(network), file.architecture()))
    file.fail(concat("expected an architecture that can be made, got another: ", *difference), "the file is damaged");
  file.fill(network);
  return {std::move(network), file.info().labels, file.info().library_version};
}
template <std::floating_point T = float>
LoadedModel<T> load_model(const std::filesystem::path& path,
                          const Catalogue<T>& catalogue = standard_catalogue<T>()) {
  std::ifstream in = detail::open_file(path, "load_model");
  return load_model<T>(in, catalogue, path.string());
}

/// Reads the values of a model that has the architecture already, such as a Sequential; no catalogue is needed.
///
/// Throws   as above, and FormatError, which names the layer, where the model differs from the file. The model then
///          stays as it was.
template <Layer M>
ModelInfo load_model(std::istream& in, M& model, const std::string& source = "stream") {
  const detail::ModelFile file{in, source};
  if (const auto difference = detail::first_difference(detail::as_chain(describe(model)), file.architecture()))
    file.fail(concat("expected the architecture of the model, got another: ", *difference),
              "make the model as it was when it was saved, or let load_model make it");
  M loaded = model;
  file.fill(loaded);
  model = std::move(loaded);
  return file.info();
}
template <Layer M>
ModelInfo load_model(const std::filesystem::path& path, M& model) {
  std::ifstream in = detail::open_file(path, "load_model");
  return load_model(in, model, path.string());
}

}  // namespace descent
