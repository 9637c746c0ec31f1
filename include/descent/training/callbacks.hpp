#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include "descent/core/concepts.hpp"
#include "descent/training/history.hpp"

namespace descent {

/// What a callback may answer: go on, or end the run after this step or epoch.
enum class Next { proceed, stop };

struct BatchEnd {
  std::int64_t step;     ///< optimizer steps done
  double cost;           ///< of this mini-batch, with the penalty
  double learning_rate;  ///< of the next step
};

template <class M>
struct EpochEnd {
  std::int64_t epoch;  ///< epochs done
  const History& history;
  const M& model;        ///< copy it for a snapshot
  double learning_rate;  ///< of the next epoch
};

/// A function that training calls; a lambda does. It returns `Next`, or nothing to go on.
///
///   .on_epoch_end = {[&](const auto& e) { if (e.epoch % 10 == 0) snapshots.push_back(e.model); }}
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
        "an .on_batch_end callback takes (const BatchEnd& e), an .on_epoch_end callback (const auto& e)");
  }

  Next operator()(const Event& event) const { return call_(event); }

 private:
  std::function<Next(const Event&)> call_;
};

/// Calls all of them; `stop` if one says so.
template <class Event>
Next notify(const std::vector<Callback<Event>>& callbacks, const Event& event) {
  Next next = Next::proceed;
  for (const Callback<Event>& callback : callbacks)
    if (callback(event) == Next::stop) next = Next::stop;
  return next;
}

}  // namespace descent
