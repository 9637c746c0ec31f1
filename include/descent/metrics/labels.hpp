#pragma once

#include <string_view>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/losses/targets.hpp"

namespace descent::detail {

/// Throws unless every target is 0 or 1.
void expect_labels(std::string_view component, const auto& target) {
  for (Index j = 0; j < target.cols(); ++j)
    for (Index i = 0; i < target.rows(); ++i)
      if (const auto t = target(i, j); !is_finite(t) || (t != 0 && t != 1))
        throw DataError(component, concat("expected targets of 0 or 1, got ", t, " for sample ", j),
                        "a target has a row for each label: 1 where the sample has it, else 0");
}

/// Throws unless the targets have 0 or 1 for each output.
void check_labels(std::string_view component, Index outputs, const auto& target) {
  expect_outputs(component, outputs, target.rows());
  expect_labels(component, target);
}

}  // namespace descent::detail
