#include <cmath>

#include "catch.hpp"
#include "conformance/regularizer_table.hpp"
#include "support.hpp"

namespace regularizers_test {

using namespace conformance;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

constexpr Index samples = 50;
constexpr double rounding = 1e-14;

/// A network without zero parameters, so that a change to any of them shows.
auto static_network() {
  Rng rng{1};
  Dense<double> first{3, 4, rng}, last{4, 2, rng};
  BatchNorm<double> norm{4};
  first.bias.setConstant(2);
  last.bias.setConstant(-2);
  norm.beta.setConstant(3);
  return Sequential{first, norm, last};
}

DynamicSequential<double> runtime_network() {
  auto same = static_network();
  return DynamicSequential<double>{same.layer<0>(), same.layer<1>(), same.layer<2>()};
}

}  // namespace

TEST_CASE("Regularizer: adds the derivative of the penalty to the gradient", "[conformance]") {
  for_each(regularizers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      constexpr double h = 1e-4, tolerance = 1e-10, before = 7;
      auto model = static_network();
      auto gradient = zeros_like(model);
      visit_flat([&](auto g) { g.setConstant(before); }, gradient);
      row.regularizer.add_gradient(model, gradient, samples);
      // The addresses are collected first, so that the penalty is not evaluated during a visit.
      std::vector<double*> weights;
      std::vector<double> slopes;
      visit_flat(
          [&](auto w, auto g) {
            for (Index i = 0; i < w.size(); ++i) weights.push_back(w.data() + i), slopes.push_back(g[i]);
          },
          model, gradient);
      for (std::size_t i = 0; i < weights.size(); ++i) {
        const double value = *weights[i];
        *weights[i] = value + h;
        const double above = row.regularizer.penalty(model, samples);
        *weights[i] = value - h;
        const double below = row.regularizer.penalty(model, samples);
        *weights[i] = value;
        CHECK_THAT(slopes[i] - before, WithinAbs((above - below) / (2 * h), tolerance));
      }
    }
  });
}

TEST_CASE("Regularizer: biases and scales are not regularized", "[conformance]") {
  for_each(regularizers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      auto model = static_network();
      auto gradient = zeros_like(model);
      const double penalty = row.regularizer.penalty(model, samples);
      row.regularizer.add_gradient(model, gradient, samples);
      decltype(model)::visit(
          [](const Parameter& p, auto& w, const auto& dw) {
            CHECK(dw.isZero(0) == (p.role != Role::weight));
            if (p.role != Role::weight) w.setConstant(1e6);
          },
          model, gradient);
      CHECK(row.regularizer.penalty(model, samples) == penalty);
    }
  });
}

TEST_CASE("Regularizer: the strength is lambda / m", "[conformance]") {
  for_each(regularizers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const auto model = static_network();
      const double penalty = row.regularizer.penalty(model, samples);
      CHECK(penalty > 0);
      CHECK_THAT(row.regularizer.penalty(model, 2 * samples), WithinRel(penalty / 2, rounding));
    }
  });
}

TEST_CASE("Regularizer: Sequential and DynamicSequential give the same bits", "[conformance]") {
  for_each(regularizers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const auto model = static_network();
      const auto network = runtime_network();
      auto gradient = zeros_like(model);
      auto network_gradient = zeros_like(network);
      row.regularizer.add_gradient(model, gradient, samples);
      row.regularizer.add_gradient(network, network_gradient, samples);
      CHECK(row.regularizer.penalty(network, samples) == row.regularizer.penalty(model, samples));
      CHECK(support::values_of(network_gradient) == support::values_of(gradient));
    }
  });
}

TEST_CASE("AnyTransform: keeps a model within its limit to the bit and is idempotent", "[conformance]") {
  for_each(transforms, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const auto before = support::values_of(static_network());
      auto model = static_network();
      auto wide = row.transform;
      wide.limit = 1e9;
      wide.apply(model);
      CHECK(support::values_of(model) == before);

      row.transform.apply(model);
      const auto once = support::values_of(model);
      CHECK(once != before);
      row.transform.apply(model);
      const auto twice = support::values_of(model);
      for (std::size_t i = 0; i < once.size(); ++i) CHECK_THAT(twice[i], WithinAbs(once[i], rounding));
    }
  });
}

TEST_CASE("AnyTransform: Sequential and DynamicSequential give the same bits", "[conformance]") {
  for_each(transforms, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      auto model = static_network();
      auto network = runtime_network();
      row.transform.apply(model);
      row.transform.apply(network);
      CHECK(support::values_of(network) == support::values_of(model));
    }
  });
}

TEST_CASE("AnyTransform: rejects a limit that is not positive", "[conformance]") {
  for_each(transforms, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      auto model = static_network();
      for (const double wrong : {0.0, -1.0, std::nan("")}) {
        auto limit = row.transform;
        limit.limit = wrong;
        CHECK_THROWS_WITH(limit.apply(model), ContainsSubstring(row.name + ": expected .limit above 0, got"));
      }
    }
  });
}

}  // namespace regularizers_test
