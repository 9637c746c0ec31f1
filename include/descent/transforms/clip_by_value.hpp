#pragma once

#include "descent/core/options.hpp"
#include "descent/parallel/workers.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// Gradient clipping by value: limits each entry of the gradient, also of biases and scales. Applied before the step.
///
///   g = min(max(g, -limit), limit)
///
///   ClipByValue{.limit = 0.5}.apply(gradient)
///
/// Changes the direction of the gradient; ClipByGlobalNorm preserves it.
///
/// Throws   DataError when the limit is not positive.
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 10.11.1
struct ClipByValue {
  double limit = 1;

  template <Parameterized M>
  void apply(M& gradient, Workers& workers = single_thread) const {
    expect_positive({"ClipByValue", "limit", limit});
    using T = typename M::Scalar;
    const T most = T(limit);
    visit_parts(
        workers, [&](auto g) { g = g.min(most).max(-most); }, gradient);
  }
};

}  // namespace descent
