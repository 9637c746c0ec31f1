#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "descent/core/options.hpp"
#include "descent/data/augment/image.hpp"

namespace descent::inline DESCENT_ABI {

/// Displaces every pixel by a smooth random field, which imitates the variation of handwriting:
///
///   displacement = alpha * (Gaussian of standard deviation sigma, convolved with uniform noise in [-1, 1])
///
/// in each direction; outside of the image the noise is 0. A small sigma crumples, a large one only shifts. For
/// sigma = 4 a pixel moves by about 0.04 alpha. Interpolation is bilinear, with 0 outside of the image.
///
/// Throws   DataError for a negative alpha, or a sigma that is not positive.
/// Cost     about 24 sigma multiplications per pixel, for the convolutions.
/// Source   Simard, Steinkraus, Platt: Best practices for convolutional neural networks applied to visual document
///          analysis (ICDAR 2003)
struct ElasticDistortion {
  double alpha = 34;
  double sigma = 4;

  void check() const {
    expect_not_negative({"ElasticDistortion", "alpha", alpha});
    expect_positive({"ElasticDistortion", "sigma", sigma});
  }

  template <class T>
  void operator()(Image<T> image, Rng& rng, std::vector<T>& scratch) const {
    check();
    // Layout of scratch: the old image for resample, displacements right and down, a temporary field, the kernel.
    using Line = Eigen::Map<Vector<T>>;
    const Index height = image.height(), width = image.width(), positions = height * width;
    const auto reach =
        static_cast<Index>(std::min(std::ceil(3 * sigma), static_cast<double>(std::max(height, width))));
    scratch.resize(static_cast<std::size_t>(image.size() + 3 * positions + 2 * reach + 1));
    T* const right = scratch.data() + image.size();
    T* const down = right + positions;
    T* const field = down + positions;
    Line kernel{field + positions, 2 * reach + 1};
    fill(kernel, reach);

    for (T* const displacement : {right, down}) {
      const auto line = [&](T* of, Index row) { return Line{of + width * row, width}; };
      for (Index i = 0; i < positions; ++i) displacement[i] = static_cast<T>(alpha * (2 * rng.uniform() - 1));
      for (Index row = 0; row < height; ++row)
        for (Index column = 0; column < width; ++column) {
          const Index first = std::max(Index{0}, column - reach),
                      count = std::min(width, column + reach + 1) - first;
          field[column + width * row] = kernel.segment(first - column + reach, count)
                                            .dot(line(displacement, row).segment(first, count));
        }
      // A plain loop, like the sum in fill: in Eigen the last bit may depend on the alignment of the memory.
      for (Index row = 0; row < height; ++row) {
        T* const to = displacement + width * row;
        std::fill_n(to, width, T(0));
        for (Index i = std::max(Index{0}, row - reach); i < std::min(height, row + reach + 1); ++i)
          for (Index column = 0; column < width; ++column)
            to[column] += kernel[i - row + reach] * field[column + width * i];
      }
    }
    detail::resample(image, scratch, [&](Index column, Index row) {
      const Index i = column + width * row;
      return detail::ImagePoint{static_cast<double>(column) + static_cast<double>(right[i]),
                                static_cast<double>(row) + static_cast<double>(down[i])};
    });
  }

 private:
  /// Sets `kernel` to a Gaussian centered at `reach` that sums to 1.
  template <class T>
  void fill(Eigen::Map<Vector<T>>& kernel, Index reach) const {
    T sum = 0;
    for (Index i = 0; i < kernel.size(); ++i) {
      const double x = static_cast<double>(i - reach) / sigma;
      sum += kernel[i] = static_cast<T>(std::exp(-x * x / 2));
    }
    kernel /= sum;
  }
};

}  // namespace descent
