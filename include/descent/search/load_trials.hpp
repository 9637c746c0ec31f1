#pragma once

#include <string>
#include <utility>
#include <vector>

#include "descent/search/records.hpp"
#include "descent/search/space.hpp"
#include "descent/search/trials.hpp"
#include "descent/training/checkpoint/file.hpp"
#include "descent/training/early_stopping.hpp"

namespace descent::inline DESCENT_ABI {

/// Returns the trials so far of the search in a folder, which may be running, to look at them or to search within the
/// best:
///
///   search<Settings>(start, {.within = load_trials<Settings>("coarse.search").best(8), .seed = 2})
///
/// Throws   FormatError when the folder has no file of a search, or a damaged one; DataError when the settings name other
///          hyper-parameters or ranges.
template <detail::Searchable S>
Trials<S> load_trials(const std::string& folder) {
  detail::SearchFile file;
  detail::load_checkpoint(folder + "/search.ckpt", file);
  std::vector<Trial<S>> all;
  for (TrialRecord& record : file.trials) {
    if (record.parameters.empty()) continue;  // not yet drawn
    S settings{};
    detail::Assign assign{record.parameters};
    S::visit(assign, settings);
    assign.expect_end();
    record.parameters = detail::list_of(settings);
    all.push_back({std::move(record), std::move(settings)});
  }
  return {file.monitor, file.is_max ? Mode::max : Mode::min, std::move(all)};
}

}  // namespace descent
