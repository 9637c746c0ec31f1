#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <exception>
#include <span>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/parallel/parts.hpp"

namespace descent::inline DESCENT_ABI {

/// Returns the indices 0, 1, ..., samples - 1. Throws DataError for a negative number of samples, or for more than fit
/// into memory.
inline std::vector<Index> plain_order(Index samples) {
  if (samples < 0)
    throw_error<DataError>("plain_order", {"expected 0 samples or more, got ", samples},
                           "pass the number of samples");
  try {
    std::vector<Index> order(static_cast<std::size_t>(samples));
    Index next = 0;
    for (Index& sample : order) sample = next++;
    return order;
  } catch (const std::exception&) {  // std::bad_alloc or std::length_error
    throw_error<DataError>("plain_order",
                           {"expected an order that fits into memory, got ", samples, " samples"},
                           "choose fewer samples");
  }
}

/// Returns the random order of the samples in an epoch, a pure function of the seed and the number of the epoch.
/// Throws like plain_order.
inline std::vector<Index> shuffled_order(Index samples, std::uint64_t seed, std::int64_t epoch) {
  std::vector<Index> order = plain_order(samples);
  Rng rng{seed, Purpose::shuffle, static_cast<std::uint32_t>(epoch)};
  rng.shuffle(order);
  return order;
}

/// Returns the number of mini-batches in an epoch. Throws DataError unless the batch size is positive.
inline Index batch_count(Index samples, Index batch_size) {
  if (batch_size < 1)
    throw_error<DataError>("batch_count", {"expected a batch size of at least 1, got ", batch_size},
                           "choose a positive batch size, such as 32");
  return samples / batch_size + (samples % batch_size > 0 ? 1 : 0);
}

/// Returns mini-batch `i` of an order; the last one is smaller if the number of samples is not a multiple of the batch
/// size. Throws DataError if `i` is out of range.
inline std::span<const Index> mini_batch(std::span<const Index> order, Index batch_size, Index i) {
  const Index count = batch_count(static_cast<Index>(order.size()), batch_size);
  if (i < 0 || i >= count)
    throw_error<DataError>("mini_batch", {"expected the index of one of ", count, " mini-batches, got ", i},
                           "number the mini-batches from 0");
  const auto first = static_cast<std::size_t>(i * batch_size);
  return order.subspan(first, std::min(static_cast<std::size_t>(batch_size), order.size() - first));
}

/// Copies the columns with these indices into `out`; allocates only when its shape changes. Throws DataError for an
/// index that is out of range.
template <std::floating_point T>
void gather(const Matrix<T>& from, std::span<const Index> columns, Matrix<T>& out,
            Workers& workers = single_thread) {
  out.resize(from.rows(), static_cast<Index>(columns.size()));
  const auto copy = [&](Index j) {
    const Index column = columns[static_cast<std::size_t>(j)];
    if (column < 0 || column >= from.cols())
      throw_error<DataError>("gather",
                             {"expected the index of one of ", from.cols(), " columns, got ", column},
                             "number the columns from 0");
    std::copy_n(from.data() + column * from.rows(), from.rows(), out.data() + j * from.rows());
  };
  for_columns(workers, out.rows(), out.cols(), FunctionRef<void(Index)>{copy});
}

/// Copies the weights of the samples with these indices into `out`; if `from` is empty, so is `out`. Throws DataError
/// for an index that is out of range.
template <std::floating_point T>
void gather(const Vector<T>& from, std::span<const Index> samples, Vector<T>& out) {
  out.resize(from.size() == 0 ? 0 : static_cast<Index>(samples.size()));
  for (Index j = 0; j < out.size(); ++j) {
    const Index sample = samples[static_cast<std::size_t>(j)];
    if (sample < 0 || sample >= from.size())
      throw_error<DataError>("gather",
                             {"expected the index of one of ", from.size(), " weights, got ", sample},
                             "number the samples from 0");
    out[j] = from[sample];
  }
}

/// Copies the lengths of the sequences with these indices into `out`; if `from` is empty, so is `out`. Throws DataError
/// for an index that is out of range.
inline void gather(std::span<const Index> from, std::span<const Index> samples, std::vector<Index>& out) {
  out.resize(from.empty() ? 0 : samples.size());
  for (std::size_t j = 0; j < out.size(); ++j) {
    if (samples[j] < 0 || samples[j] >= static_cast<Index>(from.size()))
      throw_error<DataError>("gather",
                             {"expected the index of one of ", from.size(), " lengths, got ", samples[j]},
                             "number the samples from 0");
    out[j] = from[static_cast<std::size_t>(samples[j])];
  }
}

}  // namespace descent
