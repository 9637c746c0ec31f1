#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/misfit.hpp"
#include "descent/parallel/communicator.hpp"
#include "descent/search/drawn_settings.hpp"
#include "descent/search/options.hpp"
#include "descent/search/records.hpp"
#include "descent/search/search_run.hpp"
#include "descent/search/space.hpp"
#include "descent/search/trials.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

template <Searchable S>
Trials<S> trials_of(const SearchRecords& records, const std::vector<S>& settings) {
  std::vector<Trial<S>> all;
  for (const TrialRecord& record : records.trials())
    all.push_back({record, settings[static_cast<std::size_t>(record.number)]});
  return {records.options().monitor, records.options().mode, std::move(all)};
}

}  // namespace detail

/// A search for hyper-parameters whose trials the caller runs, of a network or of anything else:
///
///   Search<Settings> search{{.trials = 100, .epochs = 1, .monitor = "cost"}};
///   while (const auto trial = search.ask()) search.tell(trial->number, cost_of(trial->settings));
///   std::cout << search.trials();
///
/// With `.folder` a search continues if the program is started again; a trial that was asked for and not told is asked
/// for again. Not for several ranks, and `.repeats` has no effect: see `search`.
///
/// Throws   DataError when an option, a range or a choice is not usable; FormatError when `.folder` cannot be written
///          or was damaged.
template <class S>
class Search {
  static_assert(detail::Searchable<S>,
                "settings need static void visit(auto&& f, auto& s), which calls f(Range{...}, s.member) or "
                "f(Choice{...}, s.member)");

 public:
  /// A trial to be run: to `epochs` in all, if that means something to it.
  struct Asked {
    int number;
    S settings;
    int epochs;
  };

  explicit Search(SearchOptions options = {})
      : settings_{detail::settings_of<S>(options)},
        records_{without_ranks(options), detail::lists_of(settings_, options)} {
    detail::adopt_loaded(records_, settings_);
  }

  /// Returns the next trial to run, or none if the search is over or waits for the result of another trial.
  std::optional<Asked> ask() {
    const auto job = records_.next();
    if (!job) return {};
    detail::draw_near_best(records_, settings_, *job);
    records_.begin(*job);
    return Asked{job->trial, settings_[static_cast<std::size_t>(job->trial)], job->epochs};
  }

  /// Records the value of the monitored metric for a trial that was asked for; one that is not finite is a failure.
  ///
  /// Throws   DataError for a trial that is not running.
  void tell(int trial, double value) { tell(trial, {{records_.options().monitor, value}}); }
  /// Records the values of several metrics.
  ///
  /// Throws   DataError also if the monitored one is missing.
  void tell(int trial, const NamedValues& values) {
    const int epochs = expect_running(trial);
    detail::SearchResult result{{epochs}, {}, {}};
    bool is_monitored = false;
    for (const Series& s : values) {
      if (s.values.empty()) continue;
      descent::add(result.measured, s.name, s.values.back());
      is_monitored = is_monitored || s.name == records_.options().monitor;
    }
    if (!is_monitored)
      throw_error<DataError>("Search", {"expected a value of \"", records_.options().monitor, "\", got none"},
                             "tell it, or set .monitor to the name of another metric");
    finish({trial, epochs, 0}, std::move(result));
  }
  /// Records that a trial failed.
  void fail(int trial, std::string_view reason) {
    const int epochs = expect_running(trial);
    finish({trial, epochs, 0}, {{}, {}, std::string{reason.empty() ? "no reason given" : reason}});
  }

  Trials<S> trials() const { return detail::trials_of(records_, settings_); }

 private:
  static SearchOptions without_ranks(SearchOptions options) {
    if (options.communicator->size() > 1)
      throw_error<DataError>("Search",
                             {"expected a single process, got ", options.communicator->size(), " ranks"},
                             "call search(start, options) on all ranks");
    options.repeats = 0;
    return options;
  }
  int expect_running(int trial) const {
    const int last = static_cast<int>(settings_.size()) - 1;
    if (trial < 0 || trial > last || records_.running_to(trial) == 0)
      throw_error<DataError>("Search", {"expected the number of a trial that was asked for, got ", trial},
                             "tell each trial once");
    return records_.running_to(trial);
  }
  void finish(const detail::SearchJob& job, detail::SearchResult result) {
    const TrialRecord& before = records_.trials()[static_cast<std::size_t>(job.trial)];
    NamedValues all = before.measured;
    bool extends = all.size() == result.measured.size();
    for (std::size_t i = 0; extends && i < all.size(); ++i) {
      extends = all[i].name == result.measured[i].name;
      if (extends) all[i].values.push_back(result.measured[i].values.back());
    }
    if (extends) {  // else only the latest values are kept
      std::vector<int> at = before.measured_at;
      at.push_back(job.epochs);
      result.measured = std::move(all), result.measured_at = std::move(at);
    }
    records_.finish(job, std::move(result));
    records_.save();
  }

  std::vector<S> settings_;
  detail::SearchRecords records_;
};

/// Searches for the hyper-parameters with which training gives the best value of a metric. The struct names each of them
/// once, with its range; a condition of an `if` sees the values that are named before it:
///
///   struct Settings {
///     double rate = 1e-3;
///     Index width = 64;
///     static void visit(auto&& f, auto& s) {
///       f(Range{"rate", 1e-4, 1, Scale::log}, s.rate);
///       f(Range{"width", 8, 128, Scale::log}, s.width);
///     }
///   };
///   const auto trials = search<Settings>(start, {.trials = 81, .monitor = "val_accuracy", .mode = Mode::max});
///
/// `start` is called with the settings, or with the settings and a seed that differs for each trial and repeat, and
/// returns a `trial(trainer, train)`; or it returns a number, the value itself. Several threads call it at the same time.
/// A start or a training that throws makes a failed trial, with the message as its reason.
///
/// With a strategy that is not asynchronous the trials are the same for any number of threads and ranks. With `.folder`
/// they are also the same if the program is killed and started again: each step of a trial ends with a checkpoint.
///
/// Memory   a paused trial keeps its trainer, with the moments of the optimizer
/// Throws   DataError, before training, when an option, a range or a choice is not usable or no metric has the name
///          `.monitor`; FormatError when `.folder` cannot be written or was damaged.
/// Example  examples/24_search.cpp
template <class S, class Start>
Trials<S> search(const Start& start, const SearchOptions& options = {}) {
  static_assert(detail::Searchable<S>,
                "settings need static void visit(auto&& f, auto& s), which calls f(Range{...}, s.member) or "
                "f(Choice{...}, s.member)");
  static_assert(detail::StartOf<Start, S>,
                "start is called with const Settings&, or with that and a std::uint64_t seed, and returns "
                "trial(trainer, train) or a number");
  SearchOptions with = options;
  if constexpr (detail::returns_number<Start, S>) with.epochs = 1;
  if (with.repeats > 0 && !std::is_invocable_v<const Start&, const S&, std::uint64_t>)
    throw_error<DataError>("search", {"expected a start that takes a seed, for .repeats of ", with.repeats},
                           "let it take the settings and a std::uint64_t seed, and pass the seed on");
  std::vector<S> settings = detail::settings_of<S>(with);
  detail::SearchRecords records{with, detail::lists_of(settings, with)};
  detail::adopt_loaded(records, settings);
  detail::SearchRun<S, Start>{start, settings, records}.run();
  return detail::trials_of(records, settings);
}

}  // namespace descent
