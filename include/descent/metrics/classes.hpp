#pragma once

#include "descent/core/batch.hpp"

namespace descent {

/// The class that a network's outputs choose for a sample: the row of the largest; of a single output, a
/// logit, 1 where it is above `threshold`, else 0.
Index predicted_class(const BatchLike auto& outputs, Index sample, double threshold = 0) {
  if (outputs.rows() == 1) return static_cast<double>(outputs(0, sample)) > threshold ? 1 : 0;
  Index best = 0;
  outputs.col(sample).maxCoeff(&best);
  return best;
}

/// The class that a target stands for: its single value, or the row of the largest.
Index target_class(const BatchLike auto& targets, Index sample) {
  if (targets.rows() == 1) return static_cast<Index>(targets(0, sample));
  return predicted_class(targets, sample);
}

}  // namespace descent
