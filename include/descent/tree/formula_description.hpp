#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "descent/core/types.hpp"
#include "descent/tree/describe.hpp"

namespace descent::inline DESCENT_ABI {

/// An operation of a layer that is written as a formula, for export to other formats.
struct FormulaOperation {
  std::string name = {};  ///< of the operation, such as `+`; empty for a constant and for the input
  std::vector<std::size_t> operands = {};  ///< earlier operations, by their positions
  double number = 0;                       ///< such as the factor of `scale`
  Index index = 0;                         ///< such as the first row of `rows`

  bool is_per_sample = false;  ///< true if the result has a column for each sample of the input
  Shape shape{0};              ///< of a sample of the result

  std::string path = {};                       ///< of a parameter or state in the layer
  Index rows = 0, columns = 0;                 ///< of a constant: a result that does not depend on the input
  std::vector<double> numbers = {};            ///< of a constant, column by column
  std::optional<LayerDescription> layer = {};  ///< that the operation applies
};

/// The operations of a formula for samples of one shape, in the order in which it computes them.
struct FormulaOperations {
  std::vector<FormulaOperation> all;
  std::size_t input = 0, result = 0;  ///< positions
};

/// A layer that is written as a formula.
struct FormulaDescription {
  virtual ~FormulaDescription() = default;
  /// Returns the operations by which the formula computes zeros, in inference: of an `if` the branch that is taken.
  ///
  /// Throws   DataError when a result depends on several samples.
  virtual FormulaOperations operations(const Shape& in) const = 0;
};

}  // namespace descent
