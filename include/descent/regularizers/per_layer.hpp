#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/regularizers/elastic_net.hpp"
#include "descent/regularizers/l1.hpp"
#include "descent/regularizers/l2.hpp"
#include "descent/tree/parameter.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// A separate penalty for each layer: `L1`, `L2` or `ElasticNet`. Biases are penalized only if the penalty of their
/// layer has `.biases`, scales never.
///
///   PerLayer{{"0", L2{.lambda = 1}}, {"4", L1{.lambda = 0.1}}}      layers 0 and 4, no other
///   PerLayer{{"4", L2{}}, {"", L2{.lambda = 1}}}                    every layer but 4
///
/// Layers are named by the path of their parameters: `4` is the layer at index 4, `4.1` the one at index 1 of a chain
/// nested there, and an empty name matches every layer. The first name that matches a parameter applies.
///
/// Throws   DataError when a name matches no parameter that its penalty applies to, or a strength is negative.
class PerLayer {
 public:
  /// The penalty of the parameters whose names begin with that of a layer.
  struct Entry {
    std::string layer;
    ElasticNet strength;
  };

  PerLayer(std::initializer_list<Entry> layers) : PerLayer{std::vector<Entry>{layers}} {}
  explicit PerLayer(std::vector<Entry> layers) : layers_{std::move(layers)} {
    for (const Entry& entry : layers_) entry.strength.expect_strengths();
  }

  template <Parameterized M>
  double penalty(const M& model, Index samples, Workers& workers = single_thread) const {
    expect_names(model);
    detail::expect_training_samples(samples);
    double sum = 0;
    M::visit(
        [&](const Parameter& p, const auto& w) {
          if (const ElasticNet* strength = strength_of(p)) sum += strength->penalty_of(w, workers);
        },
        model);
    return sum / static_cast<double>(samples);
  }

  template <Parameterized M>
  void add_gradient(const M& model, M& gradient, Index samples, Workers& workers = single_thread) const {
    expect_names(model);
    detail::expect_training_samples(samples);
    visit_parts(
        workers,
        [&](const Parameter& p, auto w, auto dw) {
          if (const ElasticNet* strength = strength_of(p)) strength->add_slope(w, dw, samples);
        },
        model, gradient);
  }

 private:
  const ElasticNet* strength_of(const Parameter& p) const {
    for (const Entry& entry : layers_)
      if (p.name.begins_with(entry.layer)) return entry.strength.penalizes(p) ? &entry.strength : nullptr;
    return nullptr;
  }

  template <Parameterized M>
  void expect_names(const M& model) const {
    for (const Entry& entry : layers_) {
      bool found = false;
      M::visit(
          [&](const Parameter& p, const auto&) {
            found = found || (p.name.begins_with(entry.layer) && entry.strength.penalizes(p));
          },
          model);
      if (!found)
        throw DataError("PerLayer",
                        detail::joined("expected the name of a layer with weights, got \"", entry.layer,
                                       "\"; the weights are [", names_of(model), ']'),
                        "count the layers from 0, activations included");
    }
  }

  template <Parameterized M>
  static std::string names_of(const M& model) {
    std::string names;
    M::visit(
        [&](const Parameter& p, const auto&) {
          if (p.role == Role::weight) names.append(names.empty() ? "" : ", ").append(p.name.path());
        },
        model);
    return names;
  }

  std::vector<Entry> layers_;
};

}  // namespace descent
