#pragma once

#include <algorithm>
#include <concepts>
#include <string_view>

#include "descent/concepts/initializer.hpp"
#include "descent/core/options.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// Orthogonal initialization: W = gain * Q, with Q drawn uniformly from the matrices with orthonormal columns, or
/// orthonormal rows if there are fewer rows than columns. No direction of the signal grows or shrinks, however deep
/// the network; for ReLU units, which pass on half of the signal, choose gain sqrt(2).
///
///   W^T W = gain^2 * I   where out >= in,      W W^T = gain^2 * I   where out <= in
///
/// Q is computed from normal vectors by Gram-Schmidt orthogonalization, in double precision and twice, since the
/// first pass loses digits to cancellation. Unlike the other initializers, this one sums in the order of the
/// processor's vector registers: results differ between processors by rounding.
///
/// Throws   DataError when the gain is not finite.
/// Cost     4 * long * short^2 flop for a longer side `long` and a shorter side `short`.
/// Source   Saxe, McClelland, Ganguli: Exact solutions to the nonlinear dynamics of learning in deep linear
///          neural networks (ICLR 2014); Giraud, Langou, Rozloznik: The loss of orthogonality in the
///          Gram-Schmidt orthogonalization process (2005), for the second pass
struct Orthogonal {
  static constexpr std::string_view name = "Orthogonal";

  double gain = 1;

  template <std::floating_point T>
  void operator()(Matrix<T>& weight, const Fan&, Rng& rng) const {
    expect_finite({name, "gain", gain});
    const bool tall = weight.rows() >= weight.cols();
    Matrix<double> q(std::max(weight.rows(), weight.cols()), std::min(weight.rows(), weight.cols()));
    for (Index j = 0; j < q.cols(); ++j) {
      for (double& v : q.col(j)) v = rng.normal();
      for (int repeat = 0; repeat < 2; ++repeat) {
        const Vector<double> overlap = q.leftCols(j).transpose() * q.col(j);
        q.col(j).noalias() -= q.leftCols(j) * overlap;
      }
      q.col(j).normalize();
    }
    q *= gain;
    if (tall)
      weight = q.cast<T>();
    else
      weight = q.transpose().cast<T>();
  }
};

}  // namespace descent
