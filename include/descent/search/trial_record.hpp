#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/search/space.hpp"
#include "descent/training/history.hpp"

namespace descent::inline DESCENT_ABI {

/// A trial without its settings' type: its hyper-parameters and what was measured.
struct TrialRecord {
  int number = 0;
  HyperParameters parameters = {};
  int epochs = 0;                     ///< trained so far, as the strategy counts
  std::vector<int> measured_at = {};  ///< numbers of epochs, ascending
  NamedValues measured = {};          ///< for each metric one value per entry of `measured_at`
  /// The monitored value of runs with other seeds: NaN for one that failed, infinity for one that is not done.
  std::vector<double> repeats = {};
  std::string failure = {};  ///< reason for which the trial failed; empty if it did not

  bool failed() const { return !failure.empty(); }
  /// True if a value was measured.
  bool is_measured() const { return !failed() && !measured_at.empty(); }

  /// Returns the latest value of a metric at most `at` epochs, or NaN.
  double value(std::string_view metric, int at) const {
    for (const Series& s : measured)
      if (s.name == metric)
        for (std::size_t i = s.values.size(); i-- > 0;)
          if (measured_at[i] <= at) return s.values[i];
    return detail::not_a_number<double>();
  }
  /// Returns the last value of a metric, or NaN.
  double value(std::string_view metric) const { return value(metric, epochs); }

  /// Returns the hyper-parameter of a name, or null.
  const HyperParameter* find(std::string_view name) const {
    for (const HyperParameter& p : parameters)
      if (p.name == name) return &p;
    return nullptr;
  }

  void visit_members(auto& a) {
    a("number", number), a("parameters", parameters), a("epochs", epochs);
    a("measured_at", measured_at);
    visit(a, measured);
    a("repeats", repeats), a("failure", failure);
    for (const Series& s : measured)
      if (s.values.size() != measured_at.size())
        throw_error<FormatError>(
            "search", {"expected ", measured_at.size(), " values of \"", s.name, "\", got ", s.values.size()},
            "pass an intact folder");
  }

  static void visit(auto& a, NamedValues& values) {
    std::vector<std::string> names;
    for (const Series& s : values) names.push_back(s.name);
    a("names", names);
    values.resize(names.size(), {"", 0});
    for (std::size_t i = 0; i < names.size(); ++i) {
      values[i].name = names[i];
      a(names[i], values[i].values);
    }
  }
};

}  // namespace descent
