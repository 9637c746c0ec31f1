#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/concepts/output_kind.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/misfit.hpp"
#include "descent/core/type_id.hpp"
#include "descent/data/dataset.hpp"
#include "descent/parallel/workers.hpp"

namespace descent::inline DESCENT_ABI {

template <Layer M>
struct FitOptions;
class History;

/// A training run as an observer sees it.
template <Layer M>
struct ObservedRun {
  using T = typename M::Scalar;

  const M& model;                ///< as trained so far
  const Dataset<T>& train;       ///< of this process
  const Dataset<T>* validation;  ///< nullptr if there is none
  OutputKind outputs;            ///< the kind of the outputs, as the model or the loss declares it
  OutputKind expected;           ///< the kind that the loss expects
  std::int64_t steps;            ///< number of steps done
  Workers& workers;              ///< the threads of the run

  const M& best_model;               ///< the one that `fit` would return
  const FitOptions<M>& options;      ///< whose `.observer` has the other observers of the run
  const History& history;            ///< of the epochs that were measured
  std::int64_t epochs;               ///< number of epochs done, counted from `.first_epoch`
  double learning_rate;              ///< of the next step
  std::string_view loss, optimizer;  ///< their names; empty if they have none
};

/// A step of a training run as an observer sees it before the update. The batch is the last of the step.
template <Layer M>
struct ObservedStep {
  using T = typename M::Scalar;

  ObservedRun<M> run;    ///< with the model before the update
  double loss;           ///< mean loss at the samples of the step, without the penalty
  double penalty;        ///< of the regularizer
  double learning_rate;  ///< learning rate of the step
  const M& gradient;     ///< gradient of the mean loss, without the penalty and before `.clip`
  const typename M::Cache& cache;
  const Batch<T>& prediction;
  const Batch<T>& target;
};

/// An observer of a training run as an option: the address of one, such as `&doctor`, which the run writes to, or one
/// by value, of which each copy of a trainer has its own; or a list of them, `{&doctor, &page}`, which are called in
/// order. Unlike a callback it costs nothing at the steps that it does
/// not ask for, and nothing is copied for it. Only its construction instantiates the code, so that programs without an
/// observer do not compile it.
///
/// An observer has five members:
///
///   bool is_due(std::int64_t step)       true if it wants to see the step that will be number `step`, counted from 1
///   void begin(const auto& run)          called with an `ObservedRun` at the beginning of a run
///   void before_update(const auto& step) called with an `ObservedStep` after the backward pass
///   void after_update(const auto& run)   called with an `ObservedRun` after the update of that step
///   void end(const auto& run)            called with an `ObservedRun` at the end of a run
///
/// and may have two more:
///
///   void end_epoch(const auto& run)      called with an `ObservedRun` after each epoch
///   void finish(const auto& run, std::string_view failure)
///                                        called last, after `end` of all observers, with an empty text; or in place of
///                                        `end` with the message of the error that ends the run
template <Layer M>
class Observer {
  template <class O>
  static constexpr bool observes = requires(O& o, const ObservedStep<M>& step) {
    { o.is_due(std::int64_t{}) } -> std::same_as<bool>;
    o.begin(step.run);
    o.before_update(step);
    o.after_update(step.run);
    o.end(step.run);
  };

 public:
  Observer() = default;
  template <class O>
    requires(observes<O>)
  Observer(O* observer) : self_{std::make_unique<Held<O*>>(observer)} {}
  template <class O>
    requires(!std::same_as<O, Observer>) && (observes<O>) && std::copyable<O>
  Observer(O observer) : self_{std::make_unique<Held<O>>(std::move(observer))} {}
  template <class... O>
    requires(sizeof...(O) > 1 && (observes<std::remove_pointer_t<O>> && ...))
  Observer(O... observers)
      : self_{std::make_unique<List>(std::vector<Observer>{Observer{std::move(observers)}...})} {}
  template <detail::Misfit<Observer> O>
    requires(!observes<O>)
  Observer(const O&) {
    static_assert(detail::never<O>,
                  "an .observer, such as a Doctor or its address, has is_due(std::int64_t step), begin(const "
                  "auto& run), "
                  "before_update(const auto& step), after_update(const auto& run) and end(const auto& run)");
  }
  Observer(const Observer& other) : self_{other.self_ == nullptr ? nullptr : other.self_->clone()} {}
  Observer(Observer&&) noexcept = default;
  Observer& operator=(Observer other) noexcept {
    self_ = std::move(other.self_);
    return *this;
  }
  ~Observer() = default;

  explicit operator bool() const { return self_ != nullptr; }
  bool is_due(std::int64_t step) const { return self_ != nullptr && self_->is_due(step); }
  void begin(const ObservedRun<M>& run) const { self_->begin(run); }
  void before_update(const ObservedStep<M>& step) const { self_->before_update(step); }
  void after_update(const ObservedRun<M>& run) const { self_->after_update(run); }
  void end(const ObservedRun<M>& run) const { self_->end(run); }
  void end_epoch(const ObservedRun<M>& run) const { self_->end_epoch(run); }
  void finish(const ObservedRun<M>& run, std::string_view failure) const { self_->finish(run, failure); }

  /// The observer, or the first of a list, that is an `O`, held by value or by its address; else nullptr.
  template <class O>
  O* get_if() const {
    return self_ == nullptr ? nullptr : static_cast<O*>(self_->get(detail::type_id<O>()));
  }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual std::unique_ptr<Interface> clone() const = 0;
    virtual bool is_due(std::int64_t step) = 0;
    virtual void begin(const ObservedRun<M>& run) = 0;
    virtual void before_update(const ObservedStep<M>& step) = 0;
    virtual void after_update(const ObservedRun<M>& run) = 0;
    virtual void end(const ObservedRun<M>& run) = 0;
    virtual void end_epoch(const ObservedRun<M>& run) = 0;
    virtual void finish(const ObservedRun<M>& run, std::string_view failure) = 0;
    virtual void* get(detail::TypeId type) = 0;
  };

  /// Holds an observer, or its address.
  template <class O>
  struct Held final : Interface {
    O held;

    explicit Held(O observer) : held{std::move(observer)} {}
    auto& observer() {
      if constexpr (std::is_pointer_v<O>)
        return *held;
      else
        return held;
    }
    std::unique_ptr<Interface> clone() const override { return std::make_unique<Held>(*this); }
    bool is_due(std::int64_t step) override { return observer().is_due(step); }
    void begin(const ObservedRun<M>& run) override { observer().begin(run); }
    void before_update(const ObservedStep<M>& step) override { observer().before_update(step); }
    void after_update(const ObservedRun<M>& run) override { observer().after_update(run); }
    void end(const ObservedRun<M>& run) override { observer().end(run); }
    void end_epoch([[maybe_unused]] const ObservedRun<M>& run) override {
      if constexpr (requires { observer().end_epoch(run); }) observer().end_epoch(run);
    }
    void finish([[maybe_unused]] const ObservedRun<M>& run,
                [[maybe_unused]] std::string_view failure) override {
      if constexpr (requires { observer().finish(run, failure); }) observer().finish(run, failure);
    }
    void* get(detail::TypeId type) override {
      return type == detail::type_id<std::remove_pointer_t<O>>() ? &observer() : nullptr;
    }
  };

  /// Holds several observers. Each sees the steps that it asks for.
  struct List final : Interface {
    std::vector<Observer> all;
    std::vector<Interface*> due;

    explicit List(std::vector<Observer> observers) : all{std::move(observers)} {}
    std::unique_ptr<Interface> clone() const override { return std::make_unique<List>(all); }
    bool is_due(std::int64_t step) override {
      due.clear();
      for (const Observer& o : all)
        if (o.is_due(step)) due.push_back(o.self_.get());
      return !due.empty();
    }
    void begin(const ObservedRun<M>& run) override {
      for (const Observer& o : all) o.begin(run);
    }
    void before_update(const ObservedStep<M>& step) override {
      for (Interface* o : due) o->before_update(step);
    }
    void after_update(const ObservedRun<M>& run) override {
      for (Interface* o : due) o->after_update(run);
    }
    void end(const ObservedRun<M>& run) override {
      for (const Observer& o : all) o.end(run);
    }
    void end_epoch(const ObservedRun<M>& run) override {
      for (const Observer& o : all) o.end_epoch(run);
    }
    void finish(const ObservedRun<M>& run, std::string_view failure) override {
      for (const Observer& o : all) o.finish(run, failure);
    }
    void* get(detail::TypeId type) override {
      for (const Observer& o : all)
        if (void* found = o.self_ == nullptr ? nullptr : o.self_->get(type)) return found;
      return nullptr;
    }
  };

  std::unique_ptr<Interface> self_;
};

}  // namespace descent
