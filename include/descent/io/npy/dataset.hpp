#pragma once

#include <concepts>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/data/dataset.hpp"
#include "descent/io/npy.hpp"
#include "descent/io/open_file.hpp"

namespace descent::inline DESCENT_ABI {

/// The files of a data set in NumPy's .npy format, whose first dimension is the samples.
struct NpyFiles {
  std::filesystem::path inputs, targets;
};

/// Reads a data set of inputs and targets saved by NumPy.
///
///   numpy.save("x.npy", images)      # in Python, (samples, height, width, channels)
///   const Dataset train = read_npy_dataset({.inputs = "x.npy", .targets = "y.npy"});
///
/// Inputs (samples, features) are plain features; (samples, height, width) and (samples, height, width, channels) are
/// images, whose shape becomes `Dataset::shape`. Sequences (samples, time, features) are read as images of one channel
/// with their values in the right order: set `data.shape = {features, 1, time}`.
///
/// Shapes   x [features, samples]   y [targets, samples]
/// Throws   like read_npy; FormatError also if the numbers of samples differ, for inputs of more than 4 dimensions and
///          for targets of more than 2.
template <std::floating_point T = float>
Dataset<T> read_npy_dataset(const NpyFiles& files) {
  constexpr std::string_view name = "read_npy_dataset";
  const auto read = [&](const std::filesystem::path& path, std::size_t most_dimensions) {
    std::ifstream in = detail::open_file(path, name);
    return detail::read_npy_array<T>(in, name, path.string(), most_dimensions);
  };
  const detail::NpyArray<T> x = read(files.inputs, 4), y = read(files.targets, 2);
  if (x.values.rows() != y.values.rows())
    throw_error<FormatError>(name,
                             {"expected a target for each of the ", x.values.rows(), " samples in ",
                              detail::printable(files.inputs), ", got ", y.values.rows(), " in ",
                              detail::printable(files.targets)},
                             "save arrays of the same samples, which are the first dimension");
  Dataset<T> data{.x = x.values.transpose(), .y = y.values.transpose()};
  const auto size = [&](std::size_t k) { return k < x.sizes.size() ? static_cast<Index>(x.sizes[k]) : 1; };
  if (x.sizes.size() > 2) data.shape = {.channels = size(3), .height = size(1), .width = size(2)};
  return data;
}

}  // namespace descent
