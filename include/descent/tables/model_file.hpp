#pragma once

#include <concepts>
#include <filesystem>
#include <fstream>
#include <istream>
#include <ostream>
#include <string>
#include <utility>

#include "descent/concepts/layer.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/io/model_file.hpp"
#include "descent/io/open_file.hpp"
#include "descent/serialize/atomic_file.hpp"
#include "descent/tables/preprocess.hpp"
#include "descent/tables/preprocess_json.hpp"

namespace descent::inline DESCENT_ABI {

/// A network with its preprocessing, read from a file.
template <std::floating_point T = float>
struct TableModel {
  DynamicSequential<T> network;
  Preprocess prepare;
};

/// Writes a model with its preprocessing, which has a version of its own in the file. `load_model` reads the network
/// alone from the same file.
///
///   save_model("houses.model", net, prepare, {.golden = train.x.leftCols(4)});
///
/// Throws   as save_model; DataError also unless the model takes the features of the preprocessing.
/// Example  examples/34_house_prices.cpp
template <Layer M>
void save_model(std::ostream& out, const M& model, const Preprocess& prepare,
                const SaveModel<typename M::Scalar>& options) {
  if (const Index features = options.golden.batch().rows(); features != prepare.features())
    throw_error<DataError>(
        "save_model",
        {"expected golden inputs of the ", prepare.features(), " features of the Preprocess, got ", features},
        "pass a few of its inputs: .golden = train.x.leftCols(4)");
  auto file = detail::model_to_save(model, options);
  file.preprocessing = detail::preprocess_text(prepare, "save_model");
  detail::write_model(out, std::move(file), options);
}
/// Writes the model to a file.
template <Layer M>
void save_model(const std::filesystem::path& path, const M& model, const Preprocess& prepare,
                const SaveModel<typename M::Scalar>& options) {
  replace_file(path.string(), "save_model",
               [&](std::ostream& out) { save_model(out, model, prepare, options); });
}

/// Reads a network and its preprocessing from a file.
///
///   const auto [network, prepare] = load_table_model("houses.model");
///   predict(network, prepare, read_table("new.csv", prepare.table_options()));
///
/// Throws   as load_model; FormatError also if the file has no preprocessing, or one of a newer version.
/// Example  examples/35_house_prices_predict.cpp
template <std::floating_point T = float>
TableModel<T> load_table_model(std::istream& in, const LayerRegistry<T>& registry = standard_registry<T>(),
                               const std::string& source = "stream") {
  const detail::ModelFile file{in, source};
  if (file.preprocessing().empty())
    file.fail("expected a model with its preprocessing, got one without",
              "read it with load_model, or save it with save_model(path, net, prepare, options)");
  Preprocess prepare = detail::parse_preprocess(detail::joined("load_model: ", source), file.preprocessing());
  DynamicSequential<T> network = detail::rebuilt(file, registry);
  if (file.info().shape.size() != prepare.features())
    file.fail(detail::joined("expected a network of the ", prepare.features(),
                             " features of the preprocessing, got one of ", file.info().shape.size()),
              "copy or save the file again: it is damaged");
  return {std::move(network), std::move(prepare)};
}
/// Reads them from a file.
template <std::floating_point T = float>
TableModel<T> load_table_model(const std::filesystem::path& path,
                               const LayerRegistry<T>& registry = standard_registry<T>()) {
  std::ifstream in = detail::open_file(path, "load_model");
  return load_table_model<T>(in, registry, path.string());
}

}  // namespace descent
