#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <system_error>
#include <thread>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/parallel/flush_denormals.hpp"
#include "descent/parallel/workers.hpp"

namespace descent::inline DESCENT_ABI {

/// A pool of threads, which run until it is destroyed, since starting a thread takes longer than a small training step.
///
///   ThreadWorkers workers{4};
///   workers.run([&](int rank) { ... });      the caller is rank 0
///
/// A waiting thread spins for some microseconds, the usual waiting time, then lets other threads run, and then sleeps. If
/// there are more threads than the processor runs at a time, it does not spin. A pool that is in use, by an outer loop or by another thread,
/// does not wait: the calling thread then makes all calls of the job itself.
///
/// Throws   DataError for less than 1 thread, or more than the system can start. If calls of the job throw, `run`
///          rethrows the exception of the lowest rank when all calls are done.
///
/// A template, so that programs that start no threads do not compile it.
template <class Thread>
class BasicThreadWorkers final : public Workers {
 public:
  explicit BasicThreadWorkers(int size)
      : Workers{checked(size)},
        spins_{static_cast<unsigned>(size) <= Thread::hardware_concurrency() ? 2000 : 0},
        seats_(static_cast<std::size_t>(size)) {
    try {
      for (int rank = 1; rank < size; ++rank) threads_.emplace_back([this, rank] { serve(rank); });
    } catch (const std::system_error&) {
      end();
      throw_error<DataError>("ThreadWorkers",
                             {"expected to start ", size, " threads, got ", threads_.size() + 1},
                             "choose the number of cores of the machine");
    }
  }
  ~BasicThreadWorkers() override { end(); }

  using Workers::run;
  void run(int count, FunctionRef<void(int rank)> job) override {
    if (count == 1 || in_use_.exchange(true, std::memory_order_acquire)) {
      for (int rank = 0; rank < count; ++rank) job(rank);
      return;
    }
    job_ = &job;
    for (int rank = 1; rank < count; ++rank) call(seat(rank));
    work(0);
    for (int rank = 1; rank < count; ++rank) wait_until(seat(rank).done, seat(rank).calls);
    const std::exception_ptr error = take_error();
    in_use_.store(false, std::memory_order_release);
    if (error) std::rethrow_exception(error);
  }

 private:
  /// The place of a thread. Its numbers count, so that caller and thread each write to one and wait for the other; they
  /// are on cache lines of their own.
  struct Seat {
    alignas(64) std::atomic<std::uint32_t> calls{0};
    alignas(64) std::atomic<std::uint32_t> done{0};
    std::exception_ptr error;
  };
  Seat& seat(int rank) { return seats_[static_cast<std::size_t>(rank)]; }

  static int checked(int size) {
    constexpr int most = 4096;
    if (size < 1 || size > most)
      throw_error<DataError>("ThreadWorkers", {"expected from 1 to ", most, " threads, got ", size},
                             "choose the number of cores of the machine");
    return size;
  }

  /// Returns when the two numbers are equal, of which another thread writes the first.
  void wait_until(const std::atomic<std::uint32_t>& number, std::uint32_t expected) const {
    const auto arrived = [&] { return number.load(std::memory_order_acquire) == expected; };
    for (int spin = 0; spin < spins_; ++spin) {
      if (arrived()) return;
      pause();
    }
    // Another program may have the processor of the thread that is waited for.
    for (int turn = 0; turn < 100; ++turn) {
      if (arrived()) return;
      std::this_thread::yield();
    }
    for (auto seen = number.load(std::memory_order_acquire); seen != expected;
         seen = number.load(std::memory_order_acquire))
      number.wait(seen, std::memory_order_acquire);
  }
  static void pause() {
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
    __builtin_ia32_pause();
#endif
  }

  static void call(Seat& seat) {
    seat.calls.fetch_add(1, std::memory_order_release);
    seat.calls.notify_one();
  }

  void end() {
    job_ = nullptr;
    for (std::size_t i = 0; i < threads_.size(); ++i) call(seats_[i + 1]);
    for (Thread& thread : threads_) thread.join();
  }

  void serve(int rank) {
    const FlushDenormals guard;
    Seat& own = seat(rank);
    for (std::uint32_t next = 1;; ++next) {
      wait_until(own.calls, next);
      if (job_ == nullptr) return;
      work(rank);
      own.done.store(next, std::memory_order_release);
      own.done.notify_one();
    }
  }

  void work(int rank) {
    try {
      (*job_)(rank);
    } catch (...) {
      seat(rank).error = std::current_exception();
      failed_.store(true, std::memory_order_relaxed);
    }
  }

  /// Returns the exception of the lowest rank, or null, and forgets all.
  std::exception_ptr take_error() {
    std::exception_ptr first;
    if (!failed_.exchange(false, std::memory_order_relaxed)) return first;
    for (Seat& each : seats_) {
      if (!first) first = each.error;
      each.error = nullptr;
    }
    return first;
  }

  int spins_;
  std::vector<Seat> seats_;  // of each rank
  std::vector<Thread> threads_;
  const FunctionRef<void(int)>* job_ = nullptr;
  std::atomic<bool> in_use_{false};
  std::atomic<bool> failed_{false};
};

/// Workers that are threads of the standard library.
using ThreadWorkers = BasicThreadWorkers<std::thread>;

/// The number of threads as an option. Only its conversion from a number instantiates the code that starts threads,
/// so that programs that keep the default do not compile it.
class Threads {
 public:
  Threads() = default;
  Threads(std::integral auto count)
      : count_{static_cast<int>(count)}, start_{[](int threads) -> std::unique_ptr<Workers> {
          return std::make_unique<ThreadWorkers>(threads);
        }} {}

  operator int() const { return count_; }
  /// Starts the threads.
  std::unique_ptr<Workers> start() const {
    return start_ ? start_(count_) : std::make_unique<SingleThread>();
  }

 private:
  int count_ = 1;
  std::unique_ptr<Workers> (*start_)(int) = nullptr;
};

}  // namespace descent
