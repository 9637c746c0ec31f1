#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/random.hpp"
#include "descent/parallel/together.hpp"
#include "descent/search/options.hpp"
#include "descent/search/space.hpp"
#include "descent/search/strategy.hpp"
#include "descent/search/trial_record.hpp"
#include "descent/search/trials.hpp"
#include "descent/serialize/archive.hpp"
#include "descent/serialize/atomic_file.hpp"
#include "descent/serialize/xxh64.hpp"
#include "descent/training/checkpoint/file.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// A part of the work of a search: to train a trial to a number of epochs; or, for `repeat` from 1 on, to train its
/// settings anew with another seed.
struct SearchJob {
  int trial = 0, epochs = 0, repeat = 0;
};

/// The result of a job: what was measured, or the reason of a failure.
struct SearchResult {
  std::vector<int> measured_at = {};
  NamedValues measured = {};
  std::string failure = {};

  void visit_members(auto& a) {
    a("measured_at", measured_at);
    TrialRecord::visit(a, measured);
    a("failure", failure);
  }
};

/// The content of the file of a job that was done and is not yet recorded.
struct SearchFinished {
  int epochs = 0;
  SearchResult result = {};

  void visit_members(auto& a) { a("epochs", epochs), a("result", result); }
};

/// The content of the file of a search.
struct SearchFile {
  std::uint64_t seed = 0;
  std::string monitor = {};
  bool is_max = false;
  std::vector<TrialRecord> trials = {};

  void visit_members(auto& a) {
    a("seed", seed), a("monitor", monitor), a("is_max", is_max), a("trials", trials);
  }
};

/// The trials of a search, the jobs that are to be done, and the folder that holds them.
class SearchRecords {
 public:
  SearchRecords(const SearchOptions& options, const std::vector<HyperParameters>& settings)
      : options_{options},
        table_{options.monitor, options.mode},
        file_{options.seed, options.monitor, options.mode == Mode::max, {}} {
    for (const HyperParameters& each : settings)
      file_.trials.push_back({.number = static_cast<int>(file_.trials.size()), .parameters = each});
    expect_same_on_all_ranks();
    state_.epochs = options.epochs;
    running_repeats_.resize(settings.size());
    if (!options.folder.empty()) load();
    for (const TrialRecord& trial : file_.trials) state_.trials.push_back(state_of(trial));
    together(*options_.communicator, [&] { save(); });
  }

  /// Returns the next job that can begin now, if any.
  std::optional<SearchJob> next() const {
    if (const auto step = options_.strategy.next(state_)) return SearchJob{step->trial, step->epochs, 0};
    if (options_.repeats == 0 || steps_running_ > 0) return {};
    for (const int i : best(3))
      for (int k = 0; k < options_.repeats; ++k)
        if (!has_begun(i, k)) return SearchJob{i, options_.epochs, k + 1};
    return {};
  }
  bool is_running() const { return steps_running_ + repeats_running_ > 0; }

  void begin(const SearchJob& job) {
    if (job.repeat > 0) {
      running_repeats_[at(job.trial)].push_back(job.repeat - 1);
      ++repeats_running_;
    } else {
      state_.trials[at(job.trial)].running_to = job.epochs;
      ++steps_running_;
    }
  }

  /// Records the result of a job. One without a finite value of the monitored metric is a failure.
  void finish(const SearchJob& job, SearchResult result) {
    TrialRecord& record = file_.trials[at(job.trial)];
    TrialRecord measured{
        .epochs = job.epochs, .measured_at = result.measured_at, .measured = result.measured};
    const double value = measured.value(options_.monitor);
    if (result.failure.empty() && !is_finite(value))
      result.failure = joined({"expected a finite value of \"", options_.monitor, "\", got ", value,
                               " after ", job.epochs, job.epochs == 1 ? " epoch" : " epochs"});
    if (job.repeat > 0) {
      --repeats_running_;
      record.repeats.resize(std::max(record.repeats.size(), at(options_.repeats)),
                            std::numeric_limits<double>::infinity());
      record.repeats[at(job.repeat - 1)] = result.failure.empty() ? value : not_a_number<double>();
    } else {
      --steps_running_;
      record.failure = std::move(result.failure);
      if (!record.failed()) {
        record.epochs = job.epochs;
        record.measured_at = std::move(result.measured_at);
        record.measured = std::move(result.measured);
      }
      state_.trials[at(job.trial)] = state_of(record);
    }
  }

  /// Returns the trials that will not be continued.
  std::vector<int> ended() const {
    std::vector<int> all = options_.strategy.ended(state_);
    for (const TrialRecord& trial : file_.trials)
      if (trial.failed() || trial.epochs >= options_.epochs) all.push_back(trial.number);
    return all;
  }

  const std::vector<TrialRecord>& trials() const { return file_.trials; }
  int running_to(int trial) const { return state_.trial(trial).running_to; }
  const SearchOptions& options() const { return options_; }

  /// Returns the hyper-parameters of the first n trials, the best after so many epochs first, failed ones last.
  std::vector<HyperParameters> ranked(int n, int epochs) const {
    const auto score = [&](const TrialRecord* trial) {
      const double value = trial->failed() ? not_a_number<double>() : trial->value(options_.monitor, epochs);
      const double lowest = std::numeric_limits<double>::lowest();
      return !is_finite(value) ? lowest : options_.mode == Mode::min ? -value : value;
    };
    std::vector<const TrialRecord*> order;
    for (int i = 0; i < n; ++i) order.push_back(&file_.trials[at(i)]);
    std::stable_sort(order.begin(), order.end(),
                     [&](const auto* a, const auto* b) { return score(a) > score(b); });
    std::vector<HyperParameters> all;
    for (const TrialRecord* trial : order) all.push_back(trial->parameters);
    return all;
  }
  void set_parameters(int trial, HyperParameters parameters) {
    file_.trials[at(trial)].parameters = std::move(parameters);
  }

  /// Returns the numbers of the best n trials that have a value, or of all if there are fewer.
  std::vector<int> best(std::size_t n) const {
    std::vector<int> order;
    for (const TrialRecord& trial : file_.trials)
      if (trial.is_measured()) order.push_back(trial.number);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
      return table_.is_better(file_.trials[at(a)], file_.trials[at(b)]);
    });
    order.resize(std::min(order.size(), n));
    return order;
  }

  /// Writes the trials to the folder, on rank 0.
  void save() {
    if (options_.folder.empty() || options_.communicator->rank() > 0) return;
    save_checkpoint(path(), file_);
    std::vector<const TrialRecord*> all;
    for (const TrialRecord& trial : file_.trials) all.push_back(&trial);
    std::stable_sort(all.begin(), all.end(),
                     [&](const auto* a, const auto* b) { return table_.is_better(*a, *b); });
    replace_file(options_.folder + "/trials.csv", "search",
                 [&](std::ostream& out) { table_.write_csv(out, all); });
  }

  /// The checkpoint of a trial that may be continued.
  std::string checkpoint(int trial) const { return joined({options_.folder, "/trial-", trial, ".ckpt"}); }
  /// The file of a result that is not yet recorded.
  std::string result(const SearchJob& job) const {
    return joined({options_.folder, "/result-", job.trial, '-', job.repeat, ".ckpt"});
  }

 private:
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }
  std::string path() const { return options_.folder + "/search.ckpt"; }

  TrialState state_of(const TrialRecord& trial) const {
    TrialState state{.epochs = trial.epochs, .failed = trial.failed()};
    for (std::size_t i = 0; i < trial.measured_at.size(); ++i) {
      const double value = trial.value(options_.monitor, trial.measured_at[i]);
      state.scores.emplace_back(trial.measured_at[i], options_.mode == Mode::min ? -value : value);
    }
    return state;
  }

  bool has_begun(int trial, int repeat) const {
    const std::vector<int>& begun = running_repeats_[at(trial)];
    const std::vector<double>& done = file_.trials[at(trial)].repeats;
    return std::find(begun.begin(), begun.end(), repeat) != begun.end() ||
           (at(repeat) < done.size() && (is_finite(done[at(repeat)]) || is_nan(done[at(repeat)])));
  }

  void load() {
    Communicator& ranks = *options_.communicator;
    bool exists = false;
    if (ranks.rank() == 0) {
      std::error_code ignored;  // a folder that cannot be created cannot be written to, which `save` reports
      std::filesystem::create_directories(options_.folder, ignored);
      exists = std::filesystem::exists(path(), ignored);
    }
    if (!ranks.any(exists)) return;
    SearchFile before;
    load_checkpoint(path(), before, ranks);
    constexpr std::string_view cure = "choose another folder for another search";
    if (before.seed != file_.seed)
      throw_error<DataError>("search", {"expected .seed ", before.seed, ", as in .folder, got ", file_.seed},
                             cure);
    if (before.trials.size() > file_.trials.size())
      throw_error<DataError>("search",
                             {"expected .trials of at least ", before.trials.size(), ", as in .folder, got ",
                              file_.trials.size()},
                             "pass the total, those before included");
    for (std::size_t i = 0; i < before.trials.size(); ++i) {
      TrialRecord& own = file_.trials[i];
      TrialRecord& other = before.trials[i];
      const auto is_same = [](const HyperParameter& a, const HyperParameter& b) {
        return a.is_same(b) && a.value == b.value;
      };
      const bool is_drawn_later = own.parameters.empty();
      if (!is_drawn_later && !std::equal(own.parameters.begin(), own.parameters.end(),
                                         other.parameters.begin(), other.parameters.end(), is_same))
        throw_error<DataError>("search", {"expected the settings of trial ", i, " in .folder, got others"},
                               cure);
      if (!other.failed() && other.epochs > 0 && !is_finite(other.value(options_.monitor)))
        throw_error<DataError>(
            "search", {"expected a metric that .folder has as .monitor, got \"", options_.monitor, '"'},
            "monitor the same metric, or choose another folder");
      if (!is_drawn_later) other.parameters = own.parameters;
      own = std::move(other);
    }
  }

  /// Throws DataError on all ranks unless all have the same options and settings.
  void expect_same_on_all_ranks() {
    Communicator& ranks = *options_.communicator;
    if (ranks.size() == 1) return;
    CheckpointWriter<XXH64> writer;
    file_.visit_members(static_cast<Archive&>(writer));
    std::string own = std::move(writer).finish();
    own += joined({options_.epochs, ' ', options_.repeats, ' ', options_.folder.empty()});
    std::string first = own;
    ranks.broadcast(first);
    together(ranks, [&] {
      if (own != first)
        throw_error<DataError>("search",
                               {"expected the options and settings of rank 0 on all ranks, got others"},
                               "pass the same options on all ranks");
    });
  }

  SearchOptions options_;
  TrialTable table_;
  SearchFile file_;
  SearchState state_{{}, 0};
  std::vector<std::vector<int>> running_repeats_;  // of each trial, begun in this process
  int steps_running_ = 0, repeats_running_ = 0;
};

/// Returns the seed of a run: a function of the seed of the search, the trial, and the number of the repeat.
inline std::uint64_t seed_of(std::uint64_t seed, const SearchJob& job) {
  const RandomBlock block =
      philox(seed, {static_cast<std::uint32_t>(Purpose::search), static_cast<std::uint32_t>(job.trial), 1,
                    static_cast<std::uint32_t>(job.repeat)});
  return std::uint64_t{block[0]} << 32 | block[1];
}

}  // namespace descent::detail
