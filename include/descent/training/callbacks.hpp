#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include "descent/core/misfit.hpp"
#include "descent/training/history.hpp"

namespace descent::inline DESCENT_ABI {

/// The return value of a callback: continue, or end the run after this step or epoch.
enum class Next { proceed, stop };

/// The argument of an `on_step_end` callback: the optimizer step just taken. With `.accumulate` it is one step, and one
/// call, for several mini-batches.
template <class M>
struct StepEnd {
  std::int64_t step;     ///< number of steps done
  double loss;           ///< objective at the step's samples before the step: the mean loss plus the penalty
  double learning_rate;  ///< learning rate of the step
  const M& before;       ///< the model before the step
  const M& model;        ///< the model after the step
  const M& gradient;     ///< gradient of the mean loss, without the penalty and before `.clip`
};

/// The argument of an `on_epoch_end` callback: the epoch just measured.
template <class M>
struct EpochEnd {
  std::int64_t epoch;  ///< number of epochs done, counted from `.first_epoch`
  const History& history;
  const M& model;            ///< as trained; copy it for a snapshot
  const M& evaluated_model;  ///< the averaged weights with `.average_weights`, else `model`
  double learning_rate;      ///< learning rate of the next step
};

/// A function that training calls, such as a lambda. It returns `Next`, or nothing to continue. A copy of a trainer has
/// copies of its callbacks, which share the variables that they capture by reference.
///
///   .on_epoch_end = {[&](const auto& e) { if (e.epoch % 10 == 0) snapshots.push_back(e.model); }}
///
/// Example  examples/13_resume.cpp
template <class Event>
class Callback {
 public:
  template <class F>
    requires(!std::same_as<F, Callback>) && std::invocable<F&, const Event&>
  Callback(F f)
      : call_{[f = std::move(f)](const Event& event) mutable {
          using Answer = std::invoke_result_t<F&, const Event&>;
          static_assert(std::is_void_v<Answer> || std::is_same_v<Answer, Next>,
                        "a callback returns nothing, or a Next: Next::stop ends the run");
          if constexpr (std::is_same_v<Answer, Next>)
            return f(event);
          else
            return f(event), Next::proceed;
        }} {}
  template <detail::Misfit<Callback> F>
    requires(!std::invocable<F&, const Event&>)
  Callback(F) {
    static_assert(
        detail::never<F>,
        "an .on_step_end or .on_epoch_end callback takes (const auto& e), a StepEnd or an EpochEnd");
  }

  Next operator()(const Event& event) const { return call_(event); }

 private:
  std::function<Next(const Event&)> call_;
};

/// Calls all callbacks; returns `stop` if one of them does.
template <class Event>
Next notify(const std::vector<Callback<Event>>& callbacks, const Event& event) {
  Next next = Next::proceed;
  for (const Callback<Event>& callback : callbacks)
    if (callback(event) == Next::stop) next = Next::stop;
  return next;
}

}  // namespace descent
