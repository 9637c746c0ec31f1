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
#include "descent/core/flush_denormals.hpp"
#include "descent/core/team.hpp"

namespace descent {

/// A team of threads. They live as long as it does, since to start one costs more than a small step.
///
///   ThreadTeam team{4};
///   team.run([&](Team& worker) { ... });      the caller is rank 0
///
/// A worker that waits spins for some microseconds, which is how long it usually takes, and then sleeps.
///
/// Throws   DataError for less than 1 thread, or more than the system starts; what a job throws, of the lowest rank that
///          does; the others are called back from their sums.
///
/// A template, so that programs that start no threads do not compile it.
template <class Thread>
class BasicThreadTeam final : public Workers {
 public:
  explicit BasicThreadTeam(int size) {
    constexpr int most = 4096;
    if (size < 1 || size > most)
      throw_error<DataError>("ThreadTeam", {"expected from 1 to ", most, " threads, got ", size},
                             "choose as many as the machine has cores");
    for (int rank = 0; rank < size; ++rank) workers_.push_back(std::make_unique<Worker>(*this, rank));
    try {
      for (int rank = 1; rank < size; ++rank) threads_.emplace_back([this, rank] { serve(rank); });
    } catch (const std::system_error&) {
      end();
      throw_error<DataError>("ThreadTeam",
                             {"expected to start ", size, " threads, got ", threads_.size() + 1},
                             "choose as many as the machine has cores");
    }
  }
  BasicThreadTeam(const BasicThreadTeam&) = delete;
  BasicThreadTeam& operator=(const BasicThreadTeam&) = delete;
  ~BasicThreadTeam() override { end(); }

  int size() const override { return static_cast<int>(workers_.size()); }

  /// Calls job(worker) once in each worker, and returns when all are done.
  void run(FunctionRef<void(Team&)> job) override {
    if (size() == 1) return job(*workers_[0]);
    job_ = &job;
    running_.store(size() - 1, std::memory_order_relaxed);
    start();
    work(*workers_[0]);
    wait_until(running_, [](int left) { return left == 0; });
    if (failed_.load(std::memory_order_relaxed)) rethrow();
  }

 private:
  struct CalledBack {};

  /// The team as one of its members sees it.
  class alignas(64) Worker final : public Team {
   public:
    Worker(BasicThreadTeam& team, int rank) : team_{team}, rank_{rank} {}
    int rank() const override { return rank_; }
    int size() const override { return team_.size(); }
    void all_reduce_sum(std::span<float> values) override { sum(values); }
    void all_reduce_sum(std::span<double> values) override { sum(values); }

    std::exception_ptr error;

   private:
    friend BasicThreadTeam;

    /// Each publishes a copy of its own values. The copies of one sum are free again after the next but one, when
    /// all have come to the sum in between: so two are kept, in turns.
    template <class T>
    void sum(std::span<T> values) {
      const int turn = turn_ ^= 1;
      published<T>(turn).assign(values.begin(), values.end());
      team_.meet();
      for (int rank = 0; rank < team_.size(); ++rank) {
        const std::vector<T>& theirs =
            team_.workers_[static_cast<std::size_t>(rank)]->template published<T>(turn);
        for (std::size_t i = 0; i < values.size(); ++i)
          values[i] = rank == 0 ? theirs[i] : values[i] + theirs[i];
      }
    }
    template <class T>
    std::vector<T>& published(int turn) {
      return std::get<std::vector<T>>(published_[turn]);
    }

    BasicThreadTeam& team_;
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

  void work(Worker& worker) {
    try {
      (*job_)(worker);
    } catch (const CalledBack&) {
    } catch (...) {
      worker.error = std::current_exception();
      failed_.store(true);
      meetings_.fetch_add(1);
      meetings_.notify_all();
    }
  }

  /// Returns when all workers have called it.
  void meet() {
    const std::uint32_t meeting = meetings_.load(std::memory_order_acquire);
    // Who fails says so before it ends all meetings: this one has not begun, or is seen to end.
    if (failed_.load(std::memory_order_acquire)) throw CalledBack{};
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == size()) {
      arrived_.store(0, std::memory_order_relaxed);
      meetings_.fetch_add(1, std::memory_order_release);
      meetings_.notify_all();
    } else {
      wait_until(meetings_, [&](std::uint32_t now) { return now != meeting; });
    }
    if (failed_.load(std::memory_order_relaxed)) throw CalledBack{};
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

  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<Thread> threads_;
  const FunctionRef<void(Team&)>* job_ = nullptr;
  std::atomic<std::uint32_t> round_{0};     // of `run`
  std::atomic<int> running_{0};             // workers that are not done with it
  std::atomic<std::uint32_t> meetings_{0};  // sums so far
  std::atomic<int> arrived_{0};             // workers that wait in this one
  std::atomic<bool> failed_{false};
};

using ThreadTeam = BasicThreadTeam<std::thread>;

/// A number of threads. Made from a number, it brings the code that starts them; programs that name none are without.
class Threads {
 public:
  Threads() = default;
  Threads(std::integral auto count)
      : count_{static_cast<int>(count)}, start_{[](int threads) -> std::unique_ptr<Workers> {
          return std::make_unique<ThreadTeam>(threads);
        }} {}

  operator int() const { return count_; }
  std::unique_ptr<Workers> start() const {
    return start_ ? start_(count_) : std::make_unique<SingleWorker>();
  }

 private:
  int count_ = 1;
  std::unique_ptr<Workers> (*start_)(int) = nullptr;
};

}  // namespace descent
