#pragma once

#include <concepts>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/core/misfit.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/data/dataset.hpp"
#include "descent/inference/evaluate.hpp"
#include "descent/metrics/any_metric.hpp"
#include "descent/parallel/workers.hpp"

namespace descent::inline DESCENT_ABI {

/// The address of a validation set as an option, or null for none; the data set must outlive the training. Only its
/// conversion from an address instantiates the code that measures, so that programs without a validation set do not
/// compile it.
template <Layer M>
class Validation {
 public:
  using T = typename M::Scalar;
  using Metrics = std::vector<AnyMetric<T>>;
  /// The sum of a loss over predictions, targets and weights of some samples.
  using LossSum = FunctionRef<WeightedSum(const Batch<T>&, const Batch<T>&, SampleWeights<T>)>;

  Validation() = default;
  Validation(std::convertible_to<const Dataset<T>*> auto data)
      : data_{data},
        measure_{[](const M& model, const Dataset<T>& on, const LossSum& loss, Metrics& metrics,
                    Workers& workers) {
          WeightedSum total;
          detail::predict_with_targets(model, on, workers,
                                       [&](Batch<T> prediction, Batch<T> target, SampleWeights<T> weights) {
                                         total += loss(prediction, target, weights);
                                         for (AnyMetric<T>& metric : metrics)
                                           metric.update(prediction, target, weights);
                                       });
          return total;
        }} {}
  template <detail::Misfit<Validation> Data>
    requires(!std::convertible_to<Data, const Dataset<T>*>)
  Validation(const Data&) {
    static_assert(detail::never<Data>, "a .validation is the address of a data set, such as &dev");
  }

  operator const Dataset<T>*() const { return data_; }

  /// Updates the metrics with the data set and returns the sum of the loss.
  WeightedSum measure(const M& model, const LossSum& loss, Metrics& metrics, Workers& workers) const {
    return measure_(model, *data_, loss, metrics, workers);
  }

 private:
  const Dataset<T>* data_ = nullptr;
  WeightedSum (*measure_)(const M&, const Dataset<T>&, const LossSum&, Metrics&, Workers&) = nullptr;
};

}  // namespace descent
