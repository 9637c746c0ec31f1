#pragma once

#include <concepts>
#include <string_view>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// A weighted sum over samples and the sum of the weights. The sums of all batches add up to that of the data set,
/// for any batch size; their means do not.
struct WeightedSum {
  double sum = 0;
  double weight = 0;

  /// Returns sum / weight, or NaN if the weight is 0.
  double mean() const { return weight > 0 ? sum / weight : detail::not_a_number<double>(); }

  WeightedSum& operator+=(const WeightedSum& other) {
    sum += other.sum;
    weight += other.weight;
    return *this;
  }
  void visit_members(auto& a) { a("sum", sum), a("weight", weight); }
};

/// A read-only view of the weights of the samples of a batch. An empty view means weights of 1.
///
/// A `Vector` converts to it without a copy and must outlive it. Pass the view by value.
template <std::floating_point T = float>
class SampleWeights {
 public:
  SampleWeights() = default;
  SampleWeights(const T* weights, Index samples) : data_{weights}, size_{samples} {}
  SampleWeights(const Vector<T>& weights) : SampleWeights{weights.data(), weights.size()} {}

  bool empty() const { return size_ == 0; }
  Index size() const { return size_; }

  /// Returns the weight of sample j.
  T operator()(Index j) const { return empty() ? T(1) : data_[j]; }

  /// Returns the weights of `count` samples, beginning with sample `first`.
  SampleWeights segment(Index first, Index count) const {
    return empty() ? *this : SampleWeights{data_ + first, count};
  }

  /// Returns the sum of the weights of a batch of `samples` samples.
  double sum(Index samples) const {
    if (empty()) return static_cast<double>(samples);
    double total = 0;
    for (Index j = 0; j < size_; ++j) total += static_cast<double>(data_[j]);
    return total;
  }

  /// Calls f(first, count, weight) for ranges of samples that share one nonzero weight: once for the whole batch if
  /// the view is empty, so that the loop in f is long, else for each sample.
  void for_each_range(Index samples, auto&& f) const {
    if (empty()) return f(Index{0}, samples, T(1));
    for (Index j = 0; j < samples; ++j)
      if (data_[j] != 0) f(j, Index{1}, data_[j]);
  }

 private:
  const T* data_ = nullptr;
  Index size_ = 0;
};

/// Divides the gradient of a sum over samples by the sum of the weights, which yields the gradient of the mean, or 0
/// if the weight is 0. No other function divides a gradient by the number of samples.
template <std::floating_point T>
void divide_by_weight(Matrix<T>& gradient, double weight) {
  const T factor = weight > 0 ? T(1) / static_cast<T>(weight) : T(0);
  for (T *number = gradient.data(), *end = number + gradient.size(); number != end; ++number)
    *number = weight > 0 ? *number * factor : T(0);
}

namespace detail {

/// Throws ShapeError unless there are no weights or one per sample.
template <std::floating_point T>
void expect_weights(std::string_view component, SampleWeights<T> weights, Index samples) {
  if (!weights.empty() && weights.size() != samples)
    throw_error<ShapeError>(component,
                            {"expected ", samples, " weights, one per sample, got ", weights.size()},
                            "pass one weight per sample, or none if all count the same");
}

/// Throws DataError unless the weights are finite and not negative. `role` names them in the message.
template <std::floating_point T>
void expect_weight_values(std::string_view component, SampleWeights<T> weights, std::string_view role) {
  for (Index j = 0; j < weights.size(); ++j)
    if (const T w = weights(j); !is_finite(w) || w < 0)
      throw_error<DataError>(component,
                             {"expected weights of 0 or more in ", role, ", got ", w, " for sample ", j},
                             "choose 0 for a sample that does not count");
}

}  // namespace detail

}  // namespace descent
