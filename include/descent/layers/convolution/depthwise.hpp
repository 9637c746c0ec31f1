#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <type_traits>

#include "descent/core/types.hpp"
#include "descent/core/window.hpp"

// A convolution with a kernel for each channel. Its vectors hold neighboring channels, so there is nothing to pack.

namespace descent::inline DESCENT_ABI::detail {

/// Returns the number of lanes of a vector. (g++ warns of the attributes of vectors as arguments of Eigen's traits, but
/// not of their names as template parameters.)
template <class Packet>
constexpr Index lanes_of() {
  return Eigen::internal::unpacket_traits<Packet>::size;
}

/// Calls f(null pointer to a vector, first channel) for vectors that cover the channels: the largest that fits, of which
/// the last may overlap the one before it.
template <class T, class Packet = typename Eigen::internal::packet_traits<T>::type>
void for_vectors(Index channels, auto&& f) {
  constexpr Index lanes = lanes_of<Packet>();
  if constexpr (lanes > 1)
    if (channels < lanes) {
      using Smaller = typename Eigen::internal::unpacket_traits<Packet>::half;
      if constexpr (lanes_of<Smaller>() < lanes)
        return for_vectors<T, Smaller>(channels, f);
      else
        return for_vectors<T, T>(channels, f);
    }
  for (Index c = 0; c < channels; c += lanes)
    f(static_cast<const Packet*>(nullptr), std::min(c, channels - lanes));
}

/// The position of an image in a larger one of zeros: pixel (i, j) is at row top + i step.height and column
/// left + j step.width. Pixels outside of the larger one are left out.
struct Placement {
  Shape in, image;
  Index top, left;
  Extent step;

  /// Makes the larger image.
  template <class T>
  void copy(const T* from, T* to) const {
    const Index row = image.width * image.channels;
    std::fill_n(to, image.size(), T(0));
    const auto first = [](Index begin, Index stride) {
      return begin >= 0 ? Index{0} : (-begin + stride - 1) / stride;
    };
    const Index j = first(left, step.width);
    const Index end = std::min(in.width, (image.width - left + step.width - 1) / step.width);
    if (end <= j) return;
    for (Index i = first(top, step.height); i < in.height; ++i) {
      const Index at = top + i * step.height;
      if (at >= image.height) break;
      const T* pixels = from + (i * in.width + j) * in.channels;
      T* place = to + at * row + (left + j * step.width) * in.channels;
      if (step.width == 1) {
        std::copy_n(pixels, (end - j) * in.channels, place);
        continue;
      }
      for (Index k = j; k < end; ++k, pixels += in.channels, place += step.width * in.channels)
        std::copy_n(pixels, in.channels, place);
    }
  }
};

/// The sums of a depthwise convolution, whose weight and gradient are [channels, taps].
template <class T>
struct Depthwise {
  Extent kernel, stride, dilation;
  Index channels;
  Index row;    // numbers in a row of the image, with its padding if that is stored
  Index width;  // of the output

  /// Computes `count` neighboring outputs; `x` is the window of the first. Without a bias it is null.
  void convolve(const T* x, const T* w, const T* bias, Index count, T* y) const {
    for_vectors<T>(channels, [&]<class P>(const P*, Index c) {
      const T* b = bias == nullptr ? nullptr : bias + c;
      is_3x3() ? convolve_3x3<P>(x + c, w + c, b, count, y + c)
               : convolve_any<P>(x + c, w + c, b, count, y + c);
    });
  }
  /// Computes a row of the output from an image whose padding is not stored; its windows begin at the row `top`.
  void convolve_padded(const T* x, const Shape& image, Index top, Index left, const T* w, const T* bias,
                       T* y) const {
    const Taps rows = inside(top, kernel.height, dilation.height, image.height);
    Depthwise part = *this;  // the rows of the kernel that are inside of the image
    part.kernel.height = rows.end - rows.first;
    x += (top + rows.first * dilation.height) * row;
    w += rows.first * kernel.width * channels;
    // The outputs whose windows have all columns inside of the image.
    const Index last = image.width + left - (kernel.width - 1) * dilation.width - 1;
    const Index end = last < 0 ? 0 : std::min(width, last / stride.width + 1);
    const Index begin = std::min(end, (left + stride.width - 1) / stride.width);
    part.convolve(x + (begin * stride.width - left) * channels, w, bias, end - begin, y + begin * channels);
    for (Index j = begin > 0 ? 0 : end; j < width; j = j + 1 == begin ? end : j + 1) {
      const Index at = j * stride.width - left;
      const Taps columns = inside(at, kernel.width, dilation.width, image.width);
      for_vectors<T>(channels, [&]<class P>(const P*, Index c) {
        P sum = bias == nullptr ? Eigen::internal::pset1<P>(T(0)) : load<P>(bias + c);
        for (Index u = 0; u < part.kernel.height; ++u)
          for (Index v = columns.first; v < columns.end; ++v)
            sum = Eigen::internal::pmadd(
                load<P>(x + u * dilation.height * row + (at + v * dilation.width) * channels + c),
                load<P>(w + (u * kernel.width + v) * channels + c), sum);
        Eigen::internal::pstoreu(y + j * channels + c, sum);
      });
    }
  }
  /// Adds the sums over some rows of the output to the gradient of the weight.
  void add_weight_gradient(const T* x, const T* dy, Index rows, T* dw) const {
    for_vectors<T>(channels, [&]<class P>(const P*, Index c) {
      // The vectors at the end overlap, and those of one channel must be added once.
      constexpr Index lanes = lanes_of<P>();
      const Index repeated = (lanes - channels % lanes) % lanes;
      const Index skip = c > 0 && c + lanes == channels ? repeated : 0;
      is_3x3() ? add_gradient_3x3<P>(x + c, dy + c, rows, dw + c, skip)
               : add_gradient_any<P>(x + c, dy + c, rows, dw + c, skip);
    });
  }

 private:
  struct Taps {
    Index first, end;
  };
  /// The taps inside of `size` pixels, of `count` taps from the pixel `begin` on.
  static Taps inside(Index begin, Index count, Index dilation, Index size) {
    const Index first = begin >= 0 ? 0 : std::min(count, (-begin + dilation - 1) / dilation);
    return {first,
            begin >= size ? first : std::max(first, std::min(count, (size - 1 - begin) / dilation + 1))};
  }
  bool is_3x3() const { return kernel == Extent{3} && stride.width <= 2 && dilation.width == 1; }

  template <class P>
  static P load(const T* from) {
    return Eigen::internal::ploadu<P>(from);
  }
  /// Adds the lanes of a vector but the first `skip`.
  template <class P>
  static void add(const P& sum, T* to, Index skip) {
    constexpr Index lanes = lanes_of<P>();
    T all[lanes];
    Eigen::internal::pstoreu(all, sum);
    for (Index i = skip; i < lanes; ++i) to[i] += all[i];
  }

  /// Computes `outputs` neighboring outputs from the same numbers, with the kernel in registers.
  template <int step, int outputs, class P>
  void convolve_3x3(const T* x, const P (&w)[9], const P& bias, T* y) const {
    using namespace Eigen::internal;
    P sums[outputs];
#pragma GCC unroll 4
    for (int b = 0; b < outputs; ++b) sums[b] = bias;
#pragma GCC unroll 3
    for (int u = 0; u < 3; ++u) {
      const T* const from = x + u * dilation.height * row;
      constexpr int count = step * (outputs - 1) + 3;
      P numbers[count];
#pragma GCC unroll 9
      for (int k = 0; k < count; ++k) numbers[k] = load<P>(from + k * channels);
#pragma GCC unroll 3
      for (int v = 0; v < 3; ++v)
#pragma GCC unroll 4
        for (int b = 0; b < outputs; ++b) sums[b] = pmadd(numbers[step * b + v], w[3 * u + v], sums[b]);
    }
#pragma GCC unroll 4
    for (int b = 0; b < outputs; ++b) pstoreu(y + b * channels, sums[b]);
  }
  template <class P>
  [[gnu::noinline]] void convolve_3x3(const T* x, const T* weight, const T* bias, Index count, T* y) const {
    P w[9];
#pragma GCC unroll 9
    for (int tap = 0; tap < 9; ++tap) w[tap] = load<P>(weight + tap * channels);
    const P b = bias == nullptr ? Eigen::internal::pset1<P>(T(0)) : load<P>(bias);
    const auto convolve_row = [&]<int step>(std::integral_constant<int, step>) {
      Index j = 0;
      for (; j + 4 <= count; j += 4) convolve_3x3<step, 4>(x + step * j * channels, w, b, y + j * channels);
      for (; j < count; ++j) convolve_3x3<step, 1>(x + step * j * channels, w, b, y + j * channels);
    };
    stride.width == 1 ? convolve_row(std::integral_constant<int, 1>{})
                      : convolve_row(std::integral_constant<int, 2>{});
  }

  template <class P, int outputs>
  void convolve_any(const T* x, const T* w, const P& bias, T* y) const {
    using namespace Eigen::internal;
    P sums[outputs];
    const Index step = stride.width * channels;
#pragma GCC unroll 4
    for (int b = 0; b < outputs; ++b) sums[b] = bias;
    for (Index u = 0; u < kernel.height; ++u) {
      const T* from = x + u * dilation.height * row;
      for (Index v = 0; v < kernel.width; ++v, from += dilation.width * channels, w += channels) {
        const P factor = load<P>(w);
#pragma GCC unroll 4
        for (int b = 0; b < outputs; ++b) sums[b] = pmadd(load<P>(from + b * step), factor, sums[b]);
      }
    }
#pragma GCC unroll 4
    for (int b = 0; b < outputs; ++b) pstoreu(y + b * channels, sums[b]);
  }
  template <class P>
  [[gnu::noinline]] void convolve_any(const T* x, const T* w, const T* bias, Index count, T* y) const {
    const P b = bias == nullptr ? Eigen::internal::pset1<P>(T(0)) : load<P>(bias);
    const Index step = stride.width * channels;
    Index j = 0;
    for (; j + 4 <= count; j += 4) convolve_any<P, 4>(x + j * step, w, b, y + j * channels);
    for (; j < count; ++j) convolve_any<P, 1>(x + j * step, w, b, y + j * channels);
  }

  template <int step, int outputs, class P>
  void add_products_3x3(const T* x, const T* dy, P (&sums)[9]) const {
    using namespace Eigen::internal;
    P slopes[outputs];
#pragma GCC unroll 4
    for (int b = 0; b < outputs; ++b) slopes[b] = load<P>(dy + b * channels);
#pragma GCC unroll 3
    for (int u = 0; u < 3; ++u) {
      const T* const from = x + u * dilation.height * row;
      constexpr int count = step * (outputs - 1) + 3;
      P numbers[count];
#pragma GCC unroll 9
      for (int k = 0; k < count; ++k) numbers[k] = load<P>(from + k * channels);
#pragma GCC unroll 4
      for (int b = 0; b < outputs; ++b)
#pragma GCC unroll 3
        for (int v = 0; v < 3; ++v)
          sums[3 * u + v] = pmadd(numbers[step * b + v], slopes[b], sums[3 * u + v]);
    }
  }
  template <class P>
  [[gnu::noinline]] void add_gradient_3x3(const T* x, const T* dy, Index rows, T* dw, Index skip) const {
    P sums[9];
#pragma GCC unroll 9
    for (int tap = 0; tap < 9; ++tap) sums[tap] = Eigen::internal::pset1<P>(T(0));
    const auto add_rows = [&]<int step>(std::integral_constant<int, step>) {
      for (Index i = 0; i < rows; ++i, x += stride.height * row, dy += width * channels) {
        Index j = 0;
        for (; j + 4 <= width; j += 4)
          add_products_3x3<step, 4>(x + step * j * channels, dy + j * channels, sums);
        for (; j < width; ++j) add_products_3x3<step, 1>(x + step * j * channels, dy + j * channels, sums);
      }
    };
    stride.width == 1 ? add_rows(std::integral_constant<int, 1>{})
                      : add_rows(std::integral_constant<int, 2>{});
#pragma GCC unroll 9
    for (int tap = 0; tap < 9; ++tap) add<P>(sums[tap], dw + tap * channels, skip);
  }

  template <class P>
  [[gnu::noinline]] void add_gradient_any(const T* x, const T* dy, Index rows, T* dw, Index skip) const {
    for (Index u = 0; u < kernel.height; ++u)
      for (Index v = 0; v < kernel.width; ++v, dw += channels) {
        const T* from = x + u * dilation.height * row + v * dilation.width * channels;
        P even = Eigen::internal::pset1<P>(T(0)), odd = even;
        for (Index i = 0; i < rows; ++i, from += stride.height * row) {
          const T *pixel = from, *slope = dy + i * width * channels;
          for (Index j = 0; j < width; ++j, pixel += stride.width * channels, slope += channels) {
            even = Eigen::internal::pmadd(load<P>(pixel), load<P>(slope), even);
            std::swap(even, odd);
          }
        }
        add<P>(Eigen::internal::padd(even, odd), dw, skip);
      }
  }
};

}  // namespace descent::detail
