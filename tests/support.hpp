#pragma once

// Helpers for the tests of several folders.

#include <array>
#include <concepts>
#include <cstdint>
#include <string>
#include <vector>

#include "catch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/data/dataset.hpp"
#include "descent/layers/activations/relu.hpp"
#include "descent/layers/dense.hpp"
#include "descent/layers/noise/dropout.hpp"
#include "descent/layers/normalization/batch_norm.hpp"
#include "descent/linalg/flat.hpp"
#include "descent/models/dynamic_sequential.hpp"
#include "descent/models/sequential.hpp"
#include "descent/tree/traverse.hpp"

namespace support {

/// Returns the text of the error that `f` throws. Fails the test unless it is an `E`.
template <std::derived_from<descent::Error> E = descent::Error>
std::string message_of(auto&& f) {
  try {
    f();
  } catch (const E& error) {
    return error.what();
  }
  FAIL("expected an error, but none was thrown");
  return {};
}

/// Returns all parameters and state of a model. Models whose lists are equal are bitwise equal.
template <class M>
std::vector<double> values_of(const M& model) {
  std::vector<double> values;
  auto take = [&](const auto&, const auto& leaf) {
    for (const auto value : descent::flat(leaf)) values.push_back(static_cast<double>(value));
  };
  M::visit(take, model);
  descent::visit_state<M>(take, model);
  return values;
}

/// Returns three clouds of points in the plane, one per class, which a small network separates in a few epochs.
template <std::floating_point T = float>
descent::Dataset<T> three_clouds(descent::Index samples, std::uint64_t seed = 1) {
  constexpr std::array<std::array<double, 2>, 3> centers{{{-2, 0}, {2, 0}, {0, 3}}};
  constexpr double spread = 0.5;
  descent::Rng rng{seed};
  descent::Dataset<T> data{.x = descent::Matrix<T>(2, samples), .y = descent::Matrix<T>(1, samples)};
  for (descent::Index j = 0; j < samples; ++j) {
    const auto c = static_cast<std::size_t>(j % 3);
    data.x(0, j) = static_cast<T>(centers[c][0] + spread * rng.normal());
    data.x(1, j) = static_cast<T>(centers[c][1] + spread * rng.normal());
    data.y(0, j) = static_cast<T>(c);
  }
  return data;
}

/// Returns a network for the clouds without random layers and batch statistics.
template <std::floating_point T = float>
auto plain_net(std::uint64_t seed = 1) {
  using namespace descent;
  Rng rng{seed};
  Dense<T> first{2, 8, rng}, last{8, 3, rng};
  return Sequential{first, ReLU<T>{}, last};
}

/// Returns a network for the clouds with layers that make training hard to repeat: dropout and batch normalization.
template <std::floating_point T = float>
auto rich_net(std::uint64_t seed = 1) {
  using namespace descent;
  Rng rng{seed};
  Dense<T> first{2, 8, rng}, last{8, 3, rng};
  return Sequential{first, BatchNorm<T>{8}, ReLU<T>{}, Dropout<T>{{.keep = 0.8}}, last};
}

/// Returns the layers of `rich_net` as a run-time network.
template <std::floating_point T = float>
descent::DynamicSequential<T> rich_network(std::uint64_t seed = 1) {
  using namespace descent;
  Rng rng{seed};
  Dense<T> first{2, 8, rng}, last{8, 3, rng};
  return DynamicSequential<T>{first, BatchNorm<T>{8}, ReLU<T>{}, Dropout<T>{{.keep = 0.8}}, last};
}

}  // namespace support
