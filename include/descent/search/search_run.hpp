#pragma once

#include <algorithm>
#include <atomic>
#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/parallel/thread_workers.hpp"
#include "descent/parallel/together.hpp"
#include "descent/search/drawn_settings.hpp"
#include "descent/search/options.hpp"
#include "descent/search/progress.hpp"
#include "descent/search/records.hpp"
#include "descent/search/running_trial.hpp"
#include "descent/serialize/xxh64.hpp"
#include "descent/training/checkpoint/file.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Calls a start with the settings, and with the seed if it takes one.
template <class Start, class S>
auto call_start(const Start& start, const S& settings, [[maybe_unused]] std::uint64_t seed) {
  if constexpr (std::is_invocable_v<const Start&, const S&, std::uint64_t>)
    return start(settings, seed);
  else
    return start(settings);
}

template <class Start, class S>
concept Starts =
    std::is_invocable_v<const Start&, const S&> || std::is_invocable_v<const Start&, const S&, std::uint64_t>;

template <class Start, class S>
inline constexpr bool returns_number = [] {
  if constexpr (Starts<Start, S>)
    return std::is_arithmetic_v<decltype(call_start(std::declval<const Start&>(), std::declval<const S&>(),
                                                    0))>;
  else
    return false;
}();

template <class Start, class S>
concept StartOf =
    Starts<Start, S> &&
    (returns_number<Start, S> ||
     std::same_as<decltype(call_start(std::declval<const Start&>(), std::declval<const S&>(), 0)),
                  RunningTrial>);

/// The run of a search: gives jobs to threads and ranks, and records their results.
template <class S, class Start>
class SearchRun {
 public:
  SearchRun(const Start& start, std::vector<S>& settings, SearchRecords& records)
      : start_{start},
        settings_{settings},
        records_{records},
        options_{records.options()},
        ranks_{*options_.communicator},
        progress_{ranks_.rank() == 0 ? options_.progress : silent},
        paused_(settings.size()) {}

  void run() {
    together(ranks_, [&] { expect_monitor(); });
    std::optional<ThreadWorkers> threads;
    if (options_.threads > 1) threads.emplace(options_.threads);
    Workers& workers = threads ? static_cast<Workers&>(*threads) : single_thread;
    if (ranks_.size() > 1)
      run_in_rounds(workers);
    else
      workers.run([&](int) { work(); });
    remove_checkpoints();
  }

 private:
  using Paused = std::optional<RunningTrial>;

  /// Starts the first trial of this rank that can be started, and throws DataError unless it measures the metric.
  void expect_monitor() {
    if constexpr (!returns_number<Start, S>) {
      const auto first = records_.next();
      if (!first) return;
      for (std::size_t i = 0; i < settings_.size(); ++i) {
        const SearchJob job{static_cast<int>(i), 0, 0};
        if (!is_own(job) || records_.trials()[i].parameters.empty()) continue;
        Paused trial;
        try {
          trial.emplace(call_start(start_, settings_[i], seed_of(options_.seed, job)));
        } catch (const std::exception&) {
          continue;  // a failed trial
        }
        const std::vector<std::string> names = trial->metrics();
        if (std::find(names.begin(), names.end(), options_.monitor) != names.end()) return;
        std::string known;
        for (const std::string& name : names) known.append(known.empty() ? "" : ", ").append(name);
        throw_error<DataError>(
            "search", {"expected .monitor to be one of [", known, "], got \"", options_.monitor, '"'},
            "add the metric to .metrics, and pass .validation for names that begin with val_");
      }
    }
  }

  bool is_own(const SearchJob& job) const {
    return (job.trial + job.repeat) % ranks_.size() == ranks_.rank();
  }

  /// Takes jobs until there are none left: the work of a thread.
  void work() {
    std::unique_lock lock{mutex_};
    try {
      for (;;) {
        std::optional<SearchJob> job;
        changed_.wait(lock, [&] { return has_ended_ || (job = records_.next()) || !records_.is_running(); });
        if (has_ended_ || !job) return changed_.notify_all();
        draw_near_best(records_, settings_, *job);
        records_.begin(*job);
        Paused trial = taken(*job);
        lock.unlock();
        SearchResult result = done(*job, trial);
        lock.lock();
        put_back(*job, std::move(trial));
        record(*job, std::move(result));
        records_.save();
        release();
        changed_.notify_all();
      }
    } catch (...) {
      if (!lock.owns_lock()) lock.lock();
      has_ended_ = true;
      changed_.notify_all();
      throw;
    }
  }

  /// Takes all jobs that can begin at a time, each rank its own, and exchanges the results.
  void run_in_rounds(Workers& workers) {
    for (;;) {
      std::vector<SearchJob> jobs, own;
      while (const auto job = records_.next()) {
        draw_near_best(records_, settings_, *job);
        records_.begin(*job);
        jobs.push_back(*job);
        if (is_own(*job)) own.push_back(*job);
      }
      if (jobs.empty()) return;
      std::vector<SearchResult> results(own.size());
      together(ranks_, [&] {
        std::atomic<std::size_t> next = 0;
        workers.run([&](int) {
          for (std::size_t i; (i = next++) < own.size();) {
            results[i] = done_once(own[i]);
          }
        });
      });
      CheckpointWriter<XXH64> writer;
      for (SearchResult& result : results) static_cast<Archive&>(writer)("result", result);
      const std::string bytes = std::move(writer).finish();
      int rank = 0;
      ranks_.all_gather(bytes, [&](std::string_view part) {
        CheckpointReader<XXH64> reader{part, "of another rank"};
        for (const SearchJob& job : jobs) {
          if ((job.trial + job.repeat) % ranks_.size() != rank) continue;
          SearchResult result;
          static_cast<Archive&>(reader)("result", result);
          record(job, std::move(result));
        }
        ++rank;
      });
      together(ranks_, [&] { records_.save(); });
      release();
      if (!options_.folder.empty())
        for (const SearchJob& job : own) std::remove(records_.result(job).c_str());
    }
  }

  /// Does a job of a round. Its result is kept in a file until the round is recorded, so that a killed search does not do
  /// it again.
  SearchResult done_once(const SearchJob& job) {
    SearchFinished finished{job.epochs, {}};
    const std::string path = records_.result(job);
    std::error_code ignored;
    if (!options_.folder.empty() && std::filesystem::exists(path, ignored)) {
      SearchFinished before;
      load_checkpoint(path, before);
      if (before.epochs == job.epochs) return std::move(before.result);
    }
    Paused trial = taken(job);
    finished.result = done(job, trial);
    put_back(job, std::move(trial));
    if (!options_.folder.empty()) save_checkpoint(path, finished);
    return std::move(finished.result);
  }

  /// Does a job, and writes a checkpoint of a trial that may be continued.
  SearchResult done(const SearchJob& job, Paused& trial) {
    SearchResult result;
    const auto& settings = settings_[static_cast<std::size_t>(job.trial)];
    const std::uint64_t seed = seed_of(options_.seed, job);
    const auto attempt = [&](auto&& f) {
      try {
        f();
      } catch (const std::exception& error) {
        result.failure = *error.what() == '\0' ? "an exception without a message" : error.what();
      }
    };
    if constexpr (returns_number<Start, S>) {
      attempt([&] {
        result.measured.emplace_back(options_.monitor,
                                     static_cast<double>(call_start(start_, settings, seed)));
        result.measured_at = {job.epochs};
      });
    } else {
      const bool has_files = !options_.folder.empty() && job.repeat == 0;
      if (!trial) {
        attempt([&] { trial.emplace(call_start(start_, settings, seed)); });
        std::error_code ignored;
        if (trial && has_files && std::filesystem::exists(records_.checkpoint(job.trial), ignored))
          trial->load(records_.checkpoint(job.trial));
      }
      if (trial) attempt([&] { measure(job, *trial, result); });
      if (has_files && result.failure.empty() && job.epochs < options_.epochs)
        trial->save(records_.checkpoint(job.trial));
    }
    return result;
  }
  static void measure(const SearchJob& job, RunningTrial& trial, SearchResult& result) {
    trial.train_to(job.epochs);
    const auto epochs = static_cast<int>(trial.history().epochs());
    for (const Series& s : trial.history()) result.measured.push_back(s);
    for (int epoch = 1; epoch <= epochs; ++epoch) result.measured_at.push_back(epoch);
  }

  void record(const SearchJob& job, SearchResult result) {
    records_.finish(job, std::move(result));
    progress_.show(records_, job);
  }

  Paused taken(const SearchJob& job) {
    if (job.repeat > 0) return {};
    return std::exchange(paused_[static_cast<std::size_t>(job.trial)], std::nullopt);
  }
  void put_back(const SearchJob& job, Paused trial) {
    if (job.repeat == 0) paused_[static_cast<std::size_t>(job.trial)] = std::move(trial);
  }

  /// Frees the memory of the trials that will not be continued, and removes their checkpoints.
  void release() {
    for (const int trial : records_.ended())
      if (Paused& paused = paused_[static_cast<std::size_t>(trial)]; paused) {
        paused.reset();
        if (!options_.folder.empty()) std::remove(records_.checkpoint(trial).c_str());
      }
  }
  /// Removes the checkpoints, and those that a killed process had not written to the end.
  void remove_checkpoints() {
    if (options_.folder.empty()) return;
    for (const TrialRecord& trial : records_.trials()) {
      if (is_own({trial.number, 0, 0})) remove_with_part(records_.checkpoint(trial.number));
      for (int repeat = 0; repeat <= options_.repeats && ranks_.size() > 1; ++repeat)
        if (const SearchJob job{trial.number, 0, repeat}; is_own(job)) remove_with_part(records_.result(job));
    }
  }
  static void remove_with_part(const std::string& path) {
    std::remove(path.c_str()), std::remove((path + ".part").c_str());
  }

  const Start& start_;
  std::vector<S>& settings_;
  SearchRecords& records_;
  const SearchOptions& options_;
  Communicator& ranks_;
  SearchProgress progress_;
  std::vector<Paused> paused_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool has_ended_ = false;
};

}  // namespace descent::detail
