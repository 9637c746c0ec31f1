#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <istream>
#include <string>
#include <string_view>
#include <utility>

#include "descent/core/errors.hpp"
#include "descent/data/dataset.hpp"
#include "descent/io/open_file.hpp"
#include "descent/serialize/byte_reader.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

template <std::floating_point T>
struct IdxSamples {
  Matrix<T> values;
  Shape shape;
};

/// Reads an IDX file of unsigned bytes: 0, 0, the type 8, the number of dimensions, each dimension in four bytes in
/// big endian, then the values with the last dimension fastest. The first dimension is the samples.
template <std::floating_point T>
IdxSamples<T> read_idx_bytes(std::istream& in, std::string_view user, const std::string& source,
                             bool images) {
  ByteReader file{in, user, source};
  const auto magic = file.take(4, "a header");
  if (magic[0] == 0x1F && magic[1] == 0x8B)
    file.fail("expected an IDX file, got a gzip file",
              "decompress it, or read it with read_idx_gzip from descent/io/gzip.hpp");
  const std::size_t dimensions = magic[3];
  if (magic[0] != 0 || magic[1] != 0 || magic[2] != 8)
    file.fail(joined("expected an IDX file of unsigned bytes, which begins with 0 0 8, got ", int{magic[0]},
                     ' ', int{magic[1]}, ' ', int{magic[2]}),
              "pass the path of such a file");
  if (images ? dimensions < 2 || dimensions > 4 : dimensions != 1)
    file.fail(joined(images ? "expected 2 to 4 dimensions, of which the first is the images, got "
                            : "expected 1 dimension, one label per image, got ",
                     dimensions),
              "pass the file of images as .images and that of labels as .labels");

  const std::uint64_t samples = file.take_big_endian(4, "a dimension");
  std::array<std::uint64_t, 3> sizes{1, 1, 1};  // height, width, channels
  for (std::size_t i = 1; i < dimensions; ++i) sizes[i - 1] = file.take_big_endian(4, "a dimension");
  const std::uint64_t features = file.product({sizes[0], sizes[1], sizes[2]});
  if (features == 0)
    file.fail("expected images of at least one pixel, got none",
              "copy or save the file again: it is damaged");
  const auto bytes = file.take(file.product({features, samples}), images ? "pixels" : "labels");
  file.expect_end();
  using Bytes = Eigen::Matrix<std::uint8_t, Eigen::Dynamic, Eigen::Dynamic>;
  const Eigen::Map<const Bytes> columns{bytes.data(), static_cast<Index>(features),
                                        static_cast<Index>(samples)};
  const auto size = [&](std::size_t k) { return static_cast<Index>(sizes[k]); };
  return {columns.template cast<T>(), {.channels = size(2), .height = size(0), .width = size(1)}};
}

}  // namespace detail

/// Reads images from an IDX file of unsigned bytes, the format of MNIST. Pixels keep their values from 0 to 255; scale
/// them for a network by `Standardize`, by `MinMax` or by a division.
///
/// A file of [images, height, width] gives columns of Shape{1, height, width}; one of [images, height, width,
/// channels] gives columns of Shape{channels, height, width}. `read_idx` sets `Dataset::shape`.
///
/// Shapes   returns [channels * width * height, images]
/// Throws   FormatError, which names file and byte, for a file in another format, or whose length does not match the
///          sizes in its header.
/// Cost     memory of at most 12 times the size of the file, whatever its header says.
/// Source   LeCun, Cortes, Burges: The MNIST database of handwritten digits, "File formats"
template <std::floating_point T = float>
Matrix<T> read_idx_images(std::istream& in, const std::string& source = "stream") {
  return detail::read_idx_bytes<T>(in, "read_idx_images", source, true).values;
}
/// Reads the images from a file.
template <std::floating_point T = float>
Matrix<T> read_idx_images(const std::filesystem::path& path) {
  std::ifstream in = detail::open_file(path, "read_idx_images");
  return read_idx_images<T>(in, path.string());
}

/// Reads classes from an IDX file of unsigned bytes.
///
/// Shapes   returns [1, samples]
/// Throws   like read_idx_images.
template <std::floating_point T = float>
Matrix<T> read_idx_labels(std::istream& in, const std::string& source = "stream") {
  return detail::read_idx_bytes<T>(in, "read_idx_labels", source, false).values;
}
/// Reads the labels from a file.
template <std::floating_point T = float>
Matrix<T> read_idx_labels(const std::filesystem::path& path) {
  std::ifstream in = detail::open_file(path, "read_idx_labels");
  return read_idx_labels<T>(in, path.string());
}

/// The files of a data set in IDX format.
struct IdxFiles {
  std::filesystem::path images, labels;
};

namespace detail {

template <std::floating_point T>
Dataset<T> read_idx_streams(std::istream& images_file, std::istream& labels_file, const IdxFiles& files) {
  IdxSamples<T> images = read_idx_bytes<T>(images_file, "read_idx_images", files.images.string(), true);
  Matrix<T> labels = read_idx_labels<T>(labels_file, files.labels.string());
  if (images.values.cols() != labels.cols())
    throw FormatError("read_idx",
                      joined("expected a label for each of the ", images.values.cols(), " images in ",
                             files.images, ", got ", labels.cols(), " in ", files.labels),
                      "pass files of the same set");
  return {.x = std::move(images.values), .y = std::move(labels), .shape = images.shape};
}

}  // namespace detail

/// Reads a data set of images and their classes.
///
///   const Dataset train = read_idx({.images = "train-images-idx3-ubyte", .labels = "train-labels-idx1-ubyte"});
///
/// `Dataset::shape` is the shape of the images, {1, 28, 28} for MNIST.
///
/// Throws   like read_idx_images; FormatError also if the numbers of images and labels differ.
/// Example  examples/07_mnist.cpp
template <std::floating_point T = float>
Dataset<T> read_idx(const IdxFiles& files) {
  std::ifstream images = detail::open_file(files.images, "read_idx_images"),
                labels = detail::open_file(files.labels, "read_idx_labels");
  return detail::read_idx_streams<T>(images, labels, files);
}

}  // namespace descent
