#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "descent/core/concepts.hpp"
#include "descent/data/dataset.hpp"
#include "descent/metrics/any_metric.hpp"
#include "descent/regularizers/any_regularizer.hpp"
#include "descent/training/progress.hpp"

namespace descent {

/// `.batch_size = full_batch` takes the whole training set for each step.
inline constexpr Index full_batch = std::numeric_limits<Index>::max();

/// How `fit` and `Trainer` train.
template <Layer M>
struct FitOptions {
  int epochs = 10;        ///< passes through the training set
  Index batch_size = 32;  ///< samples a step; the last batch of an epoch may be smaller
  const Dataset<typename M::Scalar>* validation = nullptr;   ///< measured after each epoch
  std::vector<AnyMetric<typename M::Scalar>> metrics = {};   ///< measured beside the loss
  AnyRegularizer<M> regularizer = {};                        ///< added to the cost, such as L2
  bool shuffle = true;                                       ///< a new order for each epoch
  std::uint64_t seed = 0;                                    ///< of the order and of dropout
  ProgressOptions progress = {};
};

}  // namespace descent
