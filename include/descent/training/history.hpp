#pragma once

#include <concepts>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "descent/core/csv_text.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/json_text.hpp"
#include "descent/core/number_text.hpp"

namespace descent::inline DESCENT_ABI {

/// The values of a metric, one per epoch.
struct Series {
  std::string name;
  std::vector<double> values;

  Series(std::string_view named, double value) : name{named}, values{value} {}
  bool operator==(const Series&) const = default;
};

/// The current values of metrics, by name.
using NamedValues = std::vector<Series>;

/// Appends a value to the series of that name, or to a new one.
inline void add(NamedValues& values, std::string_view name, double value) {
  for (Series& s : values)
    if (s.name == name) return s.values.push_back(value);
  values.emplace_back(name, value);
}

/// Measurements of training: for each metric, by name, one value per epoch. `loss` is the objective: the mean loss
/// over the samples plus the penalty of the regularizer. Names for the validation set begin with `val_`.
///
///   history["val_loss"].back()
///   history.seconds().back()
///
/// Equality compares metrics and learning rates, but not the times.
class History {
 public:
  using Series = descent::Series;

  /// Returns the values of a metric. Throws DataError for an unknown name, with the list of the known ones.
  const std::vector<double>& operator[](std::string_view name) const {
    if (const Series* found = find(name)) return found->values;
    std::string names;
    for (const Series& s : series_) names.append(names.empty() ? "" : ", ").append(s.name);
    throw_error<DataError>("History", {"expected one of [", names, "], got \"", name, '"'},
                           "add the metric to .metrics, and pass .validation for names that begin with val_");
  }
  bool contains(std::string_view name) const { return find(name) != nullptr; }

  /// The learning rate of the last step of each epoch.
  const std::vector<double>& learning_rate() const { return learning_rate_; }
  /// The wall-clock time of each epoch in seconds, from its first step to the end of its validation.
  const std::vector<double>& seconds() const { return seconds_; }

  /// The number of epochs that were measured.
  std::size_t epochs() const { return series_.empty() ? 0 : series_.front().values.size(); }

  bool operator==(const std::same_as<History> auto& other) const {
    return series_ == other.series_ && learning_rate_ == other.learning_rate_;
  }

  /// Iterates over the series of the metrics in order of their first appearance.
  auto begin() const { return series_.begin(); }
  auto end() const { return series_.end(); }

  /// Writes one line per epoch after a header of names, quoted if necessary. Omits learning rate and time, so that
  /// equal runs write equal files.
  void write_csv(std::ostream& out) const {
    out << "epoch";
    for (const Series& s : series_) out << ',' << detail::csv_text(s.name);
    for (std::size_t epoch = 0; epoch < epochs(); ++epoch) {
      out << '\n' << detail::joined({epoch + 1});
      for (const Series& s : series_) out << ',' << digits(s.values[epoch]);
    }
    out << '\n';
  }

  /// Writes an object with one array per name; values that are not finite become null.
  void write_json(std::ostream& out) const {
    out << '{';
    for (const Series& s : series_) {
      out << (&s == &series_.front() ? "" : ",") << "\n  " << detail::json_text(s.name) << ": [";
      for (std::size_t epoch = 0; epoch < s.values.size(); ++epoch)
        out << (epoch == 0 ? "" : ", ") << detail::json_number(s.values[epoch]);
      out << ']';
    }
    out << "\n}\n";
  }

  void visit_members(auto& a) {
    std::vector<std::string> names;
    for (const Series& s : series_) names.push_back(s.name);
    a("names", names);
    series_.resize(names.size(), {"", 0});
    for (std::size_t i = 0; i < names.size(); ++i) {
      series_[i].name = names[i];
      a(names[i], series_[i].values);
    }
    for (const Series& s : series_)
      if (s.values.size() != epochs())
        throw_error<FormatError>(
            "checkpoint", {"expected ", epochs(), " values of \"", s.name, "\", got ", s.values.size()},
            "pass an intact file");
    a("learning_rate", learning_rate_), a("seconds", seconds_);
    if (learning_rate_.size() != epochs() || seconds_.size() != epochs())
      throw_error<FormatError>("checkpoint",
                               {"expected ", epochs(), " learning rates and times, got ",
                                learning_rate_.size(), " and ", seconds_.size()},
                               "pass an intact file");
  }

  void add(std::string_view name, double value) { descent::add(series_, name, value); }

  void add_epoch(const NamedValues& values, double learning_rate, double seconds) {
    for (const Series& s : values) add(s.name, s.values.back());
    learning_rate_.push_back(learning_rate);
    seconds_.push_back(seconds);
  }

 private:
  /// Prints 17 digits, from which the same number is read back.
  static std::string digits(double value) {
    return detail::number_text(value, std::chars_format::general, 17);
  }

  const Series* find(std::string_view name) const {
    for (const Series& s : series_)
      if (s.name == name) return &s;
    return nullptr;
  }

  std::vector<Series> series_;
  std::vector<double> learning_rate_, seconds_;
};

}  // namespace descent
