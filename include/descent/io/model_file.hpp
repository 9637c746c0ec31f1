#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <istream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/types.hpp"
#include "descent/core/version.hpp"
#include "descent/inference/predict.hpp"
#include "descent/io/model_file/architecture.hpp"
#include "descent/io/model_file/layer_registry.hpp"
#include "descent/io/model_file/model_reader.hpp"
#include "descent/io/model_file/standard_registry.hpp"
#include "descent/io/open_file.hpp"
#include "descent/io/safetensors/tensor_file.hpp"
#include "descent/serialize/atomic_file.hpp"
#include "descent/serialize/xxh64.hpp"
#include "descent/tree/describe.hpp"

namespace descent::inline DESCENT_ABI {

/// A model read from a file.
template <std::floating_point T = float>
struct LoadedModel {
  DynamicSequential<T> network;
  Shape shape;  ///< of the inputs: predict(network, Batch{x, shape})
  std::vector<std::string> labels;
  std::string library_version;
};

/// A copy of a few inputs, from a Batch with its shape or from a matrix of plain features.
template <std::floating_point T = float>
class GoldenInputs {
 public:
  GoldenInputs() = default;
  GoldenInputs(const Batch<T>& x) : x_{x}, shape_{x.shape()} {}
  template <class E>
  GoldenInputs(const Eigen::DenseBase<E>& x) : x_{x}, shape_{x.rows()} {}

  Batch<T> batch() const { return {x_, shape_}; }

 private:
  Matrix<T> x_;
  Shape shape_{0};
};

/// The options of `save_model`.
template <std::floating_point T = float>
struct SaveModel {
  GoldenInputs<T> golden = {};  ///< such as train.inputs().columns(0, 4); the file stores their outputs
  std::vector<std::string> labels = {};  ///< the names of the classes
  LayerRegistry<T> registry = standard_registry<T>();
};

namespace detail {

/// A type-erased model to write.
template <class T>
struct ModelToSave {
  LayerDescription description;
  std::vector<NamedTensor<const T>> tensors;
  Matrix<T> outputs;               // for the golden inputs
  std::string preprocessing = {};  // of tables, as JSON
};

/// Throws unless a network rebuilt from the contents of the file computes the outputs of the model.
template <class T>
void expect_loadable(const ModelToSave<T>& model, const SaveModel<T>& options) {
  try {
    const Batch<T> x = options.golden.batch();
    TensorDimensions sizes;
    for (const auto& tensor : model.tensors) sizes.emplace(tensor.name, tensor.dimensions);
    DynamicSequential<T> again = options.registry.make(model.description, sizes, x.shape(), x.samples());
    if (const auto difference = first_difference(model.description, describe(again)))
      throw FormatError("save_model",
                        joined("rebuilt from its description, the network differs: ", *difference), "");
    const auto made = tensors_of(again);
    bool same = made.size() == model.tensors.size();
    for (std::size_t i = 0; same && i < made.size(); ++i) {
      const auto& tensor = model.tensors[i];
      same = made[i].name == tensor.name && made[i].dimensions == tensor.dimensions;
      if (same) made[i].array() = tensor.array();
    }
    if (!same || !agree<T>(predict(again, x), model.outputs, sizeof(T) == 4))
      throw FormatError("save_model", "rebuilt from its description, the network computes other outputs",
                        "add all members that the outputs depend on to visit, visit_state or visit_options");
  } catch (const FormatError& error) {
    throw DataError("save_model",
                    joined("expected layers that the registry can rebuild, got: ", error.what()),
                    "add the layer to .registry; write a formula as a layer with a name");
  }
}

template <class T>
void write_model(std::ostream& out, ModelToSave<T> model, const SaveModel<T>& options) {
  static_assert(std::endian::native == std::endian::little, "the hash is that of little-endian bytes");
  const Batch<T> x = options.golden.batch();
  const Matrix<T>& y = model.outputs;
  if (!all_finite(y))
    throw DataError("save_model", "expected finite outputs for the golden inputs, got infinity or NaN",
                    "save a model whose parameters are finite");
  expect_loadable(model, options);

  const auto golden_x = golden_tensor("golden.x", x.data(), x.shape(), x.samples());
  model.tensors.push_back(golden_x);
  model.tensors.push_back(golden_tensor("golden.y", y.data(), Shape{y.rows()}, y.cols()));
  TensorHeader header;
  for (const auto& tensor : model.tensors) append_tensor(header, tensor.name, tensor);
  header.metadata = {{"descent_model_format", std::to_string(model_format)},
                     {"library_version", std::string{library_version}},
                     {"architecture", dump(json_of(model.description), "save_model")},
                     {"labels", dump(options.labels, "save_model")}};
  if (!model.preprocessing.empty()) header.metadata["preprocessing"] = model.preprocessing;
  XXH64 hash;
  for (const auto& tensor : model.tensors)
    to_row_major(tensor, [&](auto values) {
      hash.update({reinterpret_cast<const char*>(values.data()), values.size_bytes()});
    });
  header.metadata["hash"] = printed_hash(hash, header.metadata, printed_shape(shape_of(golden_x.dimensions)));
  out << tensor_header("save_model", header);
  for (const auto& tensor : model.tensors) write_tensor(out, tensor);
}

template <Layer M>
ModelToSave<typename M::Scalar> model_to_save(const M& model, const SaveModel<typename M::Scalar>& options) {
  const Batch<typename M::Scalar> x = options.golden.batch();
  const Index samples = x.samples();
  if (samples < 1 || samples > most_golden)
    throw DataError("save_model", joined("expected 1 to ", most_golden, " golden inputs, got ", samples),
                    "pass a few: .golden = train.x.leftCols(4)");
  return {as_chain(describe(model)), tensors_as_chain(model), predict(model, x)};
}

/// Rebuilds the network of a file.
template <std::floating_point T>
DynamicSequential<T> rebuilt(const ModelFile& file, const LayerRegistry<T>& registry) {
  DynamicSequential<T> network = file.make_network(registry);
  if (const auto difference = first_difference(describe(network), file.architecture()))
    file.fail(joined("expected an architecture that can be rebuilt, got another: ", *difference),
              "copy or save the file again: it is damaged");
  file.fill(network);
  return network;
}

}  // namespace detail

/// Writes a model with its architecture, so that `load_model` can rebuild it and verify the result by a hash and by
/// the outputs for a few golden inputs.
///
///   save_model("digits.model", net, {.golden = train.x.leftCols(4), .labels = {"zero", "one"}});
///
/// The file stores the shape of the golden inputs, such as `train.inputs().columns(0, 4)`. Save a normalization of the
/// inputs as the first layer: Sequential{scale, net}. The format of the file is safetensors.
///
/// Throws   DataError without golden inputs, for more than 64, and for a network that could not be loaded again, such
///          as one with a layer that is not in the registry; FormatError if the file cannot be written: the old one is
///          kept.
/// Cost     two passes over the model besides writing, and the memory of a second one.
/// Example  examples/14_pytorch_weights.cpp
template <Layer M>
void save_model(std::ostream& out, const M& model, const SaveModel<typename M::Scalar>& options) {
  detail::write_model(out, detail::model_to_save(model, options), options);
}
/// Writes the model to a file.
template <Layer M>
void save_model(const std::filesystem::path& path, const M& model,
                const SaveModel<typename M::Scalar>& options) {
  replace_file(path.string(), "save_model", [&](std::ostream& out) { save_model(out, model, options); });
}

/// Rebuilds a network from a file of `save_model`; its scalar may differ from that in the file.
///
///   const auto [network, shape, labels, version] = load_model("digits.model");
///
/// Throws   FormatError if the file is damaged, cut short or of a newer format, if it has a layer that is not in the
///          registry, if the hash differs, or if the network does not reproduce the golden outputs.
/// Cost     reading the file, a hash, and a forward pass of the golden inputs: for 100 MB less than twice the time of
///          reading alone (`./dev bench load_model`). Memory of at most 24 times the size of the file; for one that
///          save_model wrote, little more than the model.
/// Example  examples/14_pytorch_weights.cpp
template <std::floating_point T = float>
LoadedModel<T> load_model(std::istream& in, const LayerRegistry<T>& registry = standard_registry<T>(),
                          const std::string& source = "stream") {
  const detail::ModelFile file{in, source};
  DynamicSequential<T> network = detail::rebuilt(file, registry);
  return {std::move(network), file.info().shape, file.info().labels, file.info().library_version};
}
/// Reads a network from a file.
template <std::floating_point T = float>
LoadedModel<T> load_model(const std::filesystem::path& path,
                          const LayerRegistry<T>& registry = standard_registry<T>()) {
  std::ifstream in = detail::open_file(path, "load_model");
  return load_model<T>(in, registry, path.string());
}

/// Reads the values of a model that already has the architecture of the file, such as a Sequential, without a
/// registry.
///
/// Throws   like the overload without a model; FormatError, which names the layer, also if the architectures differ.
///          The model is then unchanged.
template <Layer M>
ModelInfo load_model(std::istream& in, M& model, const std::string& source = "stream") {
  const detail::ModelFile file{in, source};
  if (const auto difference =
          detail::first_difference(detail::as_chain(describe(model)), file.architecture()))
    file.fail(detail::joined("expected the architecture of the model, got another: ", *difference),
              "construct the model that was saved, or let load_model construct it");
  M loaded = model;
  file.fill(loaded);
  model = std::move(loaded);
  return file.info();
}
/// Reads the model from a file.
template <Layer M>
ModelInfo load_model(const std::filesystem::path& path, M& model) {
  std::ifstream in = detail::open_file(path, "load_model");
  return load_model(in, model, path.string());
}

}  // namespace descent
