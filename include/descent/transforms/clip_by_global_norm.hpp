#pragma once

#include <cmath>

#include "descent/core/finite.hpp"
#include "descent/core/options.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// Gradient clipping by norm: limits the norm of the whole gradient, all parameters taken as one vector. Applied
/// before the step.
///
///   g *= limit / ||g||  where ||g|| > limit
///
///   const double norm = ClipByGlobalNorm{.limit = 1}.apply(gradient);      the norm before clipping
///
/// A clipped gradient has the norm `limit`; PyTorch's clip_grad_norm_ divides by ||g|| + 1e-6 instead. The norm is
/// computed in double precision, so that an exploding gradient does not overflow it. A gradient whose norm is not
/// finite is left unchanged, for the trainer to detect.
///
/// Throws   DataError when the limit is not positive.
/// Source   Pascanu, Mikolov, Bengio: On the difficulty of training recurrent neural networks (ICML 2013)
struct ClipByGlobalNorm {
  double limit = 1;

  /// Returns the norm before clipping.
  template <Parameterized M>
  double apply(M& gradient, Workers& workers = single_thread) const {
    expect_positive({"ClipByGlobalNorm", "limit", limit});
    using T = typename M::Scalar;
    double squares = 0;
    visit_flat(
        [&](auto g) {
          squares += sum_over_numbers(workers, g.size(), [&](const Part& part) {
            return g.segment(part.first, part.count).template cast<double>().square().sum();
          });
        },
        gradient);
    const double norm = std::sqrt(squares);
    if (!is_finite(norm) || norm <= limit) return norm;
    const T factor = T(limit / norm);
    visit_parts(
        workers, [&](auto g) { g *= factor; }, gradient);
    return norm;
  }
};

}  // namespace descent
