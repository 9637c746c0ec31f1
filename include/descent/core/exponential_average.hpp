#pragma once

#include <Eigen/Core>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "descent/core/errors.hpp"
#include "descent/core/options.hpp"

namespace descent::inline DESCENT_ABI {

/// Updates an exponentially weighted average, a number or an Eigen expression that can be assigned to.
///
///   v = beta v + (1 - beta) theta
///
/// For Eigen this is one vectorized pass without a temporary; theta may be an expression such as `dw.square()`.
template <class V, class X>
void update_average(V&& v, const X& theta, double beta) {
  if constexpr (std::floating_point<std::remove_cvref_t<V>>) {
    using T = std::remove_cvref_t<V>;
    v = T(beta) * v + T(1 - beta) * T(theta);
  } else {
    using T = typename std::remove_cvref_t<V>::Scalar;
    v = T(beta) * v + T(1 - beta) * theta;
  }
}

/// Returns the sum of the weights in an average of t values that starts at 0. The average divided by it is unbiased.
///
///   (1 - beta) (1 + beta + ... + beta^(t - 1)) = 1 - beta^t       t = 1, 2, ...
inline double bias_correction(double beta, std::int64_t t) {
  const auto count = static_cast<double>(t);
  if ((1 - beta) * count > 38) return 1;  // beta^t < exp(-38) < 2^-54: the difference rounds to 1
  return 1 - std::pow(beta, count);
}

/// An exponentially weighted average of a number, a vector or a matrix, over about the last 1 / (1 - beta) values.
///
///   v = beta v + (1 - beta) theta       v = 0 initially       value = v / (1 - beta^t)       t = 1, 2, ...
///
///   ExponentialAverage smooth{0.9};
///   for (const double loss : losses) smooth.update(loss), std::cout << smooth.value() << '\n';
///   ExponentialAverage<Matrix<>> mean{0.99};
///
/// Without the bias correction, the division by 1 - beta^t, the first values would be far too small. `uncorrected()`
/// is v. The optimizers and batch normalization use the same `update_average` on arrays.
///
/// Throws   DataError when beta is not in [0, 1), or when `value` is called before `update`; ShapeError when a matrix
///          has another shape than those before it.
/// Source   Kingma, Ba: Adam (ICLR 2015), section 3
template <class V = double>
class ExponentialAverage {
 public:
  static constexpr std::string_view name = "ExponentialAverage";

  explicit ExponentialAverage(double beta = 0.9) : beta_{beta} {
    expect_share({name, "beta", beta, "choose 0.9 to average over about 10 values, 0.99 for about 100"});
  }

  void update(const V& theta) {
    if constexpr (!std::floating_point<V>) {
      if (count_ == 0) v_.setZero(theta.rows(), theta.cols());
      if (theta.rows() != v_.rows() || theta.cols() != v_.cols())
        throw_error<ShapeError>(name, {"expected ", v_.rows(), " x ", v_.cols(), " values, got ",
                                       theta.rows(), " x ", theta.cols()});
    }
    update_average(v_, theta, beta_);
    ++count_;
  }

  /// Returns the bias-corrected average.
  V value() const {
    if (count_ == 0)
      throw_error<DataError>(name, {"expected a value to average, got none yet"}, "call update first");
    using T = decltype(scalar());
    return v_ / T(bias_correction(beta_, count_));
  }

  const V& uncorrected() const { return v_; }
  std::int64_t count() const { return count_; }
  double beta() const { return beta_; }

 private:
  static auto scalar() {
    if constexpr (std::floating_point<V>)
      return V{};
    else
      return typename V::Scalar{};
  }

  double beta_;
  V v_{};
  std::int64_t count_ = 0;
};

}  // namespace descent
