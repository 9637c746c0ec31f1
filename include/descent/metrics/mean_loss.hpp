#pragma once

#include <cctype>
#include <cstdint>
#include <string>
#include <string_view>

#include "descent/core/batch.hpp"
#include "descent/core/output_kind.hpp"

namespace descent {

namespace detail {
/// MeanAbsoluteError as mean_absolute_error: the names of metrics are written so.
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
/// The log loss of a classifier is that of SoftmaxCrossEntropy, or SigmoidCrossEntropy for one output.
///
/// Shapes, Throws   as the loss; from `prepare` DataError when the loss expects another kind of predictions.
template <class L>
struct MeanLoss {
  L loss;
  std::string name = detail::snake_case(L::name);
  double total = 0;  ///< what was added up so far
  std::int64_t seen = 0;

  void check(Index outputs, const BatchLike auto& target) const {
    if constexpr (requires { loss.check(outputs, target); }) loss.check(outputs, target);
  }
  void prepare(OutputKind kind) { detail::expect_kind(loss, kind); }
  void update(const BatchLike auto& prediction, const BatchLike auto& target) {
    total += loss.value(prediction, target) * static_cast<double>(prediction.cols());
    seen += prediction.cols();
  }
  void merge(const MeanLoss& other) {
    total += other.total;
    seen += other.seen;
  }
  /// Not-a-number before the first sample.
  double value() const { return total / static_cast<double>(seen); }
  void visit_members(auto& a) { a("total", total), a("seen", seen); }
};

template <class L>
MeanLoss(L) -> MeanLoss<L>;

}  // namespace descent
