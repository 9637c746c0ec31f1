#pragma once

#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/metrics/any_metric.hpp"
#include "descent/parallel/communicator.hpp"
#include "descent/serialize/archive.hpp"
#include "descent/training/checkpoint.hpp"

namespace descent::inline DESCENT_ABI {

template <Layer M>
struct FitOptions;

namespace detail {

class Learner;

/// Interface of what ranks exchange that train one model; see the members of `DataParallel`.
template <Layer M>
class Exchange {
 public:
  using T = typename M::Scalar;
  using Metrics = std::vector<AnyMetric<T>>;

  virtual WeightedSum sum(Communicator& ranks, const WeightedSum& own) const = 0;
  virtual void sum(Communicator& ranks, M& gradient, std::vector<T>& flat) const = 0;
  virtual bool sum_of_others(Communicator& ranks, M& gradient, std::vector<T>& flat) const = 0;
  virtual void average_state(Communicator& ranks, M& model, Index samples, std::vector<T>& flat) const = 0;
  virtual void merge(Communicator& ranks, Metrics& metrics) const = 0;
  virtual void visit(Communicator& ranks, Archive& a, Metrics& metrics) const = 0;
  virtual void together(Communicator& ranks, FunctionRef<void()> f) const = 0;
  virtual void begin(Communicator& ranks, const M& model, Checkpointed& run,
                     const CheckpointPath& resume_from) const = 0;
  virtual void expect_same(Communicator& ranks, const FitOptions<M>& options, const M& model, int epochs,
                           const Learner& learner) const = 0;
  virtual void expect_equal(Communicator& ranks, Index samples) const = 0;

 protected:
  ~Exchange() = default;
};

}  // namespace detail

}  // namespace descent
