#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <vector>

#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The shares of neighboring numbers of a line in each number of a longer or shorter one.
struct ResizedLine {
  struct Share {
    Index first;
    std::vector<double> weights;
  };

  /// Linear interpolation between the centers of pixels; for a shorter line, the mean with a triangle as wide as two new
  /// pixels, so that no old one is skipped.
  ResizedLine(Index from, Index to) {
    const double scale = static_cast<double>(from) / static_cast<double>(to), reach = std::max(1.0, scale);
    for (Index i = 0; i < to; ++i) {
      const double center = (static_cast<double>(i) + 0.5) * scale;
      const auto begin = std::max(Index{0}, static_cast<Index>(center - reach + 0.5)),
                 end = std::min(from, static_cast<Index>(center + reach + 0.5));
      Share share{begin, {}};
      double sum = 0;
      for (Index k = begin; k < end; ++k) {
        const double weight = std::max(0.0, 1 - std::abs(static_cast<double>(k) + 0.5 - center) / reach);
        share.weights.push_back(weight);
        sum += weight;
      }
      for (double& weight : share.weights) weight /= sum;
      shares.push_back(std::move(share));
    }
  }

  std::vector<Share> shares;
};

/// Resizes an image, first each row and then each column.
///
/// Source   the bilinear filter of Pillow and of torch.nn.functional.interpolate with antialias=True
template <std::floating_point T>
void resize_image(const T* from, const Shape& in, T* to, const Shape& out) {
  const Index channels = in.channels;
  std::vector<double> rows(static_cast<std::size_t>(in.height * out.width * channels));
  const ResizedLine across{in.width, out.width}, down{in.height, out.height};
  double* number = rows.data();
  for (Index i = 0; i < in.height; ++i)
    for (const auto& [first, weights] : across.shares)
      for (Index c = 0; c < channels; ++c, ++number)
        for (std::size_t k = 0; k < weights.size(); ++k)
          *number += weights[k] *
                     static_cast<double>(from[(i * in.width + first + static_cast<Index>(k)) * channels + c]);
  const Index row = out.width * channels;
  for (const auto& [first, weights] : down.shares)
    for (Index j = 0; j < row; ++j) {
      double sum = 0;
      for (std::size_t k = 0; k < weights.size(); ++k)
        sum += weights[k] * rows[static_cast<std::size_t>((first + static_cast<Index>(k)) * row + j)];
      *to++ = static_cast<T>(sum);
    }
}

}  // namespace descent::detail
