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
/// A waiting thread spins for some microseconds, the usual waiting time, and then sleeps. If there are more threads
/// than the processor runs at a time, it sleeps at once. A pool that is in use, by an outer loop or by another thread,
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
        spins_{static_cast<unsigned>(size) <= Thread::hardware_concurrency() ? 4000 : 0},
        errors_(static_cast<std::size_t>(size)) {
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

  void run(FunctionRef<void(int rank)> job) override {
    if (size() == 1 || in_use_.exchange(true, std::memory_order_acquire)) {
      for (int rank = 0; rank < size(); ++rank) job(rank);
      return;
    }
    job_ = &job;
    running_.store(size() - 1, std::memory_order_relaxed);
    start();
    work(0);
    wait_until(running_, [](int left) { return left == 0; });
    const std::exception_ptr error = take_error();
    in_use_.store(false, std::memory_order_release);
    if (error) std::rethrow_exception(error);
  }

 private:
  static int checked(int size) {
    constexpr int most = 4096;
    if (size < 1 || size > most)
      throw_error<DataError>("ThreadWorkers", {"expected from 1 to ", most, " threads, got ", size},
                             "choose the number of cores of the machine");
    return size;
  }

  void wait_until(const auto& value, auto&& good) const {
    for (int spin = 0; spin < spins_; ++spin) {
      if (good(value.load(std::memory_order_acquire))) return;
      pause();
    }
    for (auto seen = value.load(std::memory_order_acquire); !good(seen);
         seen = value.load(std::memory_order_acquire))
      value.wait(seen, std::memory_order_acquire);
  }
  static void pause() {
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
    __builtin_ia32_pause();
#endif
  }

  void start() {
    round_.fetch_add(1, std::memory_order_release);
    round_.notify_all();
  }

  void end() {
    job_ = nullptr;
    start();
    for (Thread& thread : threads_) thread.join();
  }

  void serve(int rank) {
    const FlushDenormals guard;
    for (std::uint32_t round = 1;; ++round) {
      wait_until(round_, [&](std::uint32_t now) { return now == round; });
      if (job_ == nullptr) return;
      work(rank);
      if (running_.fetch_sub(1, std::memory_order_acq_rel) == 1) running_.notify_one();
    }
  }

  void work(int rank) {
    try {
      (*job_)(rank);
    } catch (...) {
      errors_[static_cast<std::size_t>(rank)] = std::current_exception();
      failed_.store(true, std::memory_order_relaxed);
    }
  }

  /// Returns the exception of the lowest rank, or null, and forgets all.
  std::exception_ptr take_error() {
    std::exception_ptr first;
    if (!failed_.exchange(false, std::memory_order_relaxed)) return first;
    for (std::exception_ptr& error : errors_) {
      if (!first) first = error;
      error = nullptr;
    }
    return first;
  }

  int spins_;
  std::vector<std::exception_ptr> errors_;  // of each rank
  std::vector<Thread> threads_;
  std::atomic<bool> in_use_{false};
  const FunctionRef<void(int)>* job_ = nullptr;
  alignas(64) std::atomic<std::uint32_t> round_{0};  // calls of `run`
  alignas(64) std::atomic<int> running_{0};          // threads that are not done with this call
  std::atomic<bool> failed_{false};
};

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
