#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// The logical dimensions of a parameter, as in files and in ONNX, and the order in which they vary in memory.
///
///   Dimensions{8, 3}                                 [8, 3], the first varies fastest, as in a matrix of 8 x 3
///   Dimensions{{8, 3, 5, 5}, {0, 1, 3, 2}}           [8, 3, 5, 5], from the one that varies fastest to the slowest
class Dimensions {
 public:
  static constexpr std::size_t most = 5;

  /// No dimensions: the parameter has those of its matrix or vector.
  Dimensions() = default;
  Dimensions(std::initializer_list<Index> sizes) {
    for (const Index size : sizes) append(size);
  }
  Dimensions(std::initializer_list<Index> sizes, std::initializer_list<int> fastest_first)
      : Dimensions{sizes} {
    std::size_t k = 0;
    for (const int dimension : fastest_first)
      if (k < rank_) order_[k++] = static_cast<std::uint8_t>(dimension);
  }

  /// Appends a dimension that varies slowest in memory. Does nothing if there are already `most`.
  void append(Index size) {
    if (rank_ == most) return;
    sizes_[rank_] = size;
    order_[rank_] = rank_;
    ++rank_;
  }

  std::size_t rank() const { return rank_; }
  Index operator[](std::size_t dimension) const { return sizes_[dimension]; }
  /// Returns the dimension that varies fastest in memory.
  std::size_t fastest() const { return order_[0]; }
  /// Returns the product of the sizes.
  Index size() const {
    Index product = 1;
    for (std::size_t k = 0; k < rank_; ++k) product *= sizes_[k];
    return product;
  }
  /// Returns the distance in memory between consecutive numbers along a dimension.
  Index stride(std::size_t dimension) const {
    Index product = 1;
    for (std::size_t k = 0; k < rank_ && order_[k] != dimension; ++k) product *= sizes_[order_[k]];
    return product;
  }

  friend bool operator==(const Dimensions&, const Dimensions&) = default;

 private:
  std::array<Index, most> sizes_{};
  std::array<std::uint8_t, most> order_{};
  std::uint8_t rank_ = 0;
};

}  // namespace descent
