#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/misfit.hpp"

namespace descent::inline DESCENT_ABI {

/// The state of a trial as a strategy sees it.
struct TrialState {
  int epochs = 0;      ///< trained so far
  int running_to = 0;  ///< the number of epochs that it is being trained to; 0 if it is not running
  bool failed = false;
  std::vector<std::pair<int, double>> scores = {};  ///< epochs and score: the larger the better

  bool is_idle() const { return running_to == 0 && !failed; }
  /// Returns the latest score at most `at` epochs. There must be one.
  double score(int at) const {
    auto last = scores.begin();
    for (auto next = last; next != scores.end() && next->first <= at; ++next) last = next;
    return last->second;
  }
};

/// The state of a search as a strategy sees it.
struct SearchState {
  std::vector<TrialState> trials;
  int epochs;  ///< the most that a trial is trained

  /// Returns those of the trials that were trained to so many epochs, the best first; of equals that with the lower
  /// number.
  std::vector<int> ranked(const std::vector<int>& among, int at) const {
    std::vector<int> order;
    for (const int i : among)
      if (trial(i).epochs >= at) order.push_back(i);
    std::stable_sort(order.begin(), order.end(),
                     [&](int a, int b) { return trial(a).score(at) > trial(b).score(at); });
    return order;
  }
  const TrialState& trial(int i) const { return trials[static_cast<std::size_t>(i)]; }
  /// Returns the numbers of all trials.
  std::vector<int> all() const {
    std::vector<int> numbers;
    for (int i = 0; i < static_cast<int>(trials.size()); ++i) numbers.push_back(i);
    return numbers;
  }
};

/// A step of a search: to train a trial to a number of epochs in all.
struct TrialStep {
  int trial, epochs;
};

/// Settings that are drawn near those of the best trials so far, see `ParzenHalving`.
struct Sampling {
  int random;  ///< number of trials before the first that is drawn so
  int group;   ///< number of trials that are drawn from the same earlier ones
  int epochs;  ///< after which the earlier ones are compared

  /// Returns the number of trials before the group of a trial, with which it is drawn; 0 for one at random.
  int earlier(int trial) const { return trial < random ? 0 : trial - (trial - random) % group; }
};

/// A strategy of a search: a pure function of its state, so that a search can be resumed.
///
///   std::optional<TrialStep> next(const SearchState& state) const     the next step that can begin now, if any
///
/// A search is over when there is no next step and none is running. If the next steps depend on the running ones only
/// once all of them are done, any number of threads gives the same results. Optional members:
///
///   void check() const                                                throws DataError for an option out of range
///   std::vector<int> ended(const SearchState& state) const            trials that will not be continued; else none
///   int points                                                        settings are those of a grid
///   Sampling sampling() const                                         settings are drawn near the best so far
template <class S>
concept Strategy = std::copyable<S> && requires(const S& strategy, const SearchState& state) {
  { strategy.next(state) } -> std::same_as<std::optional<TrialStep>>;
};

/// A strategy of any type, held by value.
class AnyStrategy {
 public:
  template <class S>
    requires(!std::same_as<S, AnyStrategy>) && Strategy<S>
  AnyStrategy(S strategy) : held_{std::make_shared<const Held<S>>(std::move(strategy))} {}
  template <detail::Misfit<AnyStrategy> S>
    requires(!Strategy<S>)
  AnyStrategy(S) {
    static_assert(detail::never<S>,
                  "a .strategy needs std::optional<TrialStep> next(const SearchState&) const");
  }

  std::optional<TrialStep> next(const SearchState& state) const { return held_->next(state); }
  std::vector<int> ended(const SearchState& state) const { return held_->ended(state); }
  void check() const { held_->check(); }
  /// The number of values of each range in a grid; 0 for random values.
  int grid_points() const { return held_->grid_points(); }
  /// The rule by which settings are drawn near the best so far; none if they are not.
  std::optional<Sampling> sampling() const { return held_->sampling(); }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual std::optional<TrialStep> next(const SearchState&) const = 0;
    virtual std::vector<int> ended(const SearchState&) const = 0;
    virtual void check() const = 0;
    virtual int grid_points() const = 0;
    virtual std::optional<Sampling> sampling() const = 0;
  };
  template <class S>
  struct Held final : Interface {
    explicit Held(S s) : strategy{std::move(s)} {}
    std::optional<TrialStep> next(const SearchState& state) const override { return strategy.next(state); }
    std::vector<int> ended(const SearchState& state) const override {
      if constexpr (requires { strategy.ended(state); })
        return strategy.ended(state);
      else
        return {};
    }
    void check() const override {
      if constexpr (requires { strategy.check(); }) strategy.check();
    }
    int grid_points() const override {
      if constexpr (requires { strategy.points; })
        return strategy.points;
      else
        return 0;
    }
    std::optional<Sampling> sampling() const override {
      if constexpr (requires { strategy.sampling(); })
        return strategy.sampling();
      else
        return {};
    }
    S strategy;
  };

  std::shared_ptr<const Interface> held_;
};

/// Trains each trial, with random settings, for all epochs.
///
///   search<Settings>(start, {.trials = 20, .epochs = 10, .strategy = RandomSearch{}})
struct RandomSearch {
  std::optional<TrialStep> next(const SearchState& state) const {
    for (const int i : state.all())
      if (state.trial(i).is_idle() && state.trial(i).epochs < state.epochs) return TrialStep{i, state.epochs};
    return {};
  }
};

/// Trains a trial for each point of a grid, for all epochs: `points` values of each range, evenly in its scale and with
/// both ends, and each option of a choice. For comparison and for pictures: of n trials, a random search tries n values
/// of each hyper-parameter, a grid of two only √n.
///
/// Throws   DataError for less than 1 or more than 10000 points, or if the grid has more points than `.trials`.
struct GridSearch {
  int points = 5;

  void check() const {
    constexpr int most = 10000;
    if (points < 1 || points > most)
      throw_error<DataError>("GridSearch", {"expected .points from 1 to ", most, ", got ", points},
                             "pass a number of values for each range");
  }
  std::optional<TrialStep> next(const SearchState& state) const { return RandomSearch{}.next(state); }
};

}  // namespace descent
