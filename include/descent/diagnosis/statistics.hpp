#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/core/types.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/tree/describe.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/parameter.hpp"
#include "descent/tree/unit_kind.hpp"

namespace descent::inline DESCENT_ABI {

/// Statistics of the output of a layer over some samples.
struct OutputStatistics {
  std::string path, type;  ///< the path of the layer, such as `2.body.0`, and its name, such as `ReLU`
  double rms = 0;          ///< root mean square
  double spread = 0;    ///< root mean square of the deviation from the mean over samples, relative to `rms`
  double constant = 0;  ///< share of the units whose output is the same for all samples, such as dead units
  double saturated =
      0;  ///< share of the outputs of a sigmoid or tanh where its slope is below a fifth of the largest
  bool is_composition = false;           ///< true if the layer consists of others
  UnitKind unit_kind = UnitKind::plain;  ///< that of the layer
};

/// Statistics of a weight matrix, its gradient and its last update, as root mean squares.
struct WeightStatistics {
  std::string path;
  double weight = 0;             ///< before the update
  double gradient = 0;           ///< of the mean loss, without penalty and clipping
  double update = 0;             ///< of the step; 0 before the first
  bool has_equal_units = false;  ///< true if two units have equal weights and equal gradients

  /// The size of the update relative to the weights; 0 if these are 0.
  double update_ratio() const { return weight > 0 ? update / weight : 0; }
};

/// The statistics of a network at one step.
struct Look {
  std::int64_t step = 0;  ///< number of steps done
  double loss = 0;        ///< mean loss of the batch before the step
  double penalty = 0;     ///< of the regularizer
  double learning_rate = 0;
  std::vector<OutputStatistics> outputs;
  std::vector<WeightStatistics> weights;
};

namespace detail {

/// The least and the largest output of each unit over some samples.
struct UnitRange {
  std::vector<double> least, most;
  Index samples = 0;

  double constant_share() const {
    std::size_t constant = 0;
    for (std::size_t i = 0; i < least.size(); ++i) constant += least[i] == most[i];
    return least.empty() ? 0 : static_cast<double>(constant) / static_cast<double>(least.size());
  }
};

/// The layers of a network in the order in which `visit_outputs` visits them: those of a composition before itself.
inline void append_layers(const LayerDescription& layer, const std::string& path,
                          std::vector<OutputStatistics>& all) {
  for (const auto& [name, part] : layer.layers)
    append_layers(part, path.empty() ? name : joined({path, ".", name}), all);
  if (!path.empty())
    all.push_back({.path = path,
                   .type = layer.type,
                   .is_composition = !layer.layers.empty(),
                   .unit_kind = layer.unit_kind});
}

/// Returns the positions of images and sequences as columns of channels, without the padding.
template <std::floating_point T>
Batch<T> without_padding(const Batch<T>& y, Matrix<T>& memory) {
  if (y.lengths().empty()) return y.channels();
  Index steps = 0, next = 0;
  for (const Index length : y.lengths()) steps += length;
  memory.resize(y.shape().channels, steps);
  for (Index j = 0; j < y.samples(); ++j) {
    const Index length = y.length(j);
    memory.middleCols(next, length) = Batch<T>{y.col(j).data(), Shape{y.shape().channels}, length};
    next += length;
  }
  return memory;
}

/// The share of outputs at which a bounded activation is nearly flat. A recurrent layer may have another activation than
/// tanh, whose outputs are beyond 1.
template <std::floating_point T>
double saturated_share(std::string_view type, const Batch<T>& y) {
  const auto size = static_cast<double>(y.size());
  if (type == "Sigmoid" || type == "HardSigmoid")
    return static_cast<double>((y.array() < T(0.05) || y.array() > T(0.95)).count()) / size;
  if (type == "Tanh" || type == "HardTanh" || type == "RNN" || type == "LSTM" || type == "GRU")
    return static_cast<double>((y.array().abs() > T(0.975) && y.array().abs() <= T(1)).count()) / size;
  return 0;
}

/// Extends the range of each unit by its outputs, one column for each sample or position.
template <std::floating_point T>
void extend(UnitRange& range, const Batch<T>& units) {
  if (units.cols() == 0) return;
  Vector<T> least = units.col(0), most = units.col(0);
  for (Index j = 1; j < units.cols(); ++j) {
    least = least.cwiseMin(units.col(j));
    most = most.cwiseMax(units.col(j));
  }
  const bool is_first = range.samples == 0;
  range.samples += units.samples();
  range.least.resize(static_cast<std::size_t>(units.rows()));
  range.most.resize(range.least.size());
  for (std::size_t i = 0; i < range.least.size(); ++i) {
    const auto low = static_cast<double>(least[static_cast<Index>(i)]),
               high = static_cast<double>(most[static_cast<Index>(i)]);
    range.least[i] = is_first ? low : std::min(range.least[i], low);
    range.most[i] = is_first ? high : std::max(range.most[i], high);
  }
}

template <std::floating_point T>
void measure(const Batch<T>& units, OutputStatistics& at) {
  if (units.size() == 0) return;
  at.rms = std::sqrt(static_cast<double>(units.array().square().mean()));
  at.saturated = saturated_share(at.type, units);
}

/// Returns the deviation of outputs from their mean over the samples, relative to their root mean square.
template <std::floating_point T>
double spread_of(const Batch<T>& y) {
  const Vector<T> mean = y.rowwise().mean();
  const double squares = static_cast<double>(y.squaredNorm());
  return squares > 0 ? std::sqrt(static_cast<double>((y.colwise() - mean).squaredNorm()) / squares) : 0;
}

/// Returns the outputs of a network, not yet measured.
template <Layer M>
std::vector<OutputStatistics> outputs_of(const M& model) {
  const LayerDescription description = describe(model);
  std::vector<OutputStatistics> outputs;
  append_layers(description, "", outputs);
  if (outputs.empty())
    outputs.push_back({.path = {}, .type = description.type, .unit_kind = description.unit_kind});
  return outputs;
}

/// Measures all outputs of the forward pass in `cache`, and extends `ranges`, which has one element per output. A layer
/// that is no composition has one output, without a path. Returns the number of all outputs.
template <Layer M>
Index look_at_outputs(const M& model, const typename M::Cache& cache,
                      const Batch<typename M::Scalar>& prediction, std::vector<OutputStatistics>& outputs,
                      std::vector<UnitRange>& ranges) {
  using T = typename M::Scalar;
  ranges.resize(outputs.size());
  Matrix<T> memory;
  Index count = 0;
  const auto look = [&](OutputStatistics& at, const Batch<T>& y) {
    UnitRange& range = ranges[static_cast<std::size_t>(&at - outputs.data())];
    const Batch<T> units = without_padding(y, memory);
    measure(units, at);
    extend(range, units);
    at.constant = range.constant_share();
    count += y.size();
  };
  if constexpr (requires { model.visit_outputs(cache, [](const Name&, const auto&) {}); }) {
    auto next = outputs.begin();
    const auto visit = [&](const Name& name, const Batch<T>& y) {
      const auto at = std::find_if(next, outputs.end(),
                                   [path = name.path()](const auto& output) { return output.path == path; });
      if (at == outputs.end()) return;  // of a layer that is not described
      look(*at, y);
      next = at + 1;
    };
    model.visit_outputs(cache, FunctionRef<void(const Name&, const Batch<T>&)>{visit});
  } else {
    look(outputs.back(), prediction);
  }
  outputs.back().spread =
      spread_of(prediction.lengths().empty() ? prediction : without_padding(prediction, memory));
  return count;
}

/// True if two consecutive rows are equal in both matrices.
template <class T>
bool has_equal_rows(const TensorView<T>& weight, const TensorView<const T>& gradient) {
  const auto equal = [](const auto& numbers, Index i) {
    for (Index j = 0; j < numbers.cols; ++j)
      if (numbers.data[j * numbers.rows + i] != numbers.data[j * numbers.rows + i - 1]) return false;
    return true;
  };
  for (Index i = 1; i < weight.rows; ++i)
    if (equal(weight, i) && equal(gradient, i)) return true;
  return false;
}

/// Calls f(part) for evenly spaced parts of `size` numbers, at most 1024 in all: a root mean square is then known to
/// about 2 %.
void for_sampled_parts(Index size, auto&& f) {
  constexpr Index count = 16, length = 64;
  if (size <= count * length) return f(Part{0, size});
  for (Index k = 0; k < count; ++k) f(Part{k * (size - length) / (count - 1), length});
}

/// Sampled weights, of which `look_at_update` needs the values before the update.
struct SampledWeights {
  std::vector<Vector<double>> leaves;
};

/// Returns the statistics of the weights and their gradient, and keeps the weights. Those of frozen parts, which have no
/// gradient, are left out.
template <Layer M>
std::vector<WeightStatistics> look_at_weights(const M& model, const M& gradient, SampledWeights& before,
                                              const std::vector<std::string>& frozen = {}) {
  using T = typename M::Scalar;
  std::vector<WeightStatistics> all;
  // Only reads; the cast shares the instantiation of the traversal.
  visit_leaves(const_cast<M&>(model), gradient, [&](const Leaf<T>& leaf, const Leaf<const T>& slope) {
    const auto is_in = [&](const std::string& part) { return leaf.name().begins_with(part); };
    if (leaf.parameter.role != Role::weight || std::any_of(frozen.begin(), frozen.end(), is_in)) return;
    if (before.leaves.size() == all.size()) before.leaves.emplace_back();
    Vector<double>& values = before.leaves[all.size()];
    Index count = 0;
    for_sampled_parts(leaf.size(), [&](const Part& part) { count += part.count; });
    values.resize(count);
    double slopes = 0;
    Index next = 0;
    for_sampled_parts(leaf.size(), [&](const Part& part) {
      values.segment(next, part.count).array() = leaf.array(part).template cast<double>();
      slopes += static_cast<double>(slope.array(part).square().sum());
      next += part.count;
    });
    all.push_back({.path = leaf.name().path(),
                   .weight = std::sqrt(values.squaredNorm() / static_cast<double>(count)),
                   .gradient = std::sqrt(slopes / static_cast<double>(count)),
                   .has_equal_units = has_equal_rows<T>(leaf, slope)});
  });
  return all;
}

/// Sets the updates of the weights since `look_at_weights`.
template <Layer M>
void look_at_update(const M& model, const SampledWeights& before, std::vector<WeightStatistics>& weights) {
  std::size_t i = 0;
  visit_leaves(const_cast<M&>(model), [&](const auto& leaf) {  // only reads
    if (leaf.parameter.role != Role::weight || i == weights.size()) return;
    if (!leaf.name().begins_with(weights[i].path)) return;
    const Vector<double>& values = before.leaves[i];
    double squares = 0;
    Index next = 0;
    for_sampled_parts(leaf.size(), [&](const Part& part) {
      const auto was = values.segment(next, part.count).array();
      squares += (leaf.array(part).template cast<double>() - was).square().sum();
      next += part.count;
    });
    weights[i++].update = std::sqrt(squares / static_cast<double>(values.size()));
  });
}

/// Estimates of the time of a training step and of a look at it, without a clock, so that runs can be repeated: in
/// operations of products, of which a core does some 1e11 a second.
struct StepWork {
  double step = 1, look = 0;

  StepWork() = default;
  /// For a model, the samples or positions of a batch, and the number of the outputs of all layers for them.
  template <Layer M>
  StepWork(const M& model, Index samples, Index outputs) {
    const auto parameters = static_cast<double>(parameter_count(model)),
               numbers = static_cast<double>(outputs);
    step = 400'000 + 6 * parameters * static_cast<double>(samples) + 100 * numbers;
    look = 250'000 + 40 * (numbers + std::min(parameters, 3000.0));
  }
  /// Returns the number of steps of which a look takes a share of the time.
  std::int64_t steps_per_look(double share) const { return static_cast<std::int64_t>(look / (share * step)); }
};

}  // namespace detail

}  // namespace descent
