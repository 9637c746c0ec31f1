#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "descent/core/function_ref.hpp"
#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI {

/// Interface of the connection between processes that train one model, the ranks 0 to size - 1. Every rank makes the
/// same calls in the same order, except `end_all`; a call returns when all ranks that it waits for have made it.
///
/// A program that trains on several machines passes an `MpiCommunicator`.
class Communicator {
 public:
  Communicator() = default;
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  virtual int rank() const = 0;
  virtual int size() const = 0;

  /// Replaces each number by its sum over the ranks, added in the order of the ranks, so that the same number of ranks
  /// computes the same bits, on every rank.
  virtual void all_reduce_sum(std::span<float> numbers) = 0;
  virtual void all_reduce_sum(std::span<double> numbers) = 0;
  /// Returns the largest of the numbers of the ranks.
  virtual std::int64_t max(std::int64_t number) = 0;
  /// Calls take(bytes) with the bytes of each rank, in the order of the ranks; their lengths may differ.
  virtual void all_gather(std::string_view bytes, FunctionRef<void(std::string_view)> take) = 0;
  /// Replaces the bytes by those of rank 0.
  virtual void broadcast(std::string& bytes) = 0;
  /// Returns when all ranks have called it.
  virtual void barrier() = 0;

  /// Ends all ranks, with the message of the exception that is handled: called by a rank that the others would wait for
  /// in vain. Does nothing if there are no others.
  virtual void end_all() = 0;

  /// True if it is true on one rank.
  bool any(bool mine) { return max(mine) > 0; }

 protected:
  ~Communicator() = default;
};

/// A single process. Has no state, so that all threads may use it.
class Solo final : public Communicator {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void all_reduce_sum(std::span<float>) override {}
  void all_reduce_sum(std::span<double>) override {}
  std::int64_t max(std::int64_t number) override { return number; }
  void all_gather(std::string_view bytes, FunctionRef<void(std::string_view)> take) override { take(bytes); }
  void broadcast(std::string&) override {}
  void barrier() override {}
  void end_all() override {}
};

/// The communicator of programs that train in a single process.
inline Solo solo;

}  // namespace descent
