#include <algorithm>
#include <descent/diagnosis.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "conformance/layer_table.hpp"

namespace diagnosis_test {

using namespace conformance;

namespace {

/// A network with the layer of a row within, and 3 features and classes.
DynamicSequential<double> network_around(const LayerRow& row) {
  Rng rng{3};
  const AnyLayer<double> layer = row.make(rng);
  const Index outputs = layer.output_shape(row.shape).size();
  return DynamicSequential{Dense<double>{3, row.shape.size(), rng, XavierNormal{}},
                           Reshape<double>{row.shape}, layer, Flatten<double>{},
                           Dense<double>{outputs, 3, rng}};
}

Dataset<double> some_data() {
  Rng rng{1};
  Dataset<double> data{.x = Matrix<double>(3, 96), .y = Matrix<double>(1, 96)};
  for (Index j = 0; j < data.samples(); ++j) {
    data.y(0, j) = static_cast<double>(j % 3);
    for (Index i = 0; i < 3; ++i) data.x(i, j) = 0.5 * rng.normal() + (i == j % 3 ? 1.5 : -0.5);
  }
  return data;
}

/// The names of the weights that begin with a path.
std::vector<std::string> weights_of(const DynamicSequential<double>& net) {
  std::vector<std::string> names;
  DynamicSequential<double>::visit(
      [&](const Parameter& p, const auto&) {
        if (p.role == Role::weight) names.push_back(p.name.path());
      },
      net);
  return names;
}

/// Returns the outputs of a layer in inference.
Matrix<double> outputs_for(const AnyLayer<double>& layer, const Matrix<double>& x, const Shape& shape) {
  AnyLayer<double>::Cache cache;
  return layer.forward({x, shape}, cache, Pass::inference());
}

/// Returns the outputs that differ after a change of one input.
std::vector<Index> outputs_of_input(const AnyLayer<double>& layer, Matrix<double> x, const Shape& shape,
                                    Index input) {
  const Matrix<double> before = outputs_for(layer, x, shape);
  x.row(input).array() += 0.5;
  const Matrix<double> after = outputs_for(layer, x, shape);
  std::vector<Index> changed;
  for (Index i = 0; i < before.rows(); ++i)
    if (before.row(i) != after.row(i)) changed.push_back(i);
  return changed;
}

}  // namespace

TEST_CASE("UnitKind: an activation is not linear, and a copy has each input once", "[conformance]") {
  for_each(layers, [&](const LayerRow& row) {
    Rng rng{3};
    const AnyLayer<double> layer = row.make(rng);
    const LayerDescription description = describe(layer);
    if (!description.layers.empty()) return;
    INFO(row.name);
    Matrix<double> a(row.shape.size(), 40), b = a;
    for (Matrix<double>* x : {&a, &b})
      for (double& value : x->reshaped()) value = 3 * rng.normal();
    const Matrix<double> between = (outputs_for(layer, a, row.shape) + outputs_for(layer, b, row.shape)) / 2;
    const bool is_linear = between.isApprox(outputs_for(layer, (a + b) / 2, row.shape), 1e-9);
    bool is_elementwise = between.rows() == a.rows(), is_copy = is_elementwise;
    for (Index i = 0; is_copy && i < a.rows(); ++i) {
      const std::vector<Index> changed = outputs_of_input(layer, a, row.shape, i);
      is_elementwise = is_elementwise && changed == std::vector{i};
      is_copy = changed.size() == 1;
    }
    if (description.unit_kind == UnitKind::activated) CHECK_FALSE(is_linear);
    if (description.unit_kind == UnitKind::copied) CHECK((is_linear && is_copy));
    if (is_elementwise && !is_linear) CHECK(description.unit_kind == UnitKind::activated);
  });
}

TEST_CASE("Doctor: measures each layer of the library under its path", "[conformance]") {
  const Dataset<double> data = some_data();
  for_each(layers, [&](const LayerRow& row) {
    DYNAMIC_SECTION(row.name) {
      DynamicSequential<double> net = network_around(row);
      Doctor doctor;
      fit(net, data, SoftmaxCrossEntropy{}, Adam{}, {.epochs = 1, .observer = &doctor, .progress = silent});
      const Look& look = doctor.looks().front();
      std::vector<std::string> paths;
      for (const OutputStatistics& output : look.outputs) {
        INFO(output.path << ' ' << output.type);
        paths.push_back(output.path);
        CHECK(output.rms > 0);
        CHECK(output.constant >= 0);
      }
      // The layers of a composition have paths that begin with its own.
      for (const std::string path : {"0", "1", "2", "3", "4"})
        CHECK(std::count(paths.begin(), paths.end(), path) == 1);
      const LayerDescription layer = describe(net[2]);
      const auto at = std::find(paths.begin(), paths.end(), "2") - paths.begin();
      CHECK(look.outputs[static_cast<std::size_t>(at)].type == layer.type);
      for (const auto& part : layer.layers)
        CHECK(std::count(paths.begin(), paths.end(), "2." + part.name) == 1);

      std::vector<std::string> weights;
      for (const WeightStatistics& weight : look.weights) {
        INFO(weight.path);
        weights.push_back(weight.path);
        CHECK(weight.weight > 0);
        CHECK((weight.gradient > 0) == (weight.update > 0));
      }
      CHECK(weights == weights_of(net));
    }
  });
}

// But of the scale of its outputs, which a row chooses; and the tokens of an embedding are those of a saturated layer.
TEST_CASE("examine: raises no alarm about a layer of the library as it is constructed", "[conformance]") {
  const Dataset<double> data = some_data();
  for_each(layers, [&](const LayerRow& row) {
    DYNAMIC_SECTION(row.name) {
      std::vector<std::string_view> without{"initial outputs"};
      if (row.name.starts_with("Embedding")) without.push_back("saturated units");
      const Findings findings =
          examine(network_around(row), data, SoftmaxCrossEntropy{}, {.without = without});
      CAPTURE(findings);
      CHECK(findings.worst() <= Severity::note);
    }
  });
}

}  // namespace diagnosis_test
