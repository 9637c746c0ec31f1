#pragma once

#include <algorithm>
#include <concepts>
#include <string_view>

#include "descent/concepts/initializer.hpp"
#include "descent/core/options.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"

namespace descent {

/// W = gain * Q with Q drawn uniformly among the matrices whose columns are orthonormal, or whose rows are
/// where there are fewer rows than columns. No direction of the signal grows or shrinks, however deep the
/// network; for ReLU units, which pass on half of it, take gain sqrt(2).
///
///   W^T W = gain^2 * I   where out >= in,      W W^T = gain^2 * I   where out <= in
///
/// Q comes from normal vectors, each made orthogonal to those before it (Gram, Schmidt) and scaled to
/// length 1. It is done in double, and twice, which makes up for what cancels the first time. Unlike the
/// other initialisers this one adds in the order of the processor's vectors: the same everywhere but for rounding.
///
/// Throws   DataError when the gain is not finite.
/// Cost     4 * long * short^2 flop for sides `long` and `short`.
/// Source   Saxe, McClelland, Ganguli: Exact solutions to the nonlinear dynamics of learning in deep linear
///          neural networks (ICLR 2014); Giraud, Langou, Rozloznik: The loss of orthogonality in the
///          Gram-Schmidt orthogonalization process (2005), for doing it twice
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
