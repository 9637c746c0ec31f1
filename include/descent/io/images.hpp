#pragma once

// Requires libpng and TurboJPEG: link descent::images, or -lpng -lturbojpeg. Therefore neither io.hpp nor descent.hpp
// includes this header.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/data/dataset.hpp"
#include "descent/io/images/decode.hpp"
#include "descent/io/images/resize.hpp"
#include "descent/parallel/parts.hpp"

namespace descent::inline DESCENT_ABI {

/// The channels of images that are read: one of brightness, or red, green and blue.
enum class Colors { gray, rgb };

/// The options of `read_image` and `ImageFolder`.
struct ImageOptions {
  Index height = 0;  ///< of each image; 0: that of the first one
  Index width = 0;
  Colors colors = Colors::rgb;
  bool resize = false;  ///< resizes images of other sizes, which are refused otherwise
};

namespace detail {

inline Index channels_of(Colors colors) { return colors == Colors::gray ? 1 : 3; }

inline void expect_usable(std::string_view user, const ImageOptions& options) {
  constexpr Index most = 1 << 14;
  if (std::min(options.height, options.width) < 0 || std::max(options.height, options.width) > most ||
      (options.height == 0) != (options.width == 0))
    throw_error<DataError>(user,
                           {"expected .height and .width from 1 to ", most, ", or both 0, got ",
                            options.height, " and ", options.width},
                           "pass the size of the images");
}

/// Reads an image as numbers of a shape, whose height and width of 0 are those of the image.
template <std::floating_point T>
Shape read_image_to(const std::filesystem::path& path, std::string_view user, const ImageOptions& options,
                    Shape shape, Matrix<T>& numbers, Index column) {
  const Pixels pixels = read_pixels(path, user);
  const Shape in{channels_of(options.colors), pixels.height, pixels.width};
  if (shape.height == 0) shape = in;
  const bool fits = in == shape;
  if (!fits && !options.resize)
    throw FormatError(joined(user, ": ", path.string()),
                      joined("expected an image of ", shape.height, " x ", shape.width, " pixels, got ",
                             in.height, " x ", in.width),
                      "set .resize = true, or resize the files");
  if (numbers.rows() != shape.size()) numbers = filled<Matrix<T>>(user, shape.size(), column + 1, T(0));
  std::vector<T> whole;
  T* to = numbers.col(column).data();
  if (!fits) {
    whole.resize(static_cast<std::size_t>(in.size()));
    to = whole.data();
  }
  const std::uint8_t* from = pixels.values.data();
  for (Index p = 0; p < in.positions(); ++p, from += 3)
    if (options.colors == Colors::rgb)
      for (Index c = 0; c < 3; ++c) to[3 * p + c] = static_cast<T>(from[c]);
    else
      to[p] = static_cast<T>(0.299 * from[0] + 0.587 * from[1] + 0.114 * from[2]);
  if (!fits) resize_image(whole.data(), in, numbers.col(column).data(), shape);
  return shape;
}

}  // namespace detail

/// Reads a PNG or JPEG file as a data set of one image without a target, such as for `predict`. Pixels have values from
/// 0 to 255; transparent ones are composed on white. Gray is 0.299 red + 0.587 green + 0.114 blue. An orientation in
/// Exif data is ignored.
///
///   const Dataset photo = read_image("cat.jpg", {.height = 64, .width = 64, .resize = true});
///   predict(net, photo.inputs())
///
/// Throws   FormatError, which names the file, when it is missing, damaged, in another format, or of another size;
///          DataError for options out of range.
template <std::floating_point T = float>
Dataset<T> read_image(const std::filesystem::path& path, const ImageOptions& options = {}) {
  detail::expect_usable("read_image", options);
  Dataset<T> data;
  data.shape =
      detail::read_image_to(path, "read_image", options,
                            {detail::channels_of(options.colors), options.height, options.width}, data.x, 0);
  return data;
}

/// The PNG and JPEG files in a folder that has a folder for each class, in the order of the names. A file is read when
/// its image is asked for, so that a set may be larger than the memory:
///
///   photos/cat/1.jpg, photos/cat/2.png, photos/dog/a.jpg
///
///   const ImageFolder folder{"photos", {.height = 64, .width = 64, .resize = true}};
///   const Dataset all = folder.load();               all images
///   folder.read(batch, x, y);                        those with some indices, for Trainer::step
///
/// Files of other types, and names that begin with a dot, are left out. Pixels are those of `read_image`.
///
/// Throws   FormatError when the folder cannot be read, or has no folder or a class without images, and like read_image;
///          DataError for options out of range.
/// Example  examples/28_image_folder.cpp
template <std::floating_point T = float>
class ImageFolder {
 public:
  explicit ImageFolder(const std::filesystem::path& folder, const ImageOptions& options = {})
      : options_{options} {
    detail::expect_usable(name, options);
    for (const auto& each : listed(folder, true)) {
      const std::size_t before = files_.size();
      for (auto& file : listed(each, false)) {
        files_.push_back(std::move(file));
        labels_.push_back(static_cast<Index>(class_names_.size()));
      }
      class_names_.push_back(each.filename().string());
      if (files_.size() == before)
        fail(each, "expected PNG or JPEG files in each folder of a class, got none");
    }
    if (files_.empty()) fail(folder, "expected a folder for each class, got none");
    shape_ = {detail::channels_of(options.colors), options.height, options.width};
    if (Matrix<T> first; shape_.height == 0)
      shape_ = detail::read_image_to(files_[0], name, options_, shape_, first, 0);
  }

  Index samples() const { return static_cast<Index>(files_.size()); }
  const Shape& shape() const { return shape_; }
  const std::vector<std::string>& class_names() const { return class_names_; }
  const std::vector<std::filesystem::path>& files() const { return files_; }
  /// Returns the class of each image, [1, samples].
  Matrix<T> labels() const {
    Matrix<T> all(1, samples());
    for (Index i = 0; i < samples(); ++i) all(0, i) = static_cast<T>(labels_[static_cast<std::size_t>(i)]);
    return all;
  }

  /// Reads the images with these indices, in this order, and their classes. Throws DataError for an index without an
  /// image.
  void read(std::span<const Index> indices, Matrix<T>& x, Matrix<T>& y,
            Workers& workers = single_thread) const {
    for (const Index i : indices)
      if (i < 0 || i >= samples())
        throw_error<DataError>(name, {"expected the index of one of ", samples(), " images, got ", i},
                               "number the images from 0");
    const auto count = static_cast<Index>(indices.size());
    if (x.rows() != shape_.size() || x.cols() != count)
      x = filled<Matrix<T>>(name, shape_.size(), count, T(0));
    y.resize(1, count);
    for_parts(workers, {.count = count, .values_each = 64 * shape_.size()}, [&](const Part& part) {
      for (Index j = part.first; j < part.first + part.count; ++j) {
        const auto i = static_cast<std::size_t>(indices[static_cast<std::size_t>(j)]);
        detail::read_image_to(files_[i], name, options_, shape_, x, j);
        y(0, j) = static_cast<T>(labels_[i]);
      }
    });
  }

  /// Reads the images with these indices as a data set.
  Dataset<T> load(std::span<const Index> indices, Workers& workers = single_thread) const {
    Dataset<T> data;
    read(indices, data.x, data.y, workers);
    data.class_names = class_names_;
    data.shape = shape_;
    return data;
  }
  /// Reads all images.
  Dataset<T> load(Workers& workers = single_thread) const {
    std::vector<Index> all(files_.size());
    std::iota(all.begin(), all.end(), Index{0});
    return load(all, workers);
  }

 private:
  static constexpr std::string_view name = "ImageFolder";

  [[noreturn]] static void fail(const std::filesystem::path& path, std::string_view problem) {
    throw FormatError(detail::joined(name, ": ", path.string()), problem,
                      "pass a folder like photos, with photos/cat/1.jpg and photos/dog/1.jpg");
  }

  static bool is_image(const std::filesystem::path& file) {
    std::string type = file.extension().string();
    for (char& c : type)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return type == ".png" || type == ".jpg" || type == ".jpeg";
  }

  /// Returns the folders, or the images, in a folder.
  static std::vector<std::filesystem::path> listed(const std::filesystem::path& folder, bool folders) {
    std::vector<std::filesystem::path> all;
    std::error_code error;
    for (std::filesystem::directory_iterator each{folder, error}, end; !error && each != end;
         each.increment(error)) {
      const auto& path = each->path();
      std::error_code other;
      const bool is_wanted =
          folders ? each->is_directory(other) : each->is_regular_file(other) && is_image(path);
      if (is_wanted && !path.filename().string().starts_with('.')) all.push_back(path);
    }
    if (error) fail(folder, "expected a folder that can be read, got: " + error.message());
    std::sort(all.begin(), all.end());
    return all;
  }

  ImageOptions options_;
  Shape shape_;
  std::vector<std::string> class_names_;
  std::vector<std::filesystem::path> files_;
  std::vector<Index> labels_;
};

}  // namespace descent
