#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/batch.hpp"
#include "descent/core/options.hpp"
#include "descent/core/types.hpp"
#include "descent/data/dataset.hpp"
#include "descent/diagnosis/finding.hpp"
#include "descent/diagnosis/rules/data.hpp"
#include "descent/diagnosis/rules/first_look.hpp"
#include "descent/diagnosis/rules/neighbors.hpp"
#include "descent/diagnosis/rules/rule.hpp"
#include "descent/diagnosis/rules/steps.hpp"
#include "descent/diagnosis/rules/targets.hpp"
#include "descent/diagnosis/rules/trained.hpp"
#include "descent/diagnosis/statistics.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `Doctor`.
struct DoctorOptions {
  /// Steps between two looks, beside 10 looks at the first 48 steps; by default 32, or more if a step has so few
  /// operations that looks would slow the training down by half a per cent.
  std::optional<std::int64_t> every = {};
  Index probe = 128;  ///< samples of each set on which the trained model is examined at the end of a run
  std::ostream* out = nullptr;                 ///< stream to which each finding is printed when it is made
  std::vector<std::string_view> without = {};  ///< names of rules that are switched off, from `rule_names`
};

/// Watches a training run: gathers statistics of all layers at some steps, and finds faults by rules.
///
///   Doctor doctor{{.out = &std::cerr}};
///   fit(net, train, SoftmaxCrossEntropy{}, Adam{}, {.validation = &dev, .observer = &doctor});
///   std::cout << doctor.findings();
///
/// It is a value. Passed by address, as here, it is shared by all copies of a trainer. Passed by value it belongs to the
/// trainer, whose copies gather apart: `trainer.options.observer.get_if<Doctor>()->findings()`.
///
/// At a look it sees the outputs that the step has computed, the gradient and the update; of large matrices a part. At
/// the end of a run it examines the model on a few samples of both sets, and the running statistics of `BatchNorm` on a
/// copy. A layer within compositions has its full path, such as `2.body.0`. For another training it begins anew.
///
/// Throws   DataError for an option that is out of range, or a name in `.without` that no rule has.
/// Cost     by default at most 3 % of a training of 5 ms and more, and 0.1 ms of a shorter one (benchmarks/doctor.cpp).
class Doctor {
 public:
  explicit Doctor(const DoctorOptions& options = {})
      : options_{options},
        every_{options.every.value_or(32)},
        rules_{"Doctor", options.without, options.out},
        end_rules_{"Doctor", options.without, options.out} {
    options_.without = rules_.without();
    expect_at_least_one({"Doctor", "every", static_cast<double>(every_)});
    expect_at_least_one({"Doctor", "probe", static_cast<double>(options.probe), "pass 128"});
  }

  /// The findings so far: those of the steps, and those at the end of the last run.
  Findings findings() const {
    Findings all = rules_.findings();
    all.add(end_rules_.findings());
    return all;
  }
  /// The statistics of the steps, in order. At most 512: a long run drops every second one, and looks more rarely.
  const std::vector<Look>& looks() const { return looks_; }

  // The members of an `Observer`.

  bool is_due(std::int64_t step) const {
    const bool is_early = step <= detail::limit::update_steps ? step <= 2 || step % 4 == 0
                                                              : step <= first_steps && step % 8 == 0;
    return is_early || step % (every_ * rarity_) == 0;
  }

  void begin(const auto& run) {
    if (run.steps > 0) return;
    *this = Doctor{options_};  // of another training
    had_initial_statistics_ = detail::has_initial_statistics(run.model);
  }

  void before_update(const auto& step) {
    if (step.prediction.samples() == 0) return;  // the shard of this process is shorter than that of others
    if (looks_.empty()) look_at_targets(step);
    Look look{.step = step.run.steps + 1,
              .loss = step.loss,
              .penalty = step.penalty,
              .learning_rate = step.learning_rate,
              .outputs = outputs_,
              .weights = {}};
    const Index outputs =
        detail::look_at_outputs(step.run.model, step.cache, step.prediction, look.outputs, ranges_);
    look.weights = detail::look_at_weights(step.run.model, step.gradient, sampled_weights_,
                                           step.run.options.frozen.names());
    rules_.set_step(look.step);
    keep(std::move(look));

    if (looks_.size() == 1) {
      work_ = detail::StepWork{step.run.model, step.prediction.samples(), outputs};
      if (!options_.every) every_ = std::max(every_, work_.steps_per_look(0.005));
    }
    if (looks_.back().step == 1) look_at_first_step(step);
    if (looks_.back().step <= first_steps) look_at_order(step);
    look_at_units(step.prediction.samples());
  }

  void after_update(const auto& run) {
    if (looks_.empty() || looks_.back().step != run.steps) return;
    detail::look_at_update(run.model, sampled_weights_, looks_.back().weights);
    if (!is_early_) return;
    rules_.apply("rising loss", [&] { return detail::rising_loss(looks_); });
    if (run.steps == detail::limit::update_steps) look_at_updates();
    is_early_ = run.steps < first_steps;
  }

  void end(const auto& run) {
    if (looks_.empty() || run.steps < least_steps) return;
    end_rules_.clear();
    end_rules_.set_step(run.steps);
    detail::examine_trained(
        end_rules_, run,
        {static_cast<double>(run.steps) * work_.step, had_initial_statistics_, options_.probe});
  }

 private:
  static constexpr std::int64_t first_steps = 48;
  static constexpr std::int64_t least_steps = 50;  // before the trained model is judged
  static constexpr Index least_samples = 256;      // before units are judged
  static constexpr std::size_t most_looks = 512;

  void look_at_targets(const auto& step) {
    const auto& train = step.run.train;
    outputs_ = detail::outputs_of(step.run.model);
    shape_ = detail::output_shape_for(step.run.model, train);
    targets_ = detail::targets_of(train, shape_, step.run.expected);
    if (targets_.are_numbers()) variances_ = detail::moments_of(train.y).variance;
    counts_ = targets_.counts();
    is_early_ = step.run.steps == 0;
  }

  void look_at_first_step(const auto& step) {
    constexpr Index examined = 128;
    const auto& train = step.run.train;
    const auto part = train.subset(detail::evenly(train.samples(), examined));
    detail::examine_values(rules_, step.run.model, part, detail::moments_of_inputs(part), targets_, shape_);
    auto memory = part.y;
    detail::examine_first_look(rules_, step.run.model, looks_.back(), step.run.outputs,
                               step.prediction.rows(),
                               detail::scale_of(detail::scored_targets(shape_, train, memory), targets_));
    rules_.apply("penalty", [&] { return detail::penalty(looks_.back()); });
  }

  void look_at_order(const auto& step) {
    if (detail::are_scored_by_step(shape_, step.run.train)) return;  // time steps are in order
    if (targets_.are_classes())
      order_.add_classes(detail::targets_of(step.target, step.prediction.rows(), step.run.expected).labels,
                         counts_);
    if (targets_.are_numbers()) order_.add_numbers(step.target, variances_);
    rules_.apply("unmixed batches", [&] {
      return detail::target_order(order_, Severity::warning, "within a batch ",
                                  "set .shuffle = true, or shuffle the training set");
    });
  }

  /// Judges the units over all samples seen since the last time, and begins again.
  void look_at_units(Index samples) {
    range_samples_ += samples;
    const auto& outputs = looks_.back().outputs;
    rules_.apply("saturated units",
                 [&] { return detail::saturated_units(outputs, looks_.size() == 1 && is_early_); });
    if (range_samples_ < least_samples) return;
    rules_.apply("dead units", [&] { return detail::dead_units(outputs, range_samples_); });
    ranges_.clear();
    range_samples_ = 0;
  }

  void look_at_updates() {
    rules_.apply("small steps", [&] { return detail::small_steps(looks_); });
    rules_.apply("large steps", [&] { return detail::large_steps(looks_); });
  }

  /// Appends a look. Drops every second one after the first steps if there are too many.
  void keep(Look look) {
    if (looks_.size() == most_looks) {
      bool drop = false;
      std::erase_if(looks_, [&](const Look& old) { return old.step > first_steps && (drop = !drop); });
      rarity_ *= 2;
    }
    looks_.push_back(std::move(look));
  }

  DoctorOptions options_;
  std::int64_t every_;
  detail::RuleBook rules_, end_rules_;
  std::vector<Look> looks_;
  std::int64_t rarity_ = 1;

  // Of the run, known from the first look.
  std::vector<OutputStatistics> outputs_;  // not measured
  Shape shape_{0};                         // of the outputs
  detail::Targets targets_;
  std::vector<Index> counts_;  // of the classes
  std::vector<double> variances_;
  detail::StepWork work_;
  bool had_initial_statistics_ = false;

  bool is_early_ = false;  // within the first steps of training
  detail::TargetOrder order_;
  std::vector<detail::UnitRange> ranges_;
  detail::SampledWeights sampled_weights_;  // before the update
  Index range_samples_ = 0;
};

}  // namespace descent
