#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/options.hpp"
#include "descent/parallel/communicator.hpp"
#include "descent/search/halving.hpp"
#include "descent/search/space.hpp"
#include "descent/search/strategy.hpp"
#include "descent/training/early_stopping.hpp"
#include "descent/training/progress.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `search` and `Search`.
///
/// Throws   DataError, before the first trial, for an option out of range.
/// Example  examples/24_search.cpp
struct SearchOptions {
  int trials = 30;                     ///< in all, those in `.folder` included
  int epochs = 27;                     ///< the most that a trial is trained
  std::string monitor = "val_loss";    ///< the metric that is compared
  Mode mode = Mode::min;               ///< its direction of improvement
  AnyStrategy strategy = Halving{};    ///< which trials are trained for how long
  Box within = {};                     ///< the part of the space to draw from, such as `trials.best(8)`
  int repeats = 0;                     ///< runs of the best three trials with other seeds, at the end
  int threads = 1;                     ///< that train trials side by side
  Communicator* communicator = &solo;  ///< connects ranks: trial i is trained on rank i mod n
  std::string folder = {};  ///< an existing directory that holds the search, to resume it; empty for none
  std::uint64_t seed = 0;   ///< of the settings, and of the trials
  ProgressOptions progress = {};
};

namespace detail {

/// Throws DataError unless the options are in range.
inline void expect_usable(const SearchOptions& o) {
  constexpr int most_trials = 1000000, most_repeats = 1000;  // that fit into memory
  if (o.trials < 1 || o.trials > most_trials)
    throw_error<DataError>("search", {"expected .trials from 1 to ", most_trials, ", got ", o.trials},
                           "pass a number of trials");
  if (o.repeats < 0 || o.repeats > most_repeats)
    throw_error<DataError>("search", {"expected .repeats from 0 to ", most_repeats, ", got ", o.repeats},
                           "pass 0 for none");
  expect_at_least_one({"search", "epochs", static_cast<double>(o.epochs), "pass a number of epochs"});
  expect_at_least_one({"search", "threads", static_cast<double>(o.threads), "pass 1 for the calling thread"});
  if (o.monitor.empty())
    throw_error<DataError>("search", {"expected the name of a metric as .monitor, got none"},
                           "pass one, such as \"val_loss\"");
  if (o.communicator == nullptr)
    throw_error<DataError>("search", {"expected an address as .communicator, got a null pointer"},
                           "pass &world, or leave it out");
  o.strategy.check();
}

}  // namespace detail

}  // namespace descent
