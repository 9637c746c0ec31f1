#pragma once

#include <concepts>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "descent/concepts/frozen_layers.hpp"
#include "descent/concepts/layer.hpp"
#include "descent/core/types.hpp"
#include "descent/parallel/workers.hpp"
#include "descent/serialize/archive.hpp"

namespace descent::inline DESCENT_ABI {

template <Layer M>
struct FitOptions;

namespace detail {

/// Interface of what training does with parts of a model that are frozen or have a learning rate of their own.
template <Layer M>
class PartsRule {
 public:
  virtual ~PartsRule() = default;
  /// Throws DataError unless the options name parts of the model.
  virtual void expect_names(const M& model, const FitOptions<M>& options) const = 0;
  /// Returns the layers that `.frozen` names, for a pass; null if there are none.
  virtual const FrozenLayers* layers(const M& model, const FitOptions<M>& options) = 0;
  /// Keeps the values of the parts before a step.
  virtual void keep(M& model, const FitOptions<M>& options) = 0;
  /// Multiplies the step since `keep` by the factor of each part.
  virtual void scale(M& model, const FitOptions<M>& options) const = 0;
  /// Puts back the values of frozen parts.
  virtual void restore(M& model, const FitOptions<M>& options) const = 0;
  /// Sets the gradient of frozen parts to 0, so that it does not count in a norm.
  virtual void clear(M& gradient, const FitOptions<M>& options) const = 0;
  /// Returns the penalty of the parts that are not frozen: that of a model in which the others are 0.
  virtual double penalty(const M& model, const FitOptions<M>& options, Index samples, Workers& workers) = 0;
  /// Visits the names of frozen parts in a checkpoint. Throws FormatError if it has others: its run trained other parts.
  virtual void visit(Archive& a, const FitOptions<M>& options) const = 0;
};

template <Layer M>
class PartsOfModel;

}  // namespace detail

/// A list that names parts of a model, as an option; an entry is a name or a `RateFactor`. Only its construction from
/// entries instantiates the code for parts, so that programs without such parts do not compile it.
template <Layer M, class Entry>
class PartsOption {
 public:
  PartsOption() = default;
  template <std::convertible_to<Entry> E = Entry>
  PartsOption(std::initializer_list<E> entries)
      : PartsOption(std::vector<Entry>(entries.begin(), entries.end())) {}
  template <std::same_as<std::vector<Entry>> V>
  PartsOption(const V& entries)
      : rule_{[]() -> std::unique_ptr<detail::PartsRule<M>> {
          return std::make_unique<detail::PartsOfModel<M>>();
        }} {
    for (const Entry& entry : entries) add(entry);
  }

  const std::vector<std::string>& names() const { return names_; }
  const std::vector<double>& factors() const { return factors_; }  // none for names alone
  bool empty() const { return names_.empty(); }

  /// Returns the rule for the parts, or null if there are none.
  std::unique_ptr<detail::PartsRule<M>> rule() const { return empty() ? nullptr : rule_(); }

 private:
  void add(const std::string& name) { names_.push_back(name); }
  void add(const auto& rate) {
    names_.push_back(rate.part);
    factors_.push_back(rate.factor);
  }

  std::vector<std::string> names_;
  std::vector<double> factors_;
  std::unique_ptr<detail::PartsRule<M>> (*rule_)() = nullptr;
};

namespace detail {

/// Returns the rule for the parts that the options name, or null if they name none.
template <Layer M>
std::unique_ptr<PartsRule<M>> parts_rule(const FitOptions<M>& options) {
  return options.frozen.empty() ? options.rate_factors.rule() : options.frozen.rule();
}

}  // namespace detail

}  // namespace descent
