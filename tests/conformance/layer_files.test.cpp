#include <cmath>
#include <descent/io/model_file.hpp>
#include <descent/io/safetensors.hpp>
#include <set>
#include <sstream>
#include <string>

#include "catch.hpp"
#include "conformance/layer_table.hpp"
#include "support.hpp"

namespace layer_files_test {

using namespace conformance;
using support::values_of;

namespace {

/// A chain of only the layer of a row, all of whose values differ from the initial ones.
DynamicSequential<> network(const LayerRow& row, std::uint64_t seed) {
  Rng rng{seed};
  DynamicSequential<> net{row.make_float(rng)};
  const auto change = [&](const Parameter&, auto& numbers) {
    for (float& value : numbers.reshaped()) value += static_cast<float>(0.1 + rng.uniform());
  };
  DynamicSequential<>::visit(change, net);
  DynamicSequential<>::visit_state(change, net);
  return net;
}

Matrix<> inputs(const LayerRow& row) {
  Rng rng{3};
  Matrix<> x(row.shape.size(), 4);
  for (float& value : x.reshaped()) value = static_cast<float>(rng.normal());
  return x;
}

/// Adds the types of a layer and of all layers in it.
void add_types(const LayerDescription& layer, std::set<std::string>& types) {
  types.insert(layer.type);
  for (const auto& [name, part] : layer.layers) add_types(part, types);
}

}  // namespace

TEST_CASE("standard_registry: every layer has a row in the table", "[conformance]") {
  std::set<std::string> types;
  for_each(layers, [&](const LayerRow& row) { add_types(describe(network(row, 7)), types); });
  for (const std::string& type : standard_registry().types()) {
    CAPTURE(type);
    CHECK(types.contains(type));
  }
}

TEST_CASE("save_model: load_model restores every layer to the bit", "[conformance]") {
  for_each(layers, [](const LayerRow& row) {
    DYNAMIC_SECTION(row.name) {
      const DynamicSequential<> net = network(row, 7);
      const Matrix<> numbers = inputs(row);
      const Batch<> x{numbers, row.shape};
      std::stringstream file;
      if (!row.not_in_files.empty()) {
        CHECK_THROWS_AS(save_model(file, net, {.golden = x}), DataError);
        return;
      }
      save_model(file, net, {.golden = x});
      const LoadedModel<> loaded = load_model(file);
      CHECK(loaded.shape == row.shape);
      CHECK_FALSE(detail::first_difference(describe(loaded.network), describe(net)));
      CHECK(values_of(loaded.network) == values_of(net));
      CHECK(predict(loaded.network, x) == predict(net, x));
    }
  });
}

TEST_CASE("save_safetensors: load_safetensors restores the values of every layer to the bit",
          "[conformance]") {
  for_each(layers, [](const LayerRow& row) {
    DYNAMIC_SECTION(row.name) {
      const DynamicSequential<> net = network(row, 7);
      DynamicSequential<> other = network(row, 8);
      std::stringstream file;
      save_safetensors(file, net);
      load_safetensors(file, other);
      CHECK(values_of(other) == values_of(net));
    }
  });
}

}  // namespace layer_files_test
