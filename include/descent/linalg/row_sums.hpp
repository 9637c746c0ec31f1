#pragma once

#include <Eigen/Core>
#include <concepts>

#include "descent/core/batch.hpp"
#include "descent/core/types.hpp"
#include "descent/parallel/parts.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

/// Computes the sums of as many rows as a packet has numbers; columns have a distance of `stride`. Even and odd columns
/// are added separately: an addition waits for the one before it.
template <class Packet, std::floating_point T>
void sum_packet_of_rows(const T* from, Index stride, Index columns, T* sums) {
  using namespace Eigen::internal;
  Packet even = pset1<Packet>(T(0)), odd = even;
  Index j = 0;
  for (; j + 1 < columns; j += 2) {
    even = padd(even, ploadu<Packet>(from + j * stride));
    odd = padd(odd, ploadu<Packet>(from + (j + 1) * stride));
  }
  if (j < columns) even = padd(even, ploadu<Packet>(from + j * stride));
  pstoreu(sums, padd(even, odd));
}

template <std::floating_point T>
[[gnu::noinline]] void sum_rows(const Batch<T>& a, const Part& rows, T* sums) {
  using Traits = Eigen::internal::packet_traits<T>;
  const Index end = rows.first + rows.count;
  Index i = rows.first;
  for (; i + Traits::size <= end; i += Traits::size)
    sum_packet_of_rows<typename Traits::type>(a.data() + i, a.rows(), a.cols(), sums + i);
  for (; i < end; ++i) sum_packet_of_rows<T>(a.data() + i, a.rows(), a.cols(), sums + i);
}

}  // namespace detail

/// Computes the sums of the rows of a matrix, such as the gradient of a bias, in parallel.
template <std::floating_point T>
void row_sums(const Batch<T>& a, T* sums, Workers& workers) {
  for_parts(workers, {.count = a.rows(), .values_each = a.cols(), .multiple = 16},
            [&](const Part& rows) { detail::sum_rows(a, rows, sums); });
}
/// Computes the same into a vector, which is resized.
template <std::floating_point T>
void row_sums(const Batch<T>& a, Vector<T>& sums, Workers& workers = single_thread) {
  sums.resize(a.rows());
  row_sums(a, sums.data(), workers);
}

}  // namespace descent
