#pragma once

#include "descent/concepts/optimizer.hpp"
#include "descent/concepts/schedule.hpp"

namespace descent::inline DESCENT_ABI {

/// Adapts a schedule to count optimizer steps instead of epochs:
/// `Adam{.learning_rate = PerStep{InverseTime{.initial = 1e-2, .decay_rate = 1e-4}}}`.
template <Schedule S>
struct PerStep {
  S schedule;

  explicit PerStep(S per_step) : schedule(per_step) {}
  double operator()(const TrainingProgress& progress) const { return schedule(progress.step); }
};

}  // namespace descent
