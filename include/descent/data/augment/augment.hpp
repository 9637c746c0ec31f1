#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/data/augment/image.hpp"
#include "descent/parallel/parts.hpp"

namespace descent::inline DESCENT_ABI {

/// Applies random transforms to the images of a batch, one after another. Labels are unchanged. The shape is usually
/// `Dataset::shape`, which image readers set.
///
///   const Augment augment{train.shape, RandomFlip{}, RandomAffine{.degrees = 10, .pixels = 2}};
///   augment(x, samples, seed, epoch);        // x holds the samples with these indices
///
/// The transformation of a sample depends only on its index, the seed and the epoch, not on its batch or the order. A
/// transform is any `ImageTransform`, such as a lambda.
///
/// Shapes   x [channels * width * height, m]   samples [m]
/// Throws   DataError from the constructor for invalid options; ShapeError if the columns do not have the size of the
///          shape, or the number of indices differs from theirs.
/// Cost     one pass over the image for each transform; allocates the memory of one image per call, or none if the
///          caller keeps `scratch`.
/// Example  examples/09_augmentation.cpp
template <class... Transforms>
class Augment {
 public:
  explicit Augment(const Shape& shape, Transforms... transforms)
      : shape_{shape}, transforms_{std::move(transforms)...} {
    if (shape.size() == 0)
      throw ShapeError(name,
                       detail::joined("expected an image of at least one pixel, got ", shape.channels,
                                      " channels, ", shape.height, " x ", shape.width),
                       "pass the shape of the images, or set that of the data: train.shape = {1, 28, 28}");
    const auto check = [](const auto& transform) {
      if constexpr (requires { transform.check(); }) transform.check();
    };
    std::apply([&](const auto&... transform) { (check(transform), ...); }, transforms_);
  }

  template <std::floating_point T>
    requires(ImageTransform<Transforms, T> && ...)
  void operator()(Matrix<T>& x, std::span<const Index> samples, std::uint64_t seed, std::int64_t epoch,
                  Workers& workers = single_thread) const {
    expect_features(name, shape_.size(), x.rows());
    if (static_cast<Index>(samples.size()) != x.cols())
      throw ShapeError(
          name,
          detail::joined("expected one index for each of the ", x.cols(), " images, got ", samples.size()),
          "pass the sample indices of the batch");
    for_columns(workers, x.rows(), x.cols(), [&](Index j) {
      thread_local std::vector<T> scratch;
      const auto sample = static_cast<std::uint64_t>(samples[static_cast<std::size_t>(j)]);
      const RandomBlock key =
          philox(seed, {static_cast<std::uint32_t>(Purpose::augment), static_cast<std::uint32_t>(epoch),
                        static_cast<std::uint32_t>(sample), static_cast<std::uint32_t>(sample >> 32)});
      const std::uint64_t own_seed = (std::uint64_t{key[1]} << 32) | key[0];
      const Image<T> image{x.col(j).data(), shape_};
      std::apply(
          [&](const auto&... transform) {
            std::uint32_t position = 0;
            const auto run = [&](const auto& each) {
              Rng rng{own_seed, Purpose::augment, position++};
              each(image, rng, scratch);
            };
            (run(transform), ...);
          },
          transforms_);
    });
  }

 private:
  static constexpr std::string_view name = "Augment";
  Shape shape_;
  std::tuple<Transforms...> transforms_;
};

}  // namespace descent
