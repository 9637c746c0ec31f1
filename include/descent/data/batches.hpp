#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "descent/core/random.hpp"
#include "descent/core/types.hpp"

namespace descent {

/// The samples one after another.
inline std::vector<Index> plain_order(Index samples) {
  std::vector<Index> order(static_cast<std::size_t>(samples));
  std::iota(order.begin(), order.end(), Index{0});
  return order;
}

/// The order in which an epoch takes the samples: shuffled anew for each, and a pure function of its number.
inline std::vector<Index> shuffled_order(Index samples, std::uint64_t seed, std::int64_t epoch) {
  std::vector<Index> order = plain_order(samples);
  Rng rng{seed, Purpose::shuffle, static_cast<std::uint32_t>(epoch)};
  rng.shuffle(order);
  return order;
}

/// Mini-batch number `i` of an order; the last one is smaller where the batch size does not divide it.
inline std::span<const Index> mini_batch(std::span<const Index> order, Index batch_size, Index i) {
  const auto first = static_cast<std::size_t>(i * batch_size);
  return order.subspan(first, std::min(static_cast<std::size_t>(batch_size), order.size() - first));
}

/// How many mini-batches an epoch has.
inline Index batch_count(Index samples, Index batch_size) { return (samples + batch_size - 1) / batch_size; }

/// Copies the columns with these numbers side by side; allocates only when the shape of `out` changes.
template <std::floating_point T>
void gather(const Matrix<T>& from, std::span<const Index> columns, Matrix<T>& out) {
  out.resize(from.rows(), static_cast<Index>(columns.size()));
  for (Index j = 0; j < out.cols(); ++j)
    std::copy_n(from.data() + columns[static_cast<std::size_t>(j)] * from.rows(), from.rows(),
                out.data() + j * from.rows());
}

}  // namespace descent
