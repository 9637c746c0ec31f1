#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "descent/concepts/loss.hpp"
#include "descent/concepts/metric.hpp"
#include "descent/concepts/output_kind.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/misfit.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/metrics/mean_loss.hpp"
#include "descent/serialize/archive.hpp"

namespace descent::inline DESCENT_ABI {

/// A metric of any type whose value is a number, held by value, for lists of metrics. A loss is wrapped in a
/// `MeanLoss`.
template <std::floating_point T = float>
class AnyMetric {
  template <class A>
  static constexpr bool measures =
      Metric<A, T> && requires(const A& a) { requires std::convertible_to<decltype(a.value()), double>; };
  template <class L>
  static constexpr bool is_named_loss =
      Loss<L, T> && !Metric<L, T> && requires { std::string_view{L::name}; };

 public:
  template <class A>
    requires(!std::same_as<A, AnyMetric>) && (measures<A>)
  AnyMetric(A metric) : self_{std::make_unique<Held<A>>(std::move(metric))} {}
  template <class L>
    requires(!std::same_as<L, AnyMetric>) && (is_named_loss<L>)
  AnyMetric(L loss) : AnyMetric{MeanLoss{std::move(loss)}} {}
  template <detail::Misfit<AnyMetric> A>
    requires(!measures<A>) && (!is_named_loss<A>)
  AnyMetric(A) {
    static_assert(
        requires { std::string_view{A::name}; },
        "a metric or loss in .metrics needs a static constexpr std::string_view name");
    static_assert(
        requires(A& a, Batch<T> b, SampleWeights<T> w) { a.update(b, b, w); },
        "a metric in .metrics needs update(Batch<T> prediction, Batch<T> target, SampleWeights<T> weights)");
    static_assert(
        requires(A& a) { a.merge(std::as_const(a)); },
        "a metric in .metrics needs merge(const Itself& other)");
    static_assert(
        requires(const A& a) { static_cast<double>(a.value()); },
        "a metric in .metrics needs value() const that returns a number");
  }
  AnyMetric(const AnyMetric& other) : self_{other.self_->clone()} {}
  AnyMetric(AnyMetric&&) noexcept = default;
  AnyMetric& operator=(AnyMetric other) noexcept {
    self_ = std::move(other.self_);
    return *this;
  }

  std::string name() const { return self_->name(); }
  void update(Batch<T> prediction, Batch<T> target, SampleWeights<T> weights = {}) {
    self_->update(prediction, target, weights);
  }
  /// Adds the batches of another metric, which must have the same type.
  void merge(const AnyMetric& other) { self_->merge(*other.self_); }
  double value() const { return self_->value(); }
  void check(Index outputs, Batch<T> target) const { self_->check(outputs, target); }
  void prepare(OutputKind kind) { self_->prepare(kind); }

  /// Visits what the metric has accumulated, for a checkpoint within an epoch.
  void visit_members(Archive& a) { self_->visit_members(a); }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual std::unique_ptr<Interface> clone() const = 0;
    virtual std::string name() const = 0;
    virtual void update(Batch<T> prediction, Batch<T> target, SampleWeights<T> weights) = 0;
    virtual void merge(const Interface& other) = 0;
    virtual double value() const = 0;
    virtual void check(Index outputs, Batch<T> target) const = 0;
    virtual void prepare(OutputKind kind) = 0;
    virtual void visit_members(Archive& a) = 0;
  };
  template <class A>
  struct Held final : Interface {
    explicit Held(A a) : metric{std::move(a)} {}
    std::unique_ptr<Interface> clone() const override { return std::make_unique<Held>(*this); }
    std::string name() const override { return std::string{metric.name}; }
    void update(Batch<T> prediction, Batch<T> target, SampleWeights<T> weights) override {
      metric.update(prediction, target, weights);
    }
    void merge(const Interface& other) override { metric.merge(static_cast<const Held&>(other).metric); }
    double value() const override { return metric.value(); }
    void check([[maybe_unused]] Index outputs, [[maybe_unused]] Batch<T> target) const override {
      if constexpr (requires { metric.check(outputs, target); }) metric.check(outputs, target);
    }
    void prepare([[maybe_unused]] OutputKind kind) override {
      if constexpr (requires { metric.prepare(kind); }) metric.prepare(kind);
    }
    void visit_members(Archive& a) override { a("", metric); }
    A metric;
  };
  std::unique_ptr<Interface> self_;
};

}  // namespace descent
