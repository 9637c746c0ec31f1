#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/search/records.hpp"
#include "descent/training/progress.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The progress display of a search: a line for each job that ends, which a terminal shows in place.
class SearchProgress {
 public:
  explicit SearchProgress(const ProgressOptions& options) : out_{options.out}, style_{options.style} {
    if (out_ == nullptr) style_ = ProgressStyle::silent;
    if (style_ == ProgressStyle::automatic)
      style_ = is_terminal(*out_) ? ProgressStyle::bar : ProgressStyle::lines;
  }
  SearchProgress(const SearchProgress&) = delete;
  SearchProgress& operator=(const SearchProgress&) = delete;
  ~SearchProgress() {
    if (style_ == ProgressStyle::bar) *out_ << "\r\033[K" << std::flush;
  }

  void show(const SearchRecords& records, const SearchJob& job) {
    if (style_ == ProgressStyle::silent) return;
    const std::string& monitor = records.options().monitor;
    const TrialRecord& trial = records.trials()[static_cast<std::size_t>(job.trial)];
    std::size_t begun = 0;
    for (const TrialRecord& each : records.trials())
      begun += each.epochs > 0 || each.failed() || records.running_to(each.number) > 0;
    std::string text = joined({"Trial ", job.trial, " - ", begun, '/', records.trials().size(), " begun - "});
    if (job.repeat > 0)
      append(text, {"repeat ", job.repeat});
    else if (trial.failed())
      append(text, {"failed: ", trial.failure});
    else
      append(text, {trial.epochs, trial.epochs == 1 ? " epoch - " : " epochs - ", monitor, ": ",
                    readable(trial.value(monitor))});
    if (const std::vector<int> best = records.best(1); !best.empty())
      append(text, {" - best: ", readable(records.trials()[static_cast<std::size_t>(best[0])].value(monitor)),
                    " of trial ", best[0]});
    if (style_ == ProgressStyle::bar)
      *out_ << '\r' << text.substr(0, terminal_width() - 1) << "\033[K" << std::flush;
    else
      *out_ << text << std::endl;
  }

 private:
  std::ostream* out_;
  ProgressStyle style_;
};

}  // namespace descent::detail
