#pragma once

#include <ctime>
#include <numeric>
#include <ostream>
#include <string>
#include <vector>

#include "descent/report/json_writer.hpp"
#include "descent/report/page.hpp"
#include "descent/report/report_json.hpp"
#include "descent/serialize/atomic_file.hpp"
#include "descent/training/history.hpp"

namespace descent::inline DESCENT_ABI {

/// A run with its name, for `compare_runs`.
struct NamedRun {
  std::string name;  ///< shown beside its lines
  History history;
};

/// Writes a page that shows the histories of several runs side by side: a chart for each metric, with a line for each
/// run, and a table.
///
///   compare_runs("optimizers.html", {{"Adam", adam}, {"Momentum", momentum}}, "Optimizers");
///
/// Throws   FormatError when the file cannot be written.
/// Example  examples/27_report.cpp
[[gnu::cold]] inline void compare_runs(const std::string& path, const std::vector<NamedRun>& runs,
                                       const std::string& title = "Runs") {
  detail::JsonWriter json{6};
  detail::ReportJson writer{json, false};
  json.object([&] {
    json("title", title), json("state", "finished");
    json("written", static_cast<long long>(std::time(nullptr)));
    json("runs", [&] {
      json.list(runs, [&](const NamedRun& run) {
        const auto& seconds = run.history.seconds();
        json.object([&] {
          json("name", run.name);
          json("seconds", std::accumulate(seconds.begin(), seconds.end(), 0.0));
          json("history", [&] { writer.history(run.history, 0); });
        });
      });
    });
  });
  replace_file(path, "compare_runs", [&](std::ostream& out) { out << detail::page_text(json.text(), -1); });
}

}  // namespace descent
