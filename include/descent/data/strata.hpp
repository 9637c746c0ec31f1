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

namespace descent::detail {

/// The numbers of all samples in random order, in groups that each get their fair share of every part: one
/// group for each class, or a single one. What `split` and `k_fold` deal from.
template <std::floating_point T>
std::vector<std::vector<Index>> strata(const Dataset<T>& data, bool by_class, Rng& rng,
                                       std::string_view user) {
  std::vector<Index> order(static_cast<std::size_t>(data.samples()));
  std::iota(order.begin(), order.end(), Index{0});
  rng.shuffle(order);
  if (!by_class) return {std::move(order)};

  if (data.y.rows() != 1 || !all_finite(data.y) || (data.y.array() != data.y.array().floor()).any())
    throw DataError(user, "expected one row of whole numbers, the classes, got other targets",
                    "leave .stratify out for anything but classes");
  std::map<T, std::vector<Index>> classes;
  for (const Index i : order) classes[data.y(0, i)].push_back(i);
  std::vector<std::vector<Index>> groups;
  for (auto& [label, members] : classes) groups.push_back(std::move(members));
  return groups;
}

}  // namespace descent::detail
