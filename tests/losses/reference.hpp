#pragma once

#include <string_view>

#include "golden.hpp"
#include "losses/mean_of.hpp"

/// Compares a loss with every reference of its name in tests/golden/losses.json and returns their number. `make`
/// takes a case, for its options, and returns the loss; `of_gradient` is the tolerance of the gradient.
inline int equals_reference(std::string_view name, auto&& make, double of_gradient = golden::one_step) {
  using namespace descent;
  int cases = 0;
  const auto file = golden::read("losses");
  for (const auto& c : file.at("cases")) {
    if (c.at("loss") != name) continue;
    ++cases;
    CAPTURE(cases);
    const auto loss = make(c);
    const Matrix<double> prediction = golden::batch(c.at("prediction"));
    const Matrix<double> target =
        c.contains("labels") ? golden::labels(c.at("labels")) : golden::batch(c.at("target"));
    const double expected = c.at("value");
    Matrix<double> dy;
    loss.check(prediction.rows(), target);
    CHECK_THAT(mean_of(loss, prediction, target), Catch::Matchers::WithinRel(expected, golden::one_step));
    CHECK_THAT(mean_of(loss, prediction, target, dy), Catch::Matchers::WithinRel(expected, golden::one_step));
    golden::require_close(dy, golden::batch(c.at("gradient")), of_gradient);
  }
  return cases;
}

template <class L>
int equals_reference() {
  return equals_reference(L::name, [](const auto&) { return L{}; });
}
