#pragma once

#include <mpi.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/core/types.hpp"
#include "descent/parallel/communicator.hpp"
#include "descent/parallel/parts.hpp"

namespace descent::inline DESCENT_ABI {

/// The processes of an MPI communicator, by default all that `mpirun` started.
///
///   Mpi mpi;
///   MpiCommunicator world;
///   fit(net, shard, SoftmaxCrossEntropy{}, Adam{}, {.communicator = &world});
///
/// MPI must be initialized, by an `Mpi` or by the program. Sums are computed in the order of the ranks, each rank for a
/// segment of the numbers: the ranks exchange segments, sum, and exchange the sums.
///
/// Throws   Error when a call of MPI fails.
/// Cost     a rank sends and receives 2 (N - 1) / N of the numbers for a sum over N ranks, as a ring does
/// Source   Rabenseifner: Optimization of collective reduction operations (ICCS 2004)
/// Example  examples/16_mpi.cpp
class MpiCommunicator final : public Communicator {
 public:
  /// Copies the communicator, so that messages of the program and of the library are separate.
  explicit MpiCommunicator(MPI_Comm of = MPI_COMM_WORLD) {
    int initialized = 0;
    MPI_Initialized(&initialized);
    if (initialized == 0)
      throw_error<Error>("MpiCommunicator", {"expected MPI to be initialized"}, "construct an Mpi before");
    MPI_Comm_dup(of, &comm_);
    MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN);
    MPI_Comm_rank(comm_, &rank_);
    MPI_Comm_size(comm_, &size_);
  }
  /// Leaves the copy to MPI while an exception is handled, since the other ranks may not arrive here.
  ~MpiCommunicator() {
    if (std::uncaught_exceptions() == exceptions_) MPI_Comm_free(&comm_);
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  void all_reduce_sum(std::span<float> numbers) override { sum_in_blocks(numbers, float_numbers_); }
  void all_reduce_sum(std::span<double> numbers) override { sum_in_blocks(numbers, double_numbers_); }

  std::int64_t max(std::int64_t number) override {
    check(MPI_Allreduce(MPI_IN_PLACE, &number, 1, MPI_INT64_T, MPI_MAX, comm_), "MPI_Allreduce");
    return number;
  }

  void all_gather(std::string_view bytes, FunctionRef<void(std::string_view)> take) override {
    const unsigned long long own = bytes.size();
    std::vector<unsigned long long> sizes(count());
    check(MPI_Allgather(&own, 1, MPI_UNSIGNED_LONG_LONG, sizes.data(), 1, MPI_UNSIGNED_LONG_LONG, comm_),
          "MPI_Allgather");
    std::string other;
    for (int root = 0; root < size_; ++root) {  // one by one, so that no length exceeds those of MPI
      if (root == rank_)
        other = bytes;
      else
        other.resize(static_cast<std::size_t>(sizes[static_cast<std::size_t>(root)]));
      broadcast_bytes(other, root);
      take(other);
    }
  }

  void broadcast(std::string& bytes) override {
    unsigned long long size = bytes.size();
    check(MPI_Bcast(&size, 1, MPI_UNSIGNED_LONG_LONG, 0, comm_), "MPI_Bcast");
    bytes.resize(static_cast<std::size_t>(size));
    broadcast_bytes(bytes, 0);
  }

  void barrier() override { check(MPI_Barrier(comm_), "MPI_Barrier"); }

  /// Prints the message of the exception on the standard error and ends the job with status 1.
  void end_all() override {
    if (size_ == 1) return;
    try {
      throw;
    } catch (const std::exception& error) {
      std::fputs(detail::joined({"rank ", rank_, " of ", size_, ": ", error.what(), '\n'}).c_str(), stderr);
    } catch (...) {
      std::fputs(detail::joined({"rank ", rank_, " of ", size_, ": unknown exception\n"}).c_str(), stderr);
    }
    std::fflush(stderr);
    MPI_Abort(comm_, 1);
  }

 private:
  std::size_t count() const { return static_cast<std::size_t>(size_); }

  /// Throws unless a call of MPI succeeded.
  static void check(int code, std::string_view call) {
    if (code == MPI_SUCCESS) return;
    std::array<char, MPI_MAX_ERROR_STRING> text{};
    int length = 0;
    MPI_Error_string(code, text.data(), &length);
    const std::string_view problem{text.data(), static_cast<std::size_t>(length)};
    throw_error<Error>("MpiCommunicator", {"expected ", call, " to succeed, got: ", problem},
                       "see that all ranks run, and call fit with equal arguments");
  }

  void broadcast_bytes(std::string& bytes, int root) {
    constexpr std::size_t most = std::size_t{1} << 30;
    for (std::size_t first = 0; first < bytes.size(); first += most)
      check(MPI_Bcast(bytes.data() + first, static_cast<int>(std::min(most, bytes.size() - first)), MPI_BYTE,
                      root, comm_),
            "MPI_Bcast");
  }

  template <class T>
  static MPI_Datatype type() {
    return std::is_same_v<T, float> ? MPI_FLOAT : MPI_DOUBLE;
  }

  /// Sums blocks of the numbers, which bounds the memory for those of the other ranks.
  template <class T>
  void sum_in_blocks(std::span<T> numbers, std::vector<T>& received) {
    if (size_ == 1) return;
    const std::size_t block = std::size_t{1} << 22, small = 4096 / count();
    for (std::size_t first = 0; first < numbers.size(); first += block) {
      const std::span<T> part = numbers.subspan(first, std::min(block, numbers.size() - first));
      if (part.size() <= small)
        sum_small(part, received);
      else
        sum_segments(part, received);
    }
  }

  /// Gathers all numbers on all ranks, which takes one message instead of two.
  template <class T>
  void sum_small(std::span<T> numbers, std::vector<T>& received) {
    const auto length = static_cast<int>(numbers.size());
    received.resize(numbers.size() * count());
    check(MPI_Allgather(numbers.data(), length, type<T>(), received.data(), length, type<T>(), comm_),
          "MPI_Allgather");
    sum_rows(received, numbers);
  }

  template <class T>
  void sum_segments(std::span<T> numbers, std::vector<T>& received) {
    std::vector<int> lengths, offsets;
    for (int rank = 0; rank < size_; ++rank) {
      const Part segment = part_of(static_cast<Index>(numbers.size()), rank, size_);
      lengths.push_back(static_cast<int>(segment.count));
      offsets.push_back(static_cast<int>(segment.first));
    }
    const int length = lengths[static_cast<std::size_t>(rank_)];
    const std::span<T> own = numbers.subspan(
        static_cast<std::size_t>(offsets[static_cast<std::size_t>(rank_)]), static_cast<std::size_t>(length));
    const std::vector<int> own_lengths(count(), length);
    std::vector<int> own_offsets(count());
    for (std::size_t rank = 0; rank < count(); ++rank) own_offsets[rank] = static_cast<int>(rank) * length;

    received.resize(own.size() * count());
    check(MPI_Alltoallv(numbers.data(), lengths.data(), offsets.data(), type<T>(), received.data(),
                        own_lengths.data(), own_offsets.data(), type<T>(), comm_),
          "MPI_Alltoallv");
    sum_rows(received, own);
    check(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, numbers.data(), lengths.data(), offsets.data(),
                         type<T>(), comm_),
          "MPI_Allgatherv");
  }

  /// Sums the equal parts of `received`, one from each rank, in the order of the ranks.
  template <class T>
  static void sum_rows(const std::vector<T>& received, std::span<T> sum) {
    std::copy_n(received.begin(), sum.size(), sum.begin());
    for (const T* row = received.data() + sum.size(); row < received.data() + received.size();
         row += sum.size())
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += row[i];
  }

  MPI_Comm comm_ = MPI_COMM_NULL;
  int rank_ = 0, size_ = 1;
  int exceptions_ = std::uncaught_exceptions();
  std::vector<float> float_numbers_;
  std::vector<double> double_numbers_;
};

}  // namespace descent
