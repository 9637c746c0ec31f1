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

/// No parameter is 0, so that one that should be left alone would show.
auto fixed() {
  Rng rng{1};
  Dense<double> first{3, 4, rng}, last{4, 2, rng};
  BatchNorm<double> norm{4};
  first.bias.setConstant(2);
  last.bias.setConstant(-2);
  norm.beta.setConstant(3);
  return Sequential{first, norm, last};
}

Network<double> dynamic() {
  auto same = fixed();
  return Network<double>{same.layer<0>(), same.layer<1>(), same.layer<2>()};
}

}  // namespace

TEST_CASE("regularizers: the gradient is the derivative of the penalty, and is added", "[conformance]") {
  for_each(regularizers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      constexpr double h = 1e-4, tolerance = 1e-10, before = 7;
      auto model = fixed();
      auto gradient = zeros_like(model);
      visit_flat([&](auto g) { g.setConstant(before); }, gradient);
      row.regularizer.add_gradient(model, gradient, samples);
      // Two trees are walked, but the model is changed and looked at in between.
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

TEST_CASE("regularizers: biases and scales are left alone, to the bit", "[conformance]") {
  for_each(regularizers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      auto model = fixed();
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

TEST_CASE("regularizers: the strength is lambda / m", "[conformance]") {
  for_each(regularizers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const auto model = fixed();
      const double penalty = row.regularizer.penalty(model, samples);
      CHECK(penalty > 0);
      CHECK_THAT(row.regularizer.penalty(model, 2 * samples), WithinRel(penalty / 2, rounding));
    }
  });
}

TEST_CASE("regularizers: static equals run-time", "[conformance]") {
  for_each(regularizers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const auto model = fixed();
      const auto network = dynamic();
      auto gradient = zeros_like(model);
      auto network_gradient = zeros_like(network);
      row.regularizer.add_gradient(model, gradient, samples);
      row.regularizer.add_gradient(network, network_gradient, samples);
      CHECK(row.regularizer.penalty(network, samples) == row.regularizer.penalty(model, samples));
      CHECK(support::values_of(network_gradient) == support::values_of(gradient));
    }
  });
}

TEST_CASE("limits: what is within the limit stays, to the bit; applied twice is as applied once",
          "[conformance]") {
  for_each(limits, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const auto before = support::values_of(fixed());
      auto model = fixed();
      auto wide = row.limit;
      wide.limit = 1e9;
      wide.apply(model);
      CHECK(support::values_of(model) == before);

      row.limit.apply(model);
      const auto once = support::values_of(model);
      CHECK(once != before);
      row.limit.apply(model);
      const auto twice = support::values_of(model);
      for (std::size_t i = 0; i < once.size(); ++i) CHECK_THAT(twice[i], WithinAbs(once[i], rounding));
    }
  });
}

TEST_CASE("limits: static equals run-time", "[conformance]") {
  for_each(limits, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      auto model = fixed();
      auto network = dynamic();
      row.limit.apply(model);
      row.limit.apply(network);
      CHECK(support::values_of(network) == support::values_of(model));
    }
  });
}

TEST_CASE("limits: a limit that is not positive is refused", "[conformance]") {
  for_each(limits, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      auto model = fixed();
      for (const double wrong : {0.0, -1.0, std::nan("")}) {
        auto limit = row.limit;
        limit.limit = wrong;
        CHECK_THROWS_WITH(limit.apply(model), ContainsSubstring(row.name + ": expected .limit above 0, got"));
      }
    }
  });
}

}  // namespace regularizers_test
