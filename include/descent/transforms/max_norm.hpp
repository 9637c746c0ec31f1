#pragma once

#include <algorithm>
#include <type_traits>

#include "descent/core/options.hpp"
#include "descent/core/types.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/tree/parameter.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// Max-norm constraint: limits the norm of the incoming weights of each unit. Applied after each step. Unlike a
/// penalty it does nothing below the limit. Biases and scales are not constrained.
///
///   w_i *= limit / ||w_i||  where ||w_i|| > limit,  w_i a row of a weight matrix [out, in]
///
///   MaxNorm{.limit = 3}.apply(model)
///
/// Throws   DataError when the limit is not positive.
/// Cost     one pass over the weights, two over rows above the limit; allocates nothing.
/// Source   Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov: Dropout (JMLR 15, 2014), 5.1
struct MaxNorm {
  double limit = 3;

  template <Parameterized M>
  void apply(M& model, Workers& workers = single_thread) const {
    expect_positive({"MaxNorm", "limit", limit, "choose 3 to 4, the usual range"});
    M::visit(
        [&](const Parameter& p, auto& w) {
          if (p.role != Role::weight) return;
          for_parts(workers, {.count = w.rows(), .values_each = w.cols(), .multiple = 16},
                    [&](const Part& rows) { limit_rows(w, rows); });
        },
        model);
  }

 private:
  /// Works on blocks of rows, whose sums stay in registers while the loop runs over the contiguous columns.
  void limit_rows(auto& w, const Part& rows) const {
    constexpr Index block = 64;
    using T = typename std::remove_cvref_t<decltype(w)>::Scalar;
    const Index end = rows.first + rows.count;
    for (Index first = rows.first; first < end; first += block) {
      const Index count = std::min(block, end - first);
      Eigen::Array<T, Eigen::Dynamic, 1, 0, block, 1> norm = decltype(norm)::Zero(count);
      for (Index j = 0; j < w.cols(); ++j) norm += w.col(j).segment(first, count).array().square();
      norm = norm.sqrt();
      if (!(norm > T(limit)).any()) continue;
      norm = (norm > T(limit)).select(T(limit) / norm, T(1));  // from here on the factor
      for (Index j = 0; j < w.cols(); ++j) w.col(j).segment(first, count).array() *= norm;
    }
  }
};

}  // namespace descent
