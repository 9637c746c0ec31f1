#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/metrics/any_metric.hpp"

namespace descent::detail {

/// What decides which samples are in which mini-batch.
struct EpochPlan {
  std::int64_t samples, batch_size, accumulate;
  std::uint64_t seed;
  bool shuffle;

  void visit_members(auto& a) {
    a("samples", samples), a("batch_size", batch_size), a("accumulate", accumulate);
    a("seed", seed), a("shuffle", shuffle);
  }

  /// Throws DataError unless an epoch that was begun by this plan can go on by the other.
  void expect_same(const EpochPlan& now) const {
    const auto same = [](std::string_view name, auto before, auto after) {
      if (before != after)
        throw DataError(
            "resume_from",
            concat("expected ", name, ' ', before, ", with which the epoch was begun, got ", after),
            "go on with the data and the options of the run; change them between epochs");
    };
    same("samples", samples, now.samples);
    same("batch_size", batch_size, now.batch_size);
    same("accumulate", accumulate, now.accumulate);
    same("seed", seed, now.seed);
    same("shuffle", shuffle, now.shuffle);
  }
};

/// An epoch as far as it has come.
template <std::floating_point T>
struct Epoch {
  EpochPlan plan;
  std::vector<AnyMetric<T>> metrics;
  std::int64_t batches = 0, samples = 0;  // done
  std::int64_t in_step = 0;               // samples since the last update
  double total = 0;                       // the cost, summed over these samples

  double mean_cost() const { return total / static_cast<double>(samples); }

  void visit_members(auto& a) {
    a("plan", plan);
    for (AnyMetric<T>& metric : metrics) a(metric.name(), metric);
    a("batches", batches), a("samples", samples), a("in_step", in_step), a("total", total);
    if (batches < 0 || in_step < 0 || in_step > samples || samples > plan.samples)
      throw FormatError(
          "checkpoint",
          concat("expected an epoch that was begun, got ", batches, " mini-batches and ", samples, " of ",
                 plan.samples, " samples, ", in_step, " of them since the last update"),
          "the file is damaged");
  }
};

}  // namespace descent::detail
