#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <utility>

#include "descent/concepts/optimizer.hpp"
#include "descent/concepts/schedule.hpp"
#include "descent/core/misfit.hpp"
#include "descent/core/options.hpp"

namespace descent::inline DESCENT_ABI {

/// A learning rate: a number, or any schedule of the number of completed epochs. `PerStep` makes a schedule count
/// optimizer steps instead.
///
///   Adam{.learning_rate = 1e-3}
///   Adam{.learning_rate = InverseTime{.initial = 1e-2, .decay_rate = 0.1}}
///   Adam{.learning_rate = [](std::int64_t epoch) { return epoch < 10 ? 1e-2 : 1e-3; }}
///
/// Throws   DataError when called, if the rate is negative or not finite. Schedules are aggregates, whose options no
///          constructor checks, so they too throw when called, before the first step.
/// Example  examples/05_optimizers.cpp
class LearningRate {
 public:
  LearningRate(double value) : at_{[value](const TrainingProgress&) { return value; }} {}

  template <class S>
    requires(!std::same_as<S, LearningRate>) && Schedule<S>
  LearningRate(S schedule)
      : at_{[schedule = std::move(schedule)](const TrainingProgress& progress) {
          return schedule(progress.epoch);
        }} {}

  template <class S>
    requires(!std::same_as<S, LearningRate>) && std::invocable<const S&, const TrainingProgress&>
  LearningRate(S schedule) : at_{std::move(schedule)} {}

  template <detail::Misfit<LearningRate> S>
    requires(!Schedule<S>) && (!std::invocable<const S&, const TrainingProgress&>)
  LearningRate(S) {
    static_assert(
        detail::never<S>,
        "a .learning_rate is a number, or is called with (std::int64_t epoch) and returns a double");
  }

  double operator()(const TrainingProgress& progress) const {
    const double rate = at_(progress) * progress.rate_scale;
    expect_not_negative({"LearningRate", "learning_rate", rate});
    return rate;
  }

 private:
  std::function<double(const TrainingProgress&)> at_;
};

}  // namespace descent
