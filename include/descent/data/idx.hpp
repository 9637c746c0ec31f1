#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <istream>
#include <string>
#include <string_view>
#include <utility>

#include "descent/core/errors.hpp"
#include "descent/data/byte_reader.hpp"
#include "descent/data/dataset.hpp"
#include "descent/data/files.hpp"

namespace descent {

namespace detail {

/// The unsigned bytes of an IDX file: 0, 0, the type 8, the number of dimensions, each dimension in four
/// bytes with the most significant first, then the values with the last dimension fastest. A column for each
/// step of the first dimension.
template <std::floating_point T>
Matrix<T> read_idx_bytes(std::istream& in, std::string_view user, const std::string& source, bool images) {
  ByteReader file{in, user, source};
  const auto magic = file.take(4, "a header");
  if (magic[0] == 0x1F && magic[1] == 0x8B)
    file.fail("expected an IDX file, got one packed by gzip",
              "unpack it, or read it with read_idx_gzip from descent/data/gzip.hpp");
  const std::size_t dimensions = magic[3];
  if (magic[0] != 0 || magic[1] != 0 || magic[2] != 8)
    file.fail(concat("expected an IDX file of unsigned bytes, which begins with 0 0 8, got ", int{magic[0]},
                     ' ', int{magic[1]}, ' ', int{magic[2]}),
              "is it the right file?");
  if (images ? dimensions < 2 || dimensions > 4 : dimensions != 1)
    file.fail(concat(images ? "expected 2 to 4 dimensions, of which the first counts images, got "
                            : "expected 1 dimension, a label a sample, got ",
                     dimensions),
              "are the files of images and labels mixed up?");

  const std::uint64_t samples = file.take_big_endian(4, "a dimension");
  std::uint64_t features = 1;
  for (std::size_t i = 1; i < dimensions; ++i)
    features = file.product({features, file.take_big_endian(4, "a dimension")});
  if (features == 0) file.fail("expected images of at least one pixel, got none", "the header is damaged");
  const auto bytes = file.take(file.product({features, samples}), images ? "pixels" : "labels");
  file.expect_end();
  using Bytes = Eigen::Matrix<std::uint8_t, Eigen::Dynamic, Eigen::Dynamic>;
  return Eigen::Map<const Bytes>{bytes.data(), static_cast<Index>(features), static_cast<Index>(samples)}
      .template cast<T>();
}

}  // namespace detail

/// Reads images from an IDX file of unsigned bytes, the format of MNIST. Pixels stay as they are, from 0 to
/// 255: `Standardize`, `MinMax` or a division bring them to a scale that suits a network.
///
/// A file of [images, height, width] gives columns of Shape{1, height, width}; one of [images, height, width,
/// channels] gives columns of Shape{channels, height, width}.
///
/// Shapes   returns [channels * width * height, images]
/// Throws   FormatError, which names file and byte, for another format, sizes that do not fit the file, or a
///          file that ends early.
/// Cost     memory of at most 12 times the size of the file, whatever its header says.
/// Source   LeCun, Cortes, Burges: The MNIST database of handwritten digits, "File formats"
template <std::floating_point T = float>
Matrix<T> read_idx_images(std::istream& in, const std::string& source = "stream") {
  return detail::read_idx_bytes<T>(in, "read_idx_images", source, true);
}
template <std::floating_point T = float>
Matrix<T> read_idx_images(const std::filesystem::path& path) {
  std::ifstream in = detail::open_file(path, "read_idx_images");
  return read_idx_images<T>(in, path.string());
}

/// Reads classes from an IDX file of unsigned bytes.
///
/// Shapes   returns [1, samples]
/// Throws   as read_idx_images.
template <std::floating_point T = float>
Matrix<T> read_idx_labels(std::istream& in, const std::string& source = "stream") {
  return detail::read_idx_bytes<T>(in, "read_idx_labels", source, false);
}
template <std::floating_point T = float>
Matrix<T> read_idx_labels(const std::filesystem::path& path) {
  std::ifstream in = detail::open_file(path, "read_idx_labels");
  return read_idx_labels<T>(in, path.string());
}

/// The two files of a data set in IDX format.
struct IdxFiles {
  std::filesystem::path images, labels;
};

namespace detail {

template <std::floating_point T>
Dataset<T> images_with_labels(Matrix<T> images, Matrix<T> labels, const IdxFiles& files) {
  if (images.cols() != labels.cols())
    throw FormatError("read_idx",
                      concat("expected a label for each of the ", images.cols(), " images in ", files.images,
                             ", got ", labels.cols(), " in ", files.labels),
                      "are they files of the same set?");
  return {.x = std::move(images), .y = std::move(labels)};
}

}  // namespace detail

/// Reads a data set of images and their classes.
///
///   const Dataset train = read_idx({.images = "train-images-idx3-ubyte", .labels = "train-labels-idx1-ubyte"});
///
/// Throws   as read_idx_images; FormatError also when the files are of different sizes.
template <std::floating_point T = float>
Dataset<T> read_idx(const IdxFiles& files) {
  Matrix<T> images = read_idx_images<T>(files.images);
  return detail::images_with_labels(std::move(images), read_idx_labels<T>(files.labels), files);
}

}  // namespace descent
