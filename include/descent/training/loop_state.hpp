#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "descent/core/errors.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/training/epoch_rules.hpp"
#include "descent/training/history.hpp"

namespace descent::inline DESCENT_ABI::detail {

// Archives are `auto&`, so that programs without checkpoints do not compile the code for them.

/// The division of an epoch's samples into mini-batches and steps.
struct EpochPlan {
  std::int64_t samples = 0, batch_size = 0, accumulate = 0;
  std::uint64_t seed = 0;
  bool shuffle = false, drop_last = false;

  /// The number of samples that the epoch takes: without a last batch that is dropped.
  std::int64_t samples_used() const { return drop_last ? samples - samples % batch_size : samples; }
  /// The number of samples in the step that begins after `done` samples of the epoch.
  std::int64_t step_size(std::int64_t done) const {
    const std::int64_t left = samples_used() - done;
    return accumulate > left / batch_size ? left : accumulate * batch_size;
  }

  void visit_members(auto& a) {
    a("samples", samples), a("batch_size", batch_size), a("accumulate", accumulate);
    a("seed", seed), a("shuffle", shuffle), a("drop_last", drop_last);
  }

  /// Throws DataError unless the plan `now` is the one with which the epoch began.
  void expect_same(const EpochPlan& now) const {
    const auto same = [](std::string_view name, std::uint64_t before, std::uint64_t after) {
      if (before != after)
        throw_error<DataError>("resume_from",
                               {"expected ", name, ' ', before, ", as when the epoch began, got ", after},
                               "resume with the data and the options of the run; change them between epochs");
    };
    same("samples", static_cast<std::uint64_t>(samples), static_cast<std::uint64_t>(now.samples));
    same("batch_size", static_cast<std::uint64_t>(batch_size), static_cast<std::uint64_t>(now.batch_size));
    same("accumulate", static_cast<std::uint64_t>(accumulate), static_cast<std::uint64_t>(now.accumulate));
    same("seed", seed, now.seed);
    same("shuffle", shuffle, now.shuffle);
    same("drop_last", drop_last, now.drop_last);
  }
};

/// An epoch in progress, between two steps.
struct Epoch {
  EpochPlan plan;
  std::int64_t samples = 0;    // done
  WeightedSum objective = {};  // at these samples
  double learning_rate = 0;    // of the last step
  double seconds = 0;

  void visit_members(auto& a) {
    a("plan", plan), a("samples", samples), a("loss", objective);
    a("learning_rate", learning_rate), a("seconds", seconds);
    if (samples < 0 || samples > plan.samples)
      throw_error<FormatError>(
          "checkpoint", {"expected an epoch in progress, got ", samples, " of ", plan.samples, " samples"},
          "pass an intact file");
  }
};

/// The state of the training loop, besides model and optimizer.
struct LoopState {
  History history;
  EpochRules rules;
  bool stopped = false;        // by early stopping or a callback
  std::optional<Epoch> epoch;  // the one in progress

  void visit_members(auto& a) {
    a("history", history), a("rules", rules), a("stopped", stopped), a("epoch", epoch, Epoch{});
  }
};

}  // namespace descent::detail
