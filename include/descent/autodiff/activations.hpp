#pragma once

#include <concepts>

#include "descent/autodiff/apply.hpp"
#include "descent/autodiff/variable.hpp"
#include "descent/layers/activations/elu.hpp"
#include "descent/layers/activations/gelu.hpp"
#include "descent/layers/activations/hard_sigmoid.hpp"
#include "descent/layers/activations/hard_swish.hpp"
#include "descent/layers/activations/hard_tanh.hpp"
#include "descent/layers/activations/leaky_relu.hpp"
#include "descent/layers/activations/log_softmax.hpp"
#include "descent/layers/activations/mish.hpp"
#include "descent/layers/activations/relu.hpp"
#include "descent/layers/activations/relu6.hpp"
#include "descent/layers/activations/selu.hpp"
#include "descent/layers/activations/sigmoid.hpp"
#include "descent/layers/activations/silu.hpp"
#include "descent/layers/activations/softmax.hpp"
#include "descent/layers/activations/softplus.hpp"
#include "descent/layers/activations/softsign.hpp"
#include "descent/layers/activations/tanh.hpp"

// The activations of the library as functions. Each computes the bits of its layer.

namespace descent::inline DESCENT_ABI {

/// Rectified linear unit, `ReLU`; the slope at 0 is 0.
template <std::floating_point T>
Variable<T> relu(const Variable<T>& a) {
  return detail::applied(ReLU<T>{}, a);
}
/// `LeakyReLU` with a slope for negative numbers.
template <std::floating_point T>
Variable<T> leaky_relu(const Variable<T>& a, double slope = LeakyReLUOptions{}.slope) {
  return detail::applied(LeakyReLU<T>{{.slope = slope}}, a);
}
/// `ReLU6`, a ReLU with an upper limit of 6.
template <std::floating_point T>
Variable<T> relu6(const Variable<T>& a) {
  return detail::applied(ReLU6<T>{}, a);
}
/// Exponential linear unit, `ELU`.
template <std::floating_point T>
Variable<T> elu(const Variable<T>& a, double alpha = ELUOptions{}.alpha) {
  return detail::applied(ELU<T>{{.alpha = alpha}}, a);
}
/// Scaled exponential linear unit, `SELU`.
template <std::floating_point T>
Variable<T> selu(const Variable<T>& a) {
  return detail::applied(SELU<T>{}, a);
}
/// Gaussian error linear unit, `GELU`.
template <std::floating_point T>
Variable<T> gelu(const Variable<T>& a, GELUForm form = GELUForm::exact) {
  return detail::applied(GELU<T>{form}, a);
}
/// Sigmoid linear unit, `SiLU`.
template <std::floating_point T>
Variable<T> silu(const Variable<T>& a) {
  return detail::applied(SiLU<T>{}, a);
}
/// `Mish`.
template <std::floating_point T>
Variable<T> mish(const Variable<T>& a) {
  return detail::applied(Mish<T>{}, a);
}
/// Logistic `Sigmoid`.
template <std::floating_point T>
Variable<T> sigmoid(const Variable<T>& a) {
  return detail::applied(Sigmoid<T>{}, a);
}
/// Hyperbolic tangent, `Tanh`.
template <std::floating_point T>
Variable<T> tanh(const Variable<T>& a) {
  return detail::applied(Tanh<T>{}, a);
}
/// `Softplus`, log(1 + exp(a)).
template <std::floating_point T>
Variable<T> softplus(const Variable<T>& a) {
  return detail::applied(Softplus<T>{}, a);
}
/// `Softsign`, a / (1 + |a|).
template <std::floating_point T>
Variable<T> softsign(const Variable<T>& a) {
  return detail::applied(Softsign<T>{}, a);
}
/// `HardSigmoid`, a piecewise linear sigmoid.
template <std::floating_point T>
Variable<T> hard_sigmoid(const Variable<T>& a, double slope = HardSigmoidOptions{}.slope) {
  return detail::applied(HardSigmoid<T>{{.slope = slope}}, a);
}
/// `HardTanh`, limited to [-1, 1].
template <std::floating_point T>
Variable<T> hard_tanh(const Variable<T>& a) {
  return detail::applied(HardTanh<T>{}, a);
}
/// `HardSwish`, a piecewise quadratic SiLU.
template <std::floating_point T>
Variable<T> hard_swish(const Variable<T>& a) {
  return detail::applied(HardSwish<T>{}, a);
}
/// `Softmax` over the features of each sample, or over the channels at each position.
template <std::floating_point T>
Variable<T> softmax(const Variable<T>& a) {
  return detail::applied(Softmax<T>{}, a);
}
/// Logarithm of the softmax, `LogSoftmax`.
template <std::floating_point T>
Variable<T> log_softmax(const Variable<T>& a) {
  return detail::applied(LogSoftmax<T>{}, a);
}

}  // namespace descent
