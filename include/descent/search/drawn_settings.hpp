#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/random.hpp"
#include "descent/search/options.hpp"
#include "descent/search/parzen_draw.hpp"
#include "descent/search/records.hpp"
#include "descent/search/space.hpp"
#include "descent/search/strategy.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Returns the settings of all trials: random ones, or the points of a grid. Those that are drawn later are not set.
template <Searchable S>
std::vector<S> settings_of(const SearchOptions& o) {
  expect_usable(o);
  std::vector<S> all;
  if (const int points = o.strategy.grid_points(); points > 0) {
    all = grid_of<S>(points, o.within, o.trials + 1);
    if (static_cast<int>(all.size()) > o.trials)
      throw_error<DataError>("GridSearch",
                             {"expected .trials of at least the points of the grid, got ", o.trials},
                             "raise .trials, or lower .points");
    return all;
  }
  const auto sampling = o.strategy.sampling();
  const int random = sampling ? std::min(sampling->random, o.trials) : o.trials;
  for (int i = 0; i < random; ++i) all.push_back(drawn<S>(o.seed, i, o.within));
  all.resize(static_cast<std::size_t>(o.trials));
  return all;
}

/// Lists the hyper-parameters of the settings; none for trials that are drawn later.
template <Searchable S>
std::vector<HyperParameters> lists_of(const std::vector<S>& settings, const SearchOptions& o) {
  const auto sampling = o.strategy.sampling();
  std::vector<HyperParameters> all(settings.size());
  for (std::size_t i = 0; i < settings.size(); ++i)
    if (!sampling || static_cast<int>(i) < sampling->random) all[i] = list_of(settings[i]);
  return all;
}

/// Sets the settings of the trials that a search in a folder drew near the best.
template <Searchable S>
void adopt_loaded(SearchRecords& records, std::vector<S>& settings) {
  const auto sampling = records.options().strategy.sampling();
  if (!sampling) return;
  for (auto i = static_cast<std::size_t>(sampling->random); i < settings.size(); ++i) {
    if (records.trials()[i].parameters.empty()) continue;
    Assign assign{records.trials()[i].parameters};
    S::visit(assign, settings[i]);
    assign.expect_end();
    records.set_parameters(static_cast<int>(i), list_of(settings[i]));
  }
}

/// Draws the settings of a trial that begins near those of the best so far, if the strategy wants that.
template <Searchable S>
void draw_near_best(SearchRecords& records, std::vector<S>& settings, const SearchJob& job) {
  const SearchOptions& o = records.options();
  const auto i = static_cast<std::size_t>(job.trial);
  if (!records.trials()[i].parameters.empty()) return;
  const Sampling sampling = *o.strategy.sampling();
  ParzenDraw draw{Rng{o.seed, Purpose::search, static_cast<std::uint32_t>(job.trial)}, o.within,
                  records.ranked(sampling.earlier(job.trial), sampling.epochs)};
  S::visit(draw, settings[i]);
  records.set_parameters(job.trial, list_of(settings[i]));
}

}  // namespace descent::detail
