#pragma once

#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/core/types.hpp"
#include "descent/metrics/any_metric.hpp"
#include "descent/parallel/communicator.hpp"
#include "descent/serialize/archive.hpp"

namespace descent::inline DESCENT_ABI {

template <Layer M>
struct FitOptions;

namespace detail {

/// Values besides the options that must be the same on all ranks.
struct RunSettings {
  int epochs;
  double learning_rate;
};

/// Interface of what ranks exchange that train one model; see the members of `DataParallel`.
template <Layer M>
class Exchange {
 public:
  using T = typename M::Scalar;
  using Metrics = std::vector<AnyMetric<T>>;

  virtual void sum(Communicator& ranks, M& gradient, std::vector<T>& flat) const = 0;
  virtual bool sum_of_others(Communicator& ranks, M& gradient, std::vector<T>& flat) const = 0;
  virtual void average_state(Communicator& ranks, M& model, Index samples, std::vector<T>& flat) const = 0;
  virtual void merge(Communicator& ranks, Metrics& metrics, const Metrics& fresh) const = 0;
  virtual void visit(Communicator& ranks, Archive& a, Metrics& metrics) const = 0;
  virtual void together(Communicator& ranks, FunctionRef<void()> f) const = 0;
  virtual void copy_from_rank_0(Communicator& ranks, const M& model,
                                FunctionRef<void(Archive&)> visit) const = 0;
  virtual void expect_same(Communicator& ranks, const FitOptions<M>& options, const M& model,
                           const RunSettings& run) const = 0;

 protected:
  ~Exchange() = default;
};

}  // namespace detail

}  // namespace descent
