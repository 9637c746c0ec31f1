#pragma once

#include <algorithm>
#include <type_traits>

#include "descent/core/options.hpp"
#include "descent/core/types.hpp"
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
  void apply(M& model) const {
    expect_positive({"MaxNorm", "limit", limit, "choose 3 to 4, the usual range"});
    M::visit(
        [&](const Parameter& p, auto& w) {
          if (p.role == Role::weight) limit_rows(w);
        },
        model);
  }

 private:
  /// Works on blocks of rows, whose sums stay in registers while the loop runs over the contiguous columns.
  void limit_rows(auto& w) const {
    constexpr Index block = 64;
    using T = typename std::remove_cvref_t<decltype(w)>::Scalar;
    for (Index first = 0; first < w.rows(); first += block) {
      const Index count = std::min(block, w.rows() - first);
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
