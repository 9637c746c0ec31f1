#pragma once

#include <cctype>
#include <string>
#include <string_view>

#include "descent/concepts/output_kind.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/sample_weights.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {
/// Converts the name of a loss to that of a metric: MeanAbsoluteError to mean_absolute_error.
inline std::string snake_case(std::string_view name) {
  std::string snake;
  for (const char c : name) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isupper(letter) && !snake.empty()) snake += '_';
    snake += static_cast<char>(std::tolower(letter));
  }
  return snake;
}
}  // namespace detail

/// The mean of a loss over samples, as a metric. Lists of metrics take the loss itself:
///
///   fit(net, train, Huber{}, Adam{}, {.metrics = {MeanAbsoluteError{}}});     history["mean_absolute_error"]
///
/// The log loss of a classifier is the mean of SoftmaxCrossEntropy, or of SigmoidCrossEntropy for a single output.
///
/// Shapes, Throws   as the loss; from `prepare` DataError when the loss expects another kind of predictions.
template <class L>
struct MeanLoss {
  L loss;
  std::string name = detail::snake_case(L::name);
  WeightedSum total = {};  ///< sums of the weighted losses and of the weights

  void check(Index outputs, const BatchLike auto& target) const {
    if constexpr (requires { loss.check(outputs, target); }) loss.check(outputs, target);
  }
  void prepare(OutputKind kind) { detail::expect_kind(loss, kind); }
  template <BatchLike P>
  void update(const P& prediction, const BatchLike auto& target,
              SampleWeights<typename P::Scalar> weights = {}) {
    total += loss.value(prediction, target, weights);
  }
  void merge(const MeanLoss& other) { total += other.total; }
  /// Not-a-number before the first sample.
  double value() const { return total.mean(); }
  void visit_members(auto& a) { a("total", total); }
};

template <class L>
MeanLoss(L) -> MeanLoss<L>;

}  // namespace descent
