#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "descent/core/errors.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/training/epoch_rules.hpp"
#include "descent/training/history.hpp"

namespace descent::detail {

// Archives are taken as `auto&`, so that programs without checkpoints do not compile what they need.

/// What decides which samples are in which mini-batch.
struct EpochPlan {
  std::int64_t samples = 0, batch_size = 0, accumulate = 0;
  std::uint64_t seed = 0;
  bool shuffle = false, drop_last = false;

  std::int64_t batches() const {
    return drop_last ? samples / batch_size : (samples + batch_size - 1) / batch_size;
  }

  void visit_members(auto& a) {
    a("samples", samples), a("batch_size", batch_size), a("accumulate", accumulate);
    a("seed", seed), a("shuffle", shuffle), a("drop_last", drop_last);
  }

  /// Throws DataError unless an epoch that was begun by this plan can go on by the other.
  void expect_same(const EpochPlan& now) const {
    const auto same = [](std::string_view name, std::uint64_t before, std::uint64_t after) {
      if (before != after)
        throw_error<DataError>(
            "resume_from", {"expected ", name, ' ', before, ", with which the epoch was begun, got ", after},
            "go on with the data and the options of the run; change them between epochs");
    };
    same("samples", static_cast<std::uint64_t>(samples), static_cast<std::uint64_t>(now.samples));
    same("batch_size", static_cast<std::uint64_t>(batch_size), static_cast<std::uint64_t>(now.batch_size));
    same("accumulate", static_cast<std::uint64_t>(accumulate), static_cast<std::uint64_t>(now.accumulate));
    same("seed", seed, now.seed);
    same("shuffle", shuffle, now.shuffle);
    same("drop_last", drop_last, now.drop_last);
  }
};

/// An epoch as far as it has come.
struct Epoch {
  EpochPlan plan;
  std::int64_t batches = 0, samples = 0;  // done
  std::int64_t in_step = 0;               // samples since the last update
  double weight_in_step = 0;              // of these
  WeightedSum cost = {};                  // of all samples done, with the penalty

  double mean_cost() const { return cost.mean(); }

  void visit_members(auto& a) {
    a("plan", plan);
    a("batches", batches), a("samples", samples), a("in_step", in_step);
    a("weight_in_step", weight_in_step), a("cost", cost);
    if (batches < 0 || in_step < 0 || in_step > samples || samples > plan.samples)
      throw_error<FormatError>(
          "checkpoint",
          {"expected an epoch that was begun, got ", batches, " mini-batches and ", samples, " of ",
           plan.samples, " samples, ", in_step, " of them since the last update"},
          "the file is damaged");
  }
};

/// What the training loop remembers from epoch to epoch, beside the model and the optimizer.
struct LoopState {
  History history;
  EpochRules rules;
  bool stopped = false;        // by early stopping or a callback
  std::optional<Epoch> epoch;  // the one at hand

  void visit_members(auto& a) {
    a("history", history), a("rules", rules), a("stopped", stopped), a("epoch", epoch, Epoch{});
  }
};

}  // namespace descent::detail
