#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <vector>

#include "descent/core/dimensions.hpp"
#include "descent/core/types.hpp"
#include "descent/core/visit.hpp"

namespace descent::detail {

/// The dimensions of the transpose of a matrix, whose numbers stay where they are.
inline Dimensions transposed(const Dimensions& matrix) {
  const int fastest = matrix.fastest() == 0 ? 1 : 0;
  return {{matrix[1], matrix[0]}, {fastest, 1 - fastest}};
}

/// Copies a matrix into one of other strides, block by block: rows alone or columns alone would leave the cache with
/// every value of the other matrix.
void copy_in_blocks(auto&& to, const auto& from) {
  constexpr Index side = 32;
  for (Index j = 0; j < from.cols(); j += side)
    for (Index i = 0; i < from.rows(); i += side) {
      const Index rows = std::min(side, from.rows() - i), cols = std::min(side, from.cols() - j);
      to.block(i, j, rows, cols) = from.block(i, j, rows, cols);
    }
}

/// Calls f(in memory, in a file) with the numbers of a tensor as they are in memory and as a file has them, where the last
/// dimension varies fastest. They are matrices: of the dimension that varies fastest in memory and of the last one, for
/// each combination of the others.
template <class Number, class InFile>
void for_each_slice(const TensorView<Number>& tensor, InFile* file, auto&& f) {
  using T = std::remove_const_t<Number>;
  using Stride = Eigen::OuterStride<>;
  using Columns = std::conditional_t<std::is_const_v<Number>, const Matrix<T>, Matrix<T>>;
  using RowMajor = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Rows = std::conditional_t<std::is_const_v<InFile>, const RowMajor, RowMajor>;

  const Dimensions& sizes = tensor.dimensions;
  if (sizes.size() == 0) return;
  const std::size_t last = sizes.rank() - 1, fastest = sizes.fastest();
  const Index rows = sizes[fastest], cols = last == fastest ? 1 : sizes[last];
  for (Index slice = 0; slice < sizes.size() / (rows * cols); ++slice) {
    Index in_memory = 0, in_file = 0, step = 1, row_step = 1, rest = slice;
    for (std::size_t k = sizes.rank(); k-- > 0; step *= sizes[k]) {
      if (k == fastest) row_step = step;
      if (k == fastest || k == last) continue;
      in_memory += rest % sizes[k] * sizes.stride(k);
      in_file += rest % sizes[k] * step;
      rest /= sizes[k];
    }
    f(Eigen::Map<Columns, 0, Stride>{tensor.data + in_memory, rows, cols, Stride{sizes.stride(last)}},
      Eigen::Map<Rows, 0, Stride>{file + in_file, rows, cols, Stride{row_step}});
  }
}

/// The numbers of a tensor in row-major order.
template <class Number>
std::vector<std::remove_const_t<Number>> to_row_major(const TensorView<Number>& tensor) {
  std::vector<std::remove_const_t<Number>> numbers(static_cast<std::size_t>(tensor.size()));
  for_each_slice(tensor, numbers.data(), [](const auto& memory, auto file) { copy_in_blocks(file, memory); });
  return numbers;
}

/// Sets a tensor to numbers in row-major order.
template <class T>
void from_row_major(const std::vector<T>& numbers, const TensorView<T>& tensor) {
  for_each_slice(tensor, numbers.data(), [](auto memory, const auto& file) { copy_in_blocks(memory, file); });
}

}  // namespace descent::detail
