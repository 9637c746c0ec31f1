#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "descent/core/types.hpp"
#include "descent/diagnosis/finding.hpp"
#include "descent/diagnosis/statistics.hpp"
#include "descent/diagnosis/summary.hpp"
#include "descent/report/environment.hpp"
#include "descent/report/results.hpp"
#include "descent/training/history.hpp"
#include "descent/tree/unit_kind.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The trials of a search, without their types.
struct SearchTable {
  struct Parameter {
    std::string name, range;
    bool is_choice;
  };
  struct Row {
    int trial, epochs;
    double value;                       ///< of the monitored metric
    std::vector<std::string> settings;  ///< one per parameter; empty if the trial has none
    std::string failure;
  };
  static constexpr std::size_t most_rows = 100;

  std::string monitor;
  bool largest_is_best = false;
  std::vector<Parameter> parameters;
  std::vector<Row> rows;  ///< the best first
  std::size_t trials = 0;
};

/// The state of the run that a page shows.
enum class RunState { planned, training, finished, failed };

/// All that a page shows.
struct ReportData {
  std::string title;
  std::vector<std::string> command;
  NamedTexts options;

  RunState state = RunState::planned;
  std::string failure;
  double started = 0, written = 0;  // Unix time
  double seconds = 0;               // since the start
  std::int64_t epochs = 0, planned_epochs = 0, first_epoch = 0, steps = 0;
  History history;
  Findings findings;
  bool has_doctor = false;
  std::vector<Look> looks;
  std::optional<Summary> summary;
  std::vector<Results> results;
  std::optional<SearchTable> search;
};

/// True for a layer whose units compute something: neither the input nor its copy in another shape, nor a composition.
inline bool has_units(const OutputStatistics& output) {
  return !output.is_composition && output.unit_kind != UnitKind::copied;
}

}  // namespace descent::inline DESCENT_ABI::detail
