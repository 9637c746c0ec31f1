#pragma once

#include <cstddef>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/data/standardize.hpp"
#include "descent/data/unstandardize.hpp"
#include "descent/io/onnx/save.hpp"
#include "descent/models/sequential.hpp"
#include "descent/tables/preprocess.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

/// Returns the scales of a preprocessing as a Standardize, which is exact for each kind of scaling.
template <std::floating_point T, class Scaled>
Standardize<T> scales_of(const std::vector<Scaled>& all, auto&& features) {
  std::vector<T> offsets, divisors;
  for (const Scaled& each : all) {
    offsets.push_back(static_cast<T>(each.offset));
    divisors.push_back(static_cast<T>(each.divisor));
    for (Index i = 1; i < features(each); ++i) offsets.push_back(T(0)), divisors.push_back(T(1));
  }
  const auto vector = [](const std::vector<T>& values) -> Vector<T> {
    return Eigen::Map<const Vector<T>>{values.data(), static_cast<Index>(values.size())};
  };
  return {vector(offsets), vector(divisors)};
}

}  // namespace detail

/// Converts a network with its preprocessing to a model of ONNX, which contains what is arithmetic: the scales of the
/// features and of the targets. Its input is `Preprocess::unscaled_inputs`: numbers as they are in the table, after
/// clipping and .log, with missing ones filled in; 0 and 1 for each category, since text is no tensor of numbers. The
/// metadata `feature.0`, `feature.1` and so on names them in order.
///
/// Throws   as to_onnx; DataError also for targets with .log, which ONNX would have to undo.
template <Layer M>
OnnxModel to_onnx(const M& model, const Preprocess& prepare, OnnxOptions options = {}) {
  using T = typename M::Scalar;
  options.shape = Shape{prepare.features()};
  if (options.classes.empty()) options.classes = prepare.class_names();
  const PreprocessState& state = prepare.state();
  const auto inputs =
      detail::scales_of<T>(state.columns, [](const LearnedColumn& column) { return column.features(); });
  for (const LearnedTarget& target : state.targets)
    if (target.log)
      throw DataError("save_onnx",
                      detail::joined("expected targets without .log, got it for \"", target.name, '"'),
                      "save the network alone, and undo the logarithm of its outputs by exp(y) - 1");
  OnnxModel onnx;
  if (state.targets.empty()) {
    onnx = to_onnx(Sequential{inputs, model}, options);
  } else {
    const auto targets = detail::scales_of<T>(state.targets, [](const LearnedTarget&) { return Index{1}; });
    onnx = to_onnx(Sequential{inputs, model, Unstandardize{targets}}, options);
  }
  const std::vector<std::string> names = prepare.feature_names();
  for (std::size_t i = 0; i < names.size(); ++i)
    onnx.metadata.emplace_back(detail::joined("feature.", i), names[i]);
  return onnx;
}

/// Saves a network with its preprocessing as .onnx; see `to_onnx` for what the file contains.
///
///   save_onnx("houses.onnx", net, prepare);
///
/// Throws   as to_onnx; FormatError when the file cannot be written, and the old one is kept.
template <Layer M>
void save_onnx(std::ostream& out, const M& model, const Preprocess& prepare,
               const OnnxOptions& options = {}) {
  write_onnx(out, to_onnx(model, prepare, options));
}
/// Writes the model to a file.
template <Layer M>
void save_onnx(const std::filesystem::path& path, const M& model, const Preprocess& prepare,
               const OnnxOptions& options = {}) {
  write_onnx(path, to_onnx(model, prepare, options));
}

}  // namespace descent
