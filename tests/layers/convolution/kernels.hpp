#pragma once

#include <descent/descent.hpp>

#include "golden.hpp"

/// Kernels and images for the tests of convolutions.
namespace kernels {

using namespace descent;

inline Extent extent(const golden::Json& pair) { return {pair.at(0), pair.at(1)}; }

/// Returns a kernel [out, in, height, width] as a matrix in the layout of the weight.
inline Matrix<double> kernel(const golden::Json& tensor) {
  const auto& shape = tensor.at("shape");
  const Index out = shape.at(0), in = shape.at(1), height = shape.at(2), width = shape.at(3);
  Matrix<double> weight(out, in * height * width);
  std::size_t next = 0;
  for (Index o = 0; o < out; ++o)
    for (Index c = 0; c < in; ++c)
      for (Index u = 0; u < height; ++u)
        for (Index v = 0; v < width; ++v) weight(o, (u * width + v) * in + c) = tensor.at("data").at(next++);
  return weight;
}

/// Returns normal numbers.
template <class T>
Matrix<T> some_numbers(Index rows, Index cols, std::uint64_t seed) {
  Rng rng{seed};
  Matrix<T> x(rows, cols);
  for (T& v : x.reshaped()) v = static_cast<T>(rng.normal());
  return x;
}

/// Returns the padding {top, left, bottom, right} of a case.
inline Padding padding(const golden::Json& p) { return {p.at(0), p.at(1), p.at(2), p.at(3)}; }

}  // namespace kernels
