#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/random.hpp"
#include "descent/data/dataset.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Returns the indices of all samples in random order, in strata: one for each class, or a single one. `split` and
/// `k_fold` divide each stratum in proportion.
template <std::floating_point T>
std::vector<std::vector<Index>> strata(const Dataset<T>& data, bool by_class, Rng& rng,
                                       std::string_view user) {
  std::vector<Index> order(static_cast<std::size_t>(data.samples()));
  std::iota(order.begin(), order.end(), Index{0});
  rng.shuffle(order);
  if (!by_class) return {std::move(order)};

  if (data.y.rows() != 1 || !all_finite(data.y) || (data.y.array() != data.y.array().floor()).any())
    throw DataError(user, "expected one row of integers, the classes, got other targets",
                    "set .stratify = false for targets that are not classes");
  std::map<T, std::vector<Index>> classes;
  for (const Index i : order) classes[data.y(0, i)].push_back(i);
  std::vector<std::vector<Index>> groups;
  for (auto& [label, members] : classes) groups.push_back(std::move(members));
  return groups;
}

}  // namespace descent::detail
