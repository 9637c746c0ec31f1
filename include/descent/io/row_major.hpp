#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

#include "descent/core/types.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/tree/dimensions.hpp"
#include "descent/tree/leaves.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Returns the dimensions of the transpose of a matrix in the same memory.
inline Dimensions transposed(const Dimensions& matrix) {
  const int fastest = matrix.fastest() == 0 ? 1 : 0;
  return {{matrix[1], matrix[0]}, {fastest, 1 - fastest}};
}

/// Copies a matrix into one of the other storage order, block by block: by rows or columns alone, every access to one
/// of the two would be a cache miss.
template <class From>
void copy_in_blocks(auto&& to, const From& from) {
  constexpr int side = 32;
  using Block = Eigen::Matrix<typename From::Scalar, Eigen::Dynamic, Eigen::Dynamic,
                              From::IsRowMajor ? Eigen::RowMajor : Eigen::ColMajor, side, side>;
  for (Index j = 0; j < from.cols(); j += side)
    for (Index i = 0; i < from.rows(); i += side) {
      const Index rows = std::min<Index>(side, from.rows() - i),
                  cols = std::min<Index>(side, from.cols() - j);
      const Block block = from.block(i, j, rows, cols);
      to.block(i, j, rows, cols) = block;
    }
}

/// Calls f(in_memory, in_file) with matrix slices of `rows` of the first dimension of a tensor, in memory and in
/// row-major order. The rows of a slice are the dimension that varies fastest in memory, its columns the last
/// dimension; there is one slice for each combination of the other indices.
template <class Number, class T = std::remove_const_t<Number>>
void for_each_slice(const TensorView<Number>& tensor, const Part& rows, T* file, auto&& f) {
  using Stride = Eigen::OuterStride<>;
  using ColMajor = std::conditional_t<std::is_const_v<Number>, const Matrix<T>, Matrix<T>>;
  using RowMajor = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  const Dimensions& sizes = tensor.dimensions;
  const auto size = [&](std::size_t k) { return k == 0 ? rows.count : sizes[k]; };
  const std::size_t last = sizes.rank() - 1, fastest = sizes.fastest();
  Index slices = 1;
  for (std::size_t k = 0; k < sizes.rank(); ++k)
    if (k != fastest && k != last) slices *= size(k);
  for (Index slice = 0; slice < slices; ++slice) {
    Index in_memory = rows.first * sizes.stride(0), in_file = 0, step = 1, fastest_step = 1, rest = slice;
    for (std::size_t k = sizes.rank(); k-- > 0; step *= size(k)) {
      if (k == fastest) fastest_step = step;
      if (k == fastest || k == last) continue;
      in_memory += rest % size(k) * sizes.stride(k);
      in_file += rest % size(k) * step;
      rest /= size(k);
    }
    const Index height = size(fastest), width = last == fastest ? 1 : size(last);
    f(Eigen::Map<ColMajor, 0, Stride>{tensor.data + in_memory, height, width, Stride{sizes.stride(last)}},
      Eigen::Map<RowMajor, 0, Stride>{file + in_file, height, width, Stride{fastest_step}});
  }
}

/// Calls f(rows, buffer) for slabs of a few rows of the first dimension of a tensor, with a buffer for their values
/// that fits into the cache.
template <class Number>
void for_each_slab(const TensorView<Number>& tensor, auto&& f) {
  if (tensor.size() == 0) return;
  const Index rows = tensor.dimensions[0], row = tensor.size() / rows;
  const Index most = std::min(rows, std::max(Index{16}, (Index{1} << 16) / row));
  std::vector<std::remove_const_t<Number>> numbers(static_cast<std::size_t>(most * row));
  for (Index first = 0; first < rows; first += most) {
    const Part part{first, std::min(most, rows - first)};
    f(part, std::span{numbers}.first(static_cast<std::size_t>(part.count * row)));
  }
}

/// Calls take(values) with the values of a tensor in row-major order, slab by slab.
template <class Number>
void to_row_major(const TensorView<Number>& tensor, auto&& take) {
  for_each_slab(tensor, [&](const Part& rows, auto numbers) {
    for_each_slice(tensor, rows, numbers.data(),
                   [](const auto& memory, auto file) { copy_in_blocks(file, memory); });
    take(numbers);
  });
}

/// Sets a tensor to values in row-major order, for which it calls fill(values), slab by slab.
template <class T>
void from_row_major(const TensorView<T>& tensor, auto&& fill) {
  for_each_slab(tensor, [&](const Part& rows, auto numbers) {
    fill(numbers);
    for_each_slice(tensor, rows, numbers.data(),
                   [](auto memory, const auto& file) { copy_in_blocks(memory, file); });
  });
}

}  // namespace descent::detail
