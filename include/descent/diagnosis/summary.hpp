#pragma once

#include <algorithm>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "descent/concepts/hooks.hpp"
#include "descent/concepts/layer.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/core/number_text.hpp"
#include "descent/core/types.hpp"
#include "descent/inference/predict.hpp"
#include "descent/tree/describe.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/parameter.hpp"

namespace descent::inline DESCENT_ABI {

/// A row of a `Summary`: a layer, or a composition with all layers in it.
struct LayerSummary {
  std::string path;      ///< the name as in parameter paths, such as `3.body.1`; empty for the model itself
  std::string type;      ///< the layer's `name`; empty if it has none
  Shape output = {0};    ///< of one sample; empty if a composition has no `visit_outputs`
  Index parameters = 0;  ///< the number of learned values
  Index state = 0;       ///< the number of values that are not learned, such as running statistics
  double flops = 0;      ///< operations of the products with weights in a forward pass of one sample
  bool is_composition = false;  ///< true if the layer consists of layers, which follow it
};

/// The result of `summary`. Printed, it is a table.
struct Summary {
  std::vector<LayerSummary> layers;  ///< in order; a composition comes before its layers
  LayerSummary total;                ///< the model itself
  std::size_t bytes_per_number = 0;  ///< the size of the model's Scalar

  /// Returns the memory of parameters and state.
  double parameter_bytes() const {
    return static_cast<double>(total.parameters + total.state) * static_cast<double>(bytes_per_number);
  }
  /// Returns the memory of one sample's outputs in all layers that are no compositions. Training keeps them for each
  /// sample of a batch.
  double output_bytes() const {
    double values = 0;
    for (const LayerSummary& layer : layers)
      if (!layer.is_composition) values += static_cast<double>(layer.output.size());
    return values * static_cast<double>(bytes_per_number);
  }

  friend std::ostream& operator<<(std::ostream& out, const Summary& s) {
    std::vector<std::vector<std::string>> rows{{"layer", "type", "output", "parameters", "state", "flops"}};
    const auto add = [&](const LayerSummary& layer, const std::string& name) {
      rows.push_back({name, layer.type, layer.output.size() == 0 ? "" : shape(layer.output),
                      grouped(static_cast<double>(layer.parameters)),
                      grouped(static_cast<double>(layer.state)), grouped(layer.flops)});
    };
    for (const LayerSummary& layer : s.layers) add(layer, indented(layer.path));
    add(s.total, "total");

    std::vector<std::size_t> widths(rows.front().size(), 0);
    for (const auto& row : rows)
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    constexpr std::size_t texts = 3;  // the columns on the left, which are aligned on the left
    for (const auto& row : rows) {
      for (std::size_t i = 0; i < row.size(); ++i)
        out << (i < texts ? detail::left_aligned(row[i], widths[i] + 2)
                          : detail::right_aligned(row[i], widths[i] + (i == texts ? 0 : 2)));
      out << '\n';
    }
    return out << "memory: " << memory(s.parameter_bytes()) << " of parameters and state, "
               << memory(s.output_bytes()) << " of outputs per sample\n";
  }

 private:
  static std::string shape(const Shape& s) {
    return s.positions() == 1 ? detail::joined({s.channels})
                              : detail::joined({s.channels, " x ", s.height, " x ", s.width});
  }
  /// Indents a path by the number of compositions around it.
  static std::string indented(const std::string& path) {
    const auto dots = std::count(path.begin(), path.end(), '.');
    return std::string(2 * static_cast<std::size_t>(dots), ' ') + path;
  }
  /// Returns a whole number with commas between groups of three digits.
  static std::string grouped(double whole) {
    std::string text = detail::number_text(whole, std::chars_format::fixed, 0);
    for (std::size_t i = text.size(); i > 3;) text.insert(i -= 3, 1, ',');
    return text;
  }
  static std::string memory(double bytes) {
    constexpr std::string_view units[] = {"B", "KB", "MB", "GB", "TB"};
    std::size_t unit = 0;
    for (; bytes >= 1024 && unit + 1 < std::size(units); ++unit) bytes /= 1024;
    return detail::joined(
        {detail::number_text(bytes, std::chars_format::fixed, unit == 0 ? 0 : 2), ' ', units[unit]});
  }
};

namespace detail {

/// Appends a row for a layer and for each layer in it.
inline void add_rows(const LayerDescription& layer, const std::string& path,
                     std::vector<LayerSummary>& rows) {
  rows.push_back({.path = path, .type = layer.type, .is_composition = !layer.layers.empty()});
  for (const auto& [name, part] : layer.layers)
    add_rows(part, path.empty() ? name : joined({path, '.', name}), rows);
}

/// Returns the number of positions at which each layer multiplies by its weights: those of its output, or of its input
/// for a recurrent layer, whose output may be the last time step alone. An embedding multiplies by nothing.
inline std::vector<Index> product_positions(const std::vector<LayerSummary>& rows, const Shape& input) {
  std::vector<Index> positions;
  Index before = input.positions();
  for (const LayerSummary& row : rows) {
    const Index own = std::max(Index{1}, row.output.positions());
    const bool is_recurrent = row.type == "RNN" || row.type == "LSTM" || row.type == "GRU";
    positions.push_back(row.type.ends_with("Embedding") ? 0 : is_recurrent ? before : own);
    if (!row.is_composition) before = own;
  }
  return positions;
}

/// Adds the numbers of a parameter to the rows of the layer that has it and of all compositions around it.
template <class T>
void add_parameter(const Leaf<const T>& leaf, const std::vector<Index>& positions,
                   std::vector<LayerSummary>& rows) {
  double flops = 0;
  for (std::size_t i = 0; i < rows.size(); ++i)  // the last is the layer itself
    if (leaf.parameter.role == Role::weight && leaf.name().begins_with(rows[i].path))
      flops = 2 * static_cast<double>(leaf.size()) * static_cast<double>(positions[i]);
  for (LayerSummary& row : rows)
    if (leaf.name().begins_with(row.path)) {
      (leaf.is_state() ? row.state : row.parameters) += leaf.size();
      row.flops += flops;
    }
}

}  // namespace detail

/// Lists the layers of a model with their full paths, also those within `Sequential`, `DynamicSequential`, `Residual`
/// and `Concat`: the shape of the output for a sample of the given shape, the numbers of parameters and of state, and
/// the operations.
///
///   std::cout << summary(net, train.sample_shape());
///   summary(net, Shape{784}).total.parameters
///
///   flops = 2 * weights * positions of the layer's output
///
/// A multiplication and an addition for each value of a parameter with `Role::weight` at each position, which a layer
/// needs no code for: exact for `Dense` and for layers like it. A recurrent layer multiplies at each time step of its
/// input, an embedding not at all. A `ConvTranspose2D` meets its weights at the positions of the input, so that its
/// number is too large by the product of its strides. Not counted are biases, scales, activations, normalization and
/// products of activations with each other; a training step takes about three times as many.
///
/// Throws   ShapeError when the model does not accept the shape, DataError when there is no memory for a sample.
/// Cost     a forward pass of one sample
/// Example  examples/17_bias_variance.cpp
template <Layer M>
Summary summary(const M& model, const Shape& shape) {
  static_assert(has_valid_hooks<M>);
  using T = typename M::Scalar;
  detail::expect_shape(model, Batch<T>{nullptr, shape, 1}, "summary");
  const auto sample = filled<Matrix<T>>("summary", shape.size(), 1, T(0));
  typename M::Cache cache;
  const Shape output = model.forward({sample, shape}, cache, Pass::inference()).shape();

  std::vector<LayerSummary> rows;
  detail::add_rows(describe(model), "", rows);
  rows.front().output = output;
  if constexpr (requires { model.visit_outputs(cache, [](const Name&, const auto&) {}); }) {
    const auto set_shape = [&](const Name& name, const Batch<T>& y) {
      const std::string path = name.path();
      for (LayerSummary& row : rows)
        if (row.path == path) row.output = y.shape();
    };
    // By reference, so that the function is compiled once and not once per layer.
    model.visit_outputs(cache, FunctionRef<void(const Name&, const Batch<T>&)>{set_shape});
  }
  const std::vector<Index> positions = detail::product_positions(rows, shape);
  visit_leaves(model, [&](const Leaf<const T>& leaf) { detail::add_parameter(leaf, positions, rows); });

  Summary result{.layers = {}, .total = rows.front(), .bytes_per_number = sizeof(T)};
  if (result.total.is_composition) rows.erase(rows.begin());
  result.layers = std::move(rows);
  return result;
}

}  // namespace descent
