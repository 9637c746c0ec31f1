#pragma once

#include <utility>
#include <vector>

#include "descent/core/options.hpp"
#include "descent/data/augment/image.hpp"

namespace descent::inline DESCENT_ABI {

/// Changes brightness, contrast and saturation of an image at random, each by a factor uniform in [1 - s, 1 + s] for its
/// strength s, in this order:
///
///   brightness    x * factor
///   contrast      mean + (x - mean) * factor, for the mean gray of the image
///   saturation    gray + (x - gray) * factor, for the gray of each pixel; images of three channels only
///
/// Gray is 0.299 red + 0.587 green + 0.114 blue, or the channel of a gray image. Black must be 0, so normalize after it;
/// values may leave the range of the image.
///
/// Throws   DataError for a strength that is not in [0, 1).
/// Source   Howard: Some Improvements on Deep Convolutional Neural Network Based Image Classification (2013)
/// Example  examples/28_image_folder.cpp
struct ColorJitter {
  double brightness = 0.2;
  double contrast = 0.2;
  double saturation = 0.2;

  void check() const {
    for (const auto& [name, value] :
         {std::pair{"brightness", brightness}, {"contrast", contrast}, {"saturation", saturation}})
      expect_share({"ColorJitter", name, value, "choose 0.2 for factors from 0.8 to 1.2"});
  }

  template <class T>
  void operator()(Image<T> image, Rng& rng, std::vector<T>&) const {
    check();
    const auto factor = [&](double strength) {
      return static_cast<T>(1 + strength * (2 * rng.uniform() - 1));
    };
    const T bright = factor(brightness), contrasted = factor(contrast), saturated = factor(saturation);
    const Index channels = image.channels(), pixels = image.height() * image.width();
    const bool is_color = channels == 3;
    const auto gray = [&](const T* pixel) {
      return is_color ? T(0.299) * pixel[0] + T(0.587) * pixel[1] + T(0.114) * pixel[2] : pixel[0];
    };
    T mean = 0;
    for (T& value : image) value *= bright;
    for (Index p = 0; p < pixels; ++p) mean += gray(image.begin() + p * channels);
    mean /= static_cast<T>(pixels);
    for (T& value : image) value = mean + (value - mean) * contrasted;
    for (Index p = 0; is_color && p < pixels; ++p) {
      T* const pixel = image.begin() + 3 * p;
      const T level = gray(pixel);
      for (Index c = 0; c < 3; ++c) pixel[c] = level + (pixel[c] - level) * saturated;
    }
  }
};

}  // namespace descent
