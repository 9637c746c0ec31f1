#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "descent/concepts/frozen_layers.hpp"
#include "descent/concepts/layer.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/core/options.hpp"
#include "descent/core/types.hpp"
#include "descent/parallel/workers.hpp"
#include "descent/training/options.hpp"
#include "descent/training/parts_option.hpp"
#include "descent/tree/leaves.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Throws DataError unless `name` is that of a layer or of a parameter of the model.
template <Layer M>
void expect_part(const M& model, std::string_view option, std::string_view name) {
  M& leaves = const_cast<M&>(model);  // only reads; shares an instantiation
  bool found = false;
  visit_leaves(leaves, [&](const auto& leaf) { found = found || leaf.name().begins_with(name); });
  if (found) return;
  std::string names;
  visit_leaves(leaves,
               [&](const auto& leaf) { names.append(names.empty() ? "" : ", ").append(leaf.name().path()); });
  throw_error<DataError>("fit",
                         {"expected in .", option, " the name of a layer or of a parameter, got \"", name,
                          "\"; the parameters are [", names, ']'},
                         "count the layers from 0, activations included");
}

/// Leaves parts of a model unchanged by a step, and scales the step of others. What an optimizer and a constraint do is
/// not known, so the values before the step are kept and put back.
template <Layer M>
class PartsOfModel final : public PartsRule<M> {
 public:
  using T = typename M::Scalar;

  void expect_names(const M& model, const FitOptions<M>& options) const override {
    for (const std::string& name : options.frozen.names()) expect_part(model, "frozen", name);
    for (const std::string& name : options.rate_factors.names()) expect_part(model, "rate_factors", name);
    for (const double factor : options.rate_factors.factors())
      expect_not_negative(
          {"fit", "rate_factors", factor, "pass 0.1 for a tenth of the optimizer's learning rate"});
  }

  const FrozenLayers* layers(const M& model, const FitOptions<M>& options) override {
    if (options.frozen.empty()) return nullptr;
    if (const std::vector<std::string>& names = options.frozen.names(); names != names_) {
      layers_ = {};
      for (const std::string& name : names) layers_.add(name);
      bool is_trained = false;
      visit_leaves(const_cast<M&>(model), [&](const Leaf<T>& leaf) {  // only reads; shares an instantiation
        if (is_trained || leaf.is_state() || is_frozen(leaf, options)) return;
        layers_.train_from(leaf.name().path());
        is_trained = true;
      });
      names_ = names;
    }
    return &layers_;
  }

  void keep(M& model, const FitOptions<M>& options) override {
    kept_.clear();
    visit_leaves(model, [&](const Leaf<T>& leaf) {
      if (factor_of(leaf, options) != 1) kept_.insert(kept_.end(), leaf.data, leaf.data + leaf.size());
    });
  }
  void scale(M& model, const FitOptions<M>& options) const override {
    if (!options.rate_factors.empty())
      visit_kept(model, options, [](const Leaf<T>& leaf, const T* before, double factor) {
        for (Index i = 0; i < leaf.size(); ++i)
          leaf.data[i] = before[i] + T(factor) * (leaf.data[i] - before[i]);
      });
  }
  void restore(M& model, const FitOptions<M>& options) const override {
    if (!options.frozen.empty())
      visit_kept(model, options, [](const Leaf<T>& leaf, const T* before, double factor) {
        if (factor == 0) std::copy_n(before, leaf.size(), leaf.data);
      });
  }
  void clear(M& gradient, const FitOptions<M>& options) const override {
    if (options.frozen.empty()) return;
    visit_leaves(gradient, [&](const Leaf<T>& leaf) {
      if (!leaf.is_state() && is_frozen(leaf, options)) std::fill_n(leaf.data, leaf.size(), T(0));
    });
  }
  double penalty(const M& model, const FitOptions<M>& options, Index samples, Workers& workers) override {
    if (options.frozen.empty()) return options.regularizer.penalty(model, samples, workers);
    if (!trained_) trained_.emplace(model);
    visit_leaves(*trained_, model, [&](const Leaf<T>& to, const Leaf<const T>& from) {
      if (is_frozen(to, options))
        std::fill_n(to.data, to.size(), T(0));
      else
        std::copy_n(from.data, from.size(), to.data);
    });
    return options.regularizer.penalty(*trained_, samples, workers);
  }

  void visit(Archive& a, const FitOptions<M>& options) const override {
    const std::vector<std::string>& names = options.frozen.names();
    std::vector<std::string> in_file = names;
    a("frozen", in_file);
    if (in_file != names)
      throw_error<FormatError>("checkpoint", {"expected the names in .frozen of the run, got others"},
                               "resume with the .frozen of the run, or begin a new run from its model");
  }

 private:
  static bool is_frozen(const Leaf<T>& leaf, const FitOptions<M>& options) {
    for (const std::string& name : options.frozen.names())
      if (leaf.name().begins_with(name)) return true;
    return false;
  }
  /// Returns the factor of a part's step: 0 if it is frozen, 1 for the state of other layers.
  static double factor_of(const Leaf<T>& leaf, const FitOptions<M>& options) {
    if (is_frozen(leaf, options)) return 0;
    if (!leaf.is_state())
      for (std::size_t i = 0; i < options.rate_factors.names().size(); ++i)
        if (leaf.name().begins_with(options.rate_factors.names()[i]))
          return options.rate_factors.factors()[i];
    return 1;
  }
  void visit_kept(M& model, const FitOptions<M>& options,
                  FunctionRef<void(const Leaf<T>&, const T*, double)> f) const {
    const T* from = kept_.data();
    visit_leaves(model, [&](const Leaf<T>& leaf) {
      const double factor = factor_of(leaf, options);
      if (factor == 1) return;
      f(leaf, from, factor);
      from += leaf.size();
    });
  }

  std::vector<T> kept_;
  std::optional<M> trained_;
  std::vector<std::string> names_;
  FrozenLayers layers_;
};

}  // namespace descent::detail
