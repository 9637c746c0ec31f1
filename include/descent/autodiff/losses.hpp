#pragma once

#include <concepts>
#include <string_view>
#include <type_traits>

#include "descent/autodiff/graph.hpp"
#include "descent/autodiff/operands.hpp"
#include "descent/concepts/loss.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// The mean of a loss over the samples, as an operation: a number, computed with its gradient as in training.
///
///   mean_loss(SoftmaxCrossEntropy{}, logits, graph.input(y))
///
/// Throws   the errors of the loss; DataError in `backward` if the target depends on parameters: no slope goes there.
template <std::floating_point T, Loss<T> L>
Variable<T> mean_loss(const L& loss, const Variable<T>& prediction, const Variable<T>& target,
                      std::type_identity_t<SampleWeights<T>> weights = {}) {
  constexpr std::string_view name = [] {
    if constexpr (requires { L::name; })
      return std::string_view{L::name};
    else
      return std::string_view{"loss"};
  }();
  return prediction.graph().record(
      {name,
       [](const Pullback<T>& p) {
         const T slope = p.dy()(0);
         if (slope == 1)
           p.to_a(p.saved());
         else
           p.to_a([&](Matrix<T>& d) {
             detail::write_numbers(p.workers(), p.a().rows(), p.a().cols(), d,
                                   [&](const Part& part) { return slope * flat(p.saved(), part); });
           });
         p.to_b([](Matrix<T>&) {
           throw DataError("mean_loss", "expected a constant target, got one that depends on parameters",
                           "pass stop_gradient(target), or write the loss as a formula");
         });
       }},
      {prediction, target}, [&](Matrix<T>& y) {
        Graph<T>& graph = prediction.graph();
        Matrix<T>& dy = graph.saved();
        const WeightedSum sum = [&] {
          if constexpr (requires {
                          loss.value_and_gradient(prediction.value(), target.value(), dy, weights,
                                                  graph.workers());
                        })
            return loss.value_and_gradient(prediction.value(), target.value(), dy, weights, graph.workers());
          else
            return loss.value_and_gradient(prediction.value(), target.value(), dy, weights);
        }();
        divide_by_weight(dy, sum.weight);
        y.resize(1, 1);
        y(0) = static_cast<T>(sum.mean());
      });
}

}  // namespace descent
