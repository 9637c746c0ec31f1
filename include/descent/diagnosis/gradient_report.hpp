#pragma once

#include <charconv>
#include <ostream>
#include <string>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/number_text.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// The verdict of a gradient check, by the relative difference.
enum class GradientVerdict {
  correct,     ///< below 1e-7
  acceptable,  ///< below 1e-5
  suspicious,  ///< below 1e-3: look closer
  wrong,       ///< at least 1e-3, or above 1e-3 for a single entry
};

/// The result of `check_gradient`. Printed, it is a table.
struct GradientReport {
  /// One entry of the gradient: the result of backward and the central difference.
  struct Entry {
    std::string block;
    Index row = 0, col = 0;
    double analytic = 0, numeric = 0;
  };
  /// A parameter, or "input".
  struct Block {
    std::string name;
    double relative_difference = 0;
    Index entries = 0;
    Index kinks = 0;
  };

  double relative_difference = 0;   ///< over parameters and inputs together, without kinks
  double parameter_difference = 0;  ///< over the parameters alone, as courses compute it
  double input_difference = 0;      ///< over the inputs alone
  GradientVerdict verdict = GradientVerdict::correct;
  std::vector<Block> blocks;
  std::vector<Entry> worst;         ///< the largest deviations, without kinks
  std::vector<Entry> kinks;         ///< entries at which the loss has no derivative, such as ReLU at 0
  std::vector<Entry> entries = {};  ///< with `.keep_entries` all, also kinks; by block, then by column

  friend std::ostream& operator<<(std::ostream& out, const GradientReport& report) {
    constexpr const char* verdicts[] = {"correct", "acceptable", "suspicious", "wrong"};
    const auto digits = [](double value, int count) {
      return detail::number_text(value, std::chars_format::general, count);
    };
    out << detail::joined("gradient: ", verdicts[static_cast<int>(report.verdict)], ", relative difference ",
                          digits(report.relative_difference, 3), "; of parameters ",
                          digits(report.parameter_difference, 3), ", of inputs ",
                          digits(report.input_difference, 3), '\n');
    for (const Block& b : report.blocks)
      out << detail::joined("  ", detail::left_aligned(b.name, 16),
                            detail::right_aligned(digits(b.relative_difference, 3), 10), "  over ", b.entries,
                            " entries, ", b.kinks, " at kinks\n");
    for (const Entry& e : report.worst)
      out << detail::joined("  ", e.block, '(', e.row, ", ", e.col, ")  backward ", digits(e.analytic, 9),
                            "  numeric ", digits(e.numeric, 9), '\n');
    return out;
  }
};

}  // namespace descent
