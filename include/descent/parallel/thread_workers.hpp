#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <system_error>
#include <thread>
#include <tuple>
#include <type_traits>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/parallel/flush_denormals.hpp"
#include "descent/parallel/workers.hpp"

namespace descent::inline DESCENT_ABI {

/// A pool of threads, which run until it is destroyed, since starting a thread takes longer than a small training step.
///
///   ThreadWorkers workers{4};
///   workers.run([&](Worker& worker) { ... });      the caller is rank 0
///
/// A waiting worker spins for some microseconds, the usual waiting time, and then sleeps.
///
/// Throws   DataError for less than 1 thread, or more than the system can start. If jobs throw, `run` rethrows the
///          exception of the lowest rank, and the other workers are canceled in their next `all_reduce_sum`.
///
/// A template, so that programs that start no threads do not compile it.
template <class Thread>
class BasicThreadWorkers final : public Workers {
 public:
  explicit BasicThreadWorkers(int size) {
    constexpr int most = 4096;
    if (size < 1 || size > most)
      throw_error<DataError>("ThreadWorkers", {"expected from 1 to ", most, " threads, got ", size},
                             "choose the number of cores of the machine");
    for (int rank = 0; rank < size; ++rank) workers_.push_back(std::make_unique<Member>(*this, rank));
    try {
      for (int rank = 1; rank < size; ++rank) threads_.emplace_back([this, rank] { serve(rank); });
    } catch (const std::system_error&) {
      end();
      throw_error<DataError>("ThreadWorkers",
                             {"expected to start ", size, " threads, got ", threads_.size() + 1},
                             "choose the number of cores of the machine");
    }
  }
  BasicThreadWorkers(const BasicThreadWorkers&) = delete;
  BasicThreadWorkers& operator=(const BasicThreadWorkers&) = delete;
  ~BasicThreadWorkers() override { end(); }

  int size() const override { return static_cast<int>(workers_.size()); }

  /// Calls job(worker) once in each worker and returns when all are done.
  void run(FunctionRef<void(Worker&)> job) override {
    if (size() == 1) return job(*workers_[0]);
    job_ = &job;
    running_.store(size() - 1, std::memory_order_relaxed);
    start();
    work(*workers_[0]);
    wait_until(running_, [](int left) { return left == 0; });
    if (failed_.load(std::memory_order_relaxed)) rethrow();
  }

 private:
  struct Canceled {};

  class alignas(64) Member final : public Worker {
   public:
    Member(BasicThreadWorkers& workers, int rank) : all_{workers}, rank_{rank} {}
    int rank() const override { return rank_; }
    int size() const override { return all_.size(); }
    void all_reduce_sum(std::span<float> values) override { sum(values); }
    void all_reduce_sum(std::span<double> values) override { sum(values); }

    std::exception_ptr error;

   private:
    friend BasicThreadWorkers;

    /// Publishes a copy of the worker's values and adds up the copies of all. A worker may still read them while
    /// another is in the next sum, but not in the one after that: two buffers, used in turns, suffice.
    template <class T>
    void sum(std::span<T> values) {
      const int turn = turn_ ^= 1;
      published<T>(turn).assign(values.begin(), values.end());
      all_.barrier();
      for (int rank = 0; rank < all_.size(); ++rank) {
        const std::vector<T>& theirs =
            all_.workers_[static_cast<std::size_t>(rank)]->template published<T>(turn);
        for (std::size_t i = 0; i < values.size(); ++i)
          values[i] = rank == 0 ? theirs[i] : values[i] + theirs[i];
      }
    }
    template <class T>
    std::vector<T>& published(int turn) {
      return std::get<std::vector<T>>(published_[turn]);
    }

    BasicThreadWorkers& all_;
    int rank_;
    int turn_ = 0;
    std::tuple<std::vector<float>, std::vector<double>> published_[2];
  };

  static void wait_until(const auto& value, auto&& good) {
    for (int spin = 0; spin < 4000; ++spin) {
      if (good(value.load(std::memory_order_acquire))) return;
      pause();
    }
    for (auto seen = value.load(std::memory_order_acquire); !good(seen);
         seen = value.load(std::memory_order_acquire))
      value.wait(seen, std::memory_order_acquire);
  }
  static void pause() {
#if defined(__x86_64__) || defined(__i386__)
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
      work(*workers_[static_cast<std::size_t>(rank)]);
      if (running_.fetch_sub(1, std::memory_order_acq_rel) == 1) running_.notify_one();
    }
  }

  void work(Member& worker) {
    try {
      (*job_)(worker);
    } catch (const Canceled&) {
    } catch (...) {
      worker.error = std::current_exception();
      failed_.store(true);
      barriers_.fetch_add(1);
      barriers_.notify_all();
    }
  }

  /// Returns when all workers have called it.
  void barrier() {
    const std::uint32_t barrier_before = barriers_.load(std::memory_order_acquire);
    // A failing worker sets failed_ before it increments barriers_: it is seen here, or ends the wait below.
    if (failed_.load(std::memory_order_acquire)) throw Canceled{};
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == size()) {
      arrived_.store(0, std::memory_order_relaxed);
      barriers_.fetch_add(1, std::memory_order_release);
      barriers_.notify_all();
    } else {
      wait_until(barriers_, [&](std::uint32_t now) { return now != barrier_before; });
    }
    if (failed_.load(std::memory_order_relaxed)) throw Canceled{};
  }

  [[noreturn]] void rethrow() {
    std::exception_ptr first;
    for (auto& worker : workers_) {
      if (!first) first = worker->error;
      worker->error = nullptr;
      worker->turn_ = 0;
    }
    failed_.store(false);
    arrived_.store(0);
    std::rethrow_exception(first);
  }

  std::vector<std::unique_ptr<Member>> workers_;
  std::vector<Thread> threads_;
  const FunctionRef<void(Worker&)>* job_ = nullptr;
  std::atomic<std::uint32_t> round_{0};     // calls of `run`
  std::atomic<int> running_{0};             // workers that are not done with this call
  std::atomic<std::uint32_t> barriers_{0};  // barriers passed
  std::atomic<int> arrived_{0};             // workers that wait in the current barrier
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
    return start_ ? start_(count_) : std::make_unique<SingleWorker>();
  }

 private:
  int count_ = 1;
  std::unique_ptr<Workers> (*start_)(int) = nullptr;
};

}  // namespace descent
