#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/metrics/any_metric.hpp"
#include "descent/training/history.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Adds the objective, named `loss`, and the metrics by their names, each with `prefix` in front.
template <std::floating_point T>
void add_measured(NamedValues& values, double objective, const std::vector<AnyMetric<T>>& metrics,
                  std::string_view prefix = "") {
  add(values, joined({prefix, "loss"}), objective);
  for (const AnyMetric<T>& metric : metrics) add(values, joined({prefix, metric.name()}), metric.value());
}

}  // namespace descent::detail
