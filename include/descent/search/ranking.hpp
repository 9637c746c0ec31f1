#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/number_text.hpp"
#include "descent/search/trial_record.hpp"
#include "descent/search/trials.hpp"

namespace descent::inline DESCENT_ABI {

/// The best three trials, and how sure their order is. Printed, it is a sentence for each pair.
struct Ranking {
  /// The source of the spread of a trial's value.
  enum class Spread {
    seeds,   ///< between runs with other seeds
    epochs,  ///< from epoch to epoch, which is less than between seeds
    unknown,
  };
  /// A trial among the best.
  struct Place {
    int trial;
    double value;  ///< the mean of the runs with other seeds, or else the value in the search
  };

  std::string monitor;
  std::vector<Place> places;  ///< the best first
  Spread spread;
  double standard_error;  ///< of the difference of two values; NaN if it is unknown

  /// The lead of a place over the next one, in standard errors of the difference.
  double lead(std::size_t place) const {
    const double difference = std::abs(places[place].value - places[place + 1].value);
    return difference == 0 ? 0 : difference / standard_error;
  }
  /// True if the lead is at least two standard errors.
  bool is_sure(std::size_t place) const { return spread != Spread::unknown && lead(place) >= 2; }

  friend std::ostream& operator<<(std::ostream& out, const Ranking& ranking) {
    const auto digits = [](double value) {
      return detail::number_text(value, std::chars_format::general, 4);
    };
    const auto name = [&](const Place& place) {
      return detail::joined({"trial ", place.trial, " (", ranking.monitor, ' ', digits(place.value), ')'});
    };
    for (std::size_t i = 0; i + 1 < ranking.places.size(); ++i) {
      out << name(ranking.places[i]) << " is before " << name(ranking.places[i + 1]);
      if (ranking.spread != Spread::unknown)
        out << detail::joined({" by ", digits(ranking.lead(i)), " standard errors: ",
                               ranking.is_sure(i) ? "likely more than chance" : "may be chance"});
      out << '\n';
    }
    constexpr std::string_view sources[] = {
        "the spread is that of runs with other seeds\n",
        "the spread is that from epoch to epoch; seeds differ more: set .repeats\n",
        "the spread is not known: set .repeats\n"};
    return out << sources[static_cast<std::size_t>(ranking.spread)];
  }
};

namespace detail {

/// A sum of squared deviations, and its degrees of freedom.
struct Deviations {
  double squares = 0, freedom = 0;

  /// Adds the deviations of values from their mean.
  void add(const std::vector<double>& values, double mean) {
    for (const double value : values) squares += (value - mean) * (value - mean);
    freedom += static_cast<double>(values.size()) - 1;
  }
  /// Adds the deviations of the last third of a curve, at least three values, from their trend: half the squares of the
  /// differences between neighbors.
  void add_curve(const std::vector<double>& curve) {
    const std::size_t last = std::max<std::size_t>(3, curve.size() / 3);
    if (curve.size() < last) return;
    for (std::size_t i = curve.size() - last + 1; i < curve.size(); ++i) {
      squares += (curve[i] - curve[i - 1]) * (curve[i] - curve[i - 1]) / 2;
      freedom += 1;
    }
  }
};

}  // namespace detail

/// Ranks the best three trials, and tells how sure their order is. With `.repeats` of 2 or more, a trial's value is the
/// mean of its runs with other seeds; that in the search, which was chosen as the best of many and so is too good, is
/// left out. Else the spread is estimated from the last third of the curves.
///
///   s^2 = sum of squared deviations of the three / degrees of freedom
///   standard error = s sqrt(2 / n)          for the difference of two means of n runs
///
/// Throws   DataError if no trial has a value.
template <class S>
Ranking ranking(const Trials<S>& trials) {
  trials.best();
  Ranking result{trials.monitor(), {}, Ranking::Spread::seeds, detail::not_a_number<double>()};
  detail::Deviations seeds, epochs;
  double runs = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(3, trials.size()) && trials[i].is_measured(); ++i) {
    std::vector<double> values;
    for (const double value : trials[i].repeats)
      if (is_finite(value)) values.push_back(value);
    double mean = 0;
    for (const double value : values) mean += value / static_cast<double>(values.size());
    if (values.size() < 2) result.spread = Ranking::Spread::epochs;
    seeds.add(values, mean);
    runs = i == 0 ? static_cast<double>(values.size()) : std::min(runs, static_cast<double>(values.size()));
    for (const Series& s : trials[i].measured)
      if (s.name == trials.monitor()) epochs.add_curve(s.values);
    result.places.push_back({trials[i].number, mean});
  }
  if (result.spread == Ranking::Spread::seeds) {
    result.standard_error = std::sqrt(seeds.squares / seeds.freedom * 2 / runs);
    std::stable_sort(result.places.begin(), result.places.end(), [&](const auto& a, const auto& b) {
      return trials.mode() == Mode::min ? a.value < b.value : a.value > b.value;
    });
    return result;
  }
  for (std::size_t i = 0; i < result.places.size(); ++i)
    result.places[i].value = trials[i].value(trials.monitor());
  if (epochs.freedom > 0)
    result.standard_error = std::sqrt(epochs.squares / epochs.freedom * 2);
  else
    result.spread = Ranking::Spread::unknown;
  return result;
}

}  // namespace descent
