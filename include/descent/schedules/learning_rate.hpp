#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <utility>

#include "descent/core/concepts.hpp"

namespace descent {

/// A learning rate: a number, or any schedule of the epochs done so far. `PerStep` makes a schedule count
/// steps instead.
///
///   Adam{.learning_rate = 1e-3}
///   Adam{.learning_rate = InverseTime{.initial = 1e-2, .decay_rate = 0.1}}
///   Adam{.learning_rate = [](std::int64_t epoch) { return epoch < 10 ? 1e-2 : 1e-3; }}
class LearningRate {
 public:
  LearningRate(double value)
      : at_{[value](const Clock&) { return value; }} {}

  template <class S>
    requires(!std::same_as<S, LearningRate>) && Schedule<S>
  LearningRate(S schedule)
      : at_{[schedule = std::move(schedule)](const Clock& clock) { return schedule(clock.epoch); }} {}

  template <class S>
    requires(!std::same_as<S, LearningRate>) && std::invocable<const S&, const Clock&>
  LearningRate(S schedule) : at_{std::move(schedule)} {}

  double operator()(const Clock& clock) const { return at_(clock); }

 private:
  std::function<double(const Clock&)> at_;
};

}  // namespace descent
