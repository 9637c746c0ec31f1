#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/csv_text.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/json_text.hpp"
#include "descent/core/number_text.hpp"
#include "descent/search/space.hpp"
#include "descent/search/trial_record.hpp"
#include "descent/training/early_stopping.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

/// The trials of a search without their settings' type, the best first.
class TrialTable {
 public:
  TrialTable(std::string monitor, Mode mode) : monitor_{std::move(monitor)}, mode_{mode} {}

  const std::string& monitor() const { return monitor_; }
  Mode mode() const { return mode_; }

  /// True if trial a is better than b. Those trained for more epochs come first, since a trial with fewer was
  /// stopped as one of the worse; failed ones come last.
  bool is_better(const TrialRecord& a, const TrialRecord& b) const {
    if (a.is_measured() != b.is_measured()) return a.is_measured();
    if (a.failed() != b.failed()) return b.failed();
    if (a.is_measured() && a.epochs != b.epochs) return a.epochs > b.epochs;
    const double x = a.value(monitor_), y = b.value(monitor_);
    if (a.is_measured() && x != y) return mode_ == Mode::min ? x < y : x > y;
    return a.number < b.number;
  }

  void write_csv(std::ostream& out, const std::vector<const TrialRecord*>& trials) const {
    const auto [metrics, parameters] = columns(trials);
    out << "trial,epochs";
    for (const std::string& name : metrics) out << ',' << csv_text(name);
    for (const std::string& name : parameters) out << ',' << csv_text(name);
    out << ",failure\n";
    for (const TrialRecord* t : trials) {
      out << joined({t->number, ',', t->epochs});
      for (const std::string& name : metrics) {
        const double value = t->value(name);
        out << ',' << (is_nan(value) ? "" : number_text(value, std::chars_format::general, 17));
      }
      for (const std::string& name : parameters) out << ',' << csv_text(text(t->find(name), 17));
      out << ',' << csv_text(t->failure) << '\n';
    }
  }

  void write_json(std::ostream& out, const std::vector<const TrialRecord*>& trials) const {
    out << "{\"monitor\": " << json_text(monitor_) << ", \"mode\": \"" << (mode_ == Mode::min ? "min" : "max")
        << "\", \"trials\": [";
    for (const TrialRecord* t : trials) {
      out << (t == trials.front() ? "" : ",")
          << joined({"\n  {\"trial\": ", t->number, ", \"epochs\": ", t->epochs});
      out << ", \"failure\": " << (t->failed() ? json_text(t->failure) : "null") << ", \"parameters\": {";
      for (const HyperParameter& p : t->parameters)
        out << (&p == &t->parameters.front() ? "" : ", ") << json_text(p.name) << ": "
            << (p.is_choice() ? json_text(p.option) : json_number(p.value));
      out << "}, \"measured_at\": [";
      for (std::size_t i = 0; i < t->measured_at.size(); ++i)
        out << (i == 0 ? "" : ", ") << joined({t->measured_at[i]});
      out << "], \"measured\": {";
      for (const Series& s : t->measured) {
        out << (&s == &t->measured.front() ? "" : ", ") << json_text(s.name) << ": ";
        write_numbers(out, s.values);
      }
      out << "}, \"repeats\": ";
      write_numbers(out, t->repeats);
      out << '}';
    }
    out << "\n]}\n";
  }

  /// Prints a table of the best trials, and a line about the others.
  void print(std::ostream& out, const std::vector<const TrialRecord*>& trials) const {
    constexpr std::size_t most = 20;
    const auto [metrics, parameters] = columns(trials);
    std::vector<std::vector<std::string>> rows{{"trial", "epochs"}};
    rows[0].insert(rows[0].end(), metrics.begin(), metrics.end());
    rows[0].insert(rows[0].end(), parameters.begin(), parameters.end());
    std::size_t failed = 0;
    const TrialRecord* failure = nullptr;
    for (const TrialRecord* t : trials) {
      if (t->failed()) {
        if (failed++ == 0) failure = t;
        continue;
      }
      if (rows.size() > most) continue;
      std::vector<std::string> row{joined({t->number}), joined({t->epochs})};
      for (const std::string& name : metrics) {
        const double value = t->value(name);
        row.push_back(is_nan(value) ? "" : number_text(value, std::chars_format::general, 4));
      }
      for (const std::string& name : parameters) row.push_back(text(t->find(name), 4));
      rows.push_back(std::move(row));
    }
    std::vector<std::size_t> widths(rows[0].size(), 0);
    for (const auto& row : rows)
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    for (const auto& row : rows) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i)
        line.append(i == 0 ? "" : "  ").append(right_aligned(row[i], widths[i]));
      line.resize(line.find_last_not_of(' ') + 1);
      out << line << '\n';
    }
    const std::size_t others = trials.size() - failed - (rows.size() - 1);
    if (others > 0) out << joined({"and ", others, others == 1 ? " other\n" : " others\n"});
    if (failed > 0)
      out << joined({failed, " failed, such as trial ", failure->number, ": ", failure->failure, '\n'});
  }

 private:
  struct Columns {
    std::vector<std::string> metrics, parameters;
  };
  /// Returns the names of all metrics, the monitored one first, and of all hyper-parameters.
  Columns columns(const std::vector<const TrialRecord*>& trials) const {
    Columns names{{monitor_}, {}};
    const auto add = [](std::vector<std::string>& list, const std::string& name) {
      if (std::find(list.begin(), list.end(), name) == list.end()) list.push_back(name);
    };
    for (const TrialRecord* t : trials) {
      for (const Series& s : t->measured) add(names.metrics, s.name);
      for (const HyperParameter& p : t->parameters) add(names.parameters, p.name);
    }
    return names;
  }
  static std::string text(const HyperParameter* p, int digits) {
    if (p == nullptr) return "";
    return p->is_choice() ? p->option : number_text(p->value, std::chars_format::general, digits);
  }
  static void write_numbers(std::ostream& out, const std::vector<double>& numbers) {
    out << '[';
    for (std::size_t i = 0; i < numbers.size(); ++i) out << (i == 0 ? "" : ", ") << json_number(numbers[i]);
    out << ']';
  }

  std::string monitor_;
  Mode mode_;
};

}  // namespace detail

/// A trial of a search: its settings and what was measured.
template <class S>
struct Trial : TrialRecord {
  S settings = {};
};

/// The trials of a search, the best first: those that were trained for more epochs before those for fewer, then by the
/// monitored metric; failed trials last. Printed, it is a table.
///
///   std::cout << trials;
///   const Settings& best = trials.best().settings;
template <class S>
class Trials {
 public:
  Trials(std::string monitor, Mode mode, std::vector<Trial<S>> trials)
      : table_{std::move(monitor), mode}, trials_{std::move(trials)} {
    std::stable_sort(trials_.begin(), trials_.end(),
                     [&](const auto& a, const auto& b) { return table_.is_better(a, b); });
  }

  /// Returns the best trial. Throws DataError, with the reason of the first failure, if none succeeded.
  const Trial<S>& best() const {
    if (trials_.empty() || !trials_.front().is_measured())
      throw_error<DataError>("Trials",
                             {"expected a trial that succeeded, got ", trials_.size(), " without a value",
                              trials_.empty() || !trials_.front().failed() ? "" : "; the first failed: ",
                              trials_.empty() ? "" : trials_.front().failure},
                             "check the settings and their ranges");
    return trials_.front();
  }

  /// Returns the box around the settings of the best n trials, for `.within` of a finer search.
  ///
  /// Throws   DataError unless n is positive and so many trials succeeded.
  Box best(int n) const {
    if (n < 1 || static_cast<std::size_t>(n) > trials_.size() ||
        !trials_[static_cast<std::size_t>(n - 1)].is_measured())
      throw_error<DataError>("Trials", {"expected the number of trials that succeeded or less, got ", n},
                             "pass a smaller number, of 1 or more");
    std::vector<HyperParameters> settings;
    for (int i = 0; i < n; ++i) settings.push_back(trials_[static_cast<std::size_t>(i)].parameters);
    return Box{settings};
  }

  std::size_t size() const { return trials_.size(); }
  const Trial<S>& operator[](std::size_t rank) const { return trials_[rank]; }
  auto begin() const { return trials_.begin(); }
  auto end() const { return trials_.end(); }
  const std::string& monitor() const { return table_.monitor(); }
  Mode mode() const { return table_.mode(); }

  /// Returns the trials without their settings' type, the best first.
  std::vector<const TrialRecord*> records() const {
    std::vector<const TrialRecord*> all;
    for (const Trial<S>& t : trials_) all.push_back(&t);
    return all;
  }

  /// Writes a line for each trial, the best first: epochs, the last value of each metric, the hyper-parameters and the
  /// reason of a failure.
  void write_csv(std::ostream& out) const { table_.write_csv(out, records()); }
  /// Writes an object with a list of the trials, the best first, and all that was measured.
  void write_json(std::ostream& out) const { table_.write_json(out, records()); }
  friend std::ostream& operator<<(std::ostream& out, const Trials& trials) {
    trials.table_.print(out, trials.records());
    return out;
  }

 private:
  detail::TrialTable table_;
  std::vector<Trial<S>> trials_;
};

}  // namespace descent
