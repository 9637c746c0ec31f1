#pragma once

#include <concepts>
#include <string_view>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/types.hpp"

namespace descent {

/// A sum over samples, each multiplied by its weight, and the sum of these weights. Sums of batches add up to that of the
/// data set, however it is divided into batches; their means do not.
struct WeightedSum {
  double sum = 0;
  double weight = 0;

  /// sum / weight; not-a-number without any weight.
  double mean() const { return weight > 0 ? sum / weight : detail::not_a_number<double>(); }

  WeightedSum& operator+=(const WeightedSum& other) {
    sum += other.sum;
    weight += other.weight;
    return *this;
  }
  void visit_members(auto& a) { a("sum", sum), a("weight", weight); }
};

/// A read-only view of one weight for each sample of a batch. An empty view means weights of 1.
///
/// A `Vector` converts to it without a copy. Pass the view by value, and keep the numbers alive.
template <std::floating_point T = float>
class SampleWeights {
 public:
  SampleWeights() = default;
  SampleWeights(const T* weights, Index samples) : data_{weights}, size_{samples} {}
  SampleWeights(const Vector<T>& weights) : SampleWeights{weights.data(), weights.size()} {}

  bool empty() const { return size_ == 0; }
  Index size() const { return size_; }

  /// The weight of sample j.
  T operator()(Index j) const { return empty() ? T(1) : data_[j]; }

  /// The weights of `count` samples, the first of which is sample `first`.
  SampleWeights segment(Index first, Index count) const {
    return empty() ? *this : SampleWeights{data_ + first, count};
  }

  /// The sum of the weights of a batch of this number of samples.
  double sum(Index samples) const {
    if (empty()) return static_cast<double>(samples);
    double total = 0;
    for (Index j = 0; j < size_; ++j) total += static_cast<double>(data_[j]);
    return total;
  }

  /// Calls f(first, count, weight) for ranges of samples of one weight that is not 0: for the whole batch if the view is
  /// empty, so that the loop within f is long, else for each sample.
  void for_each_range(Index samples, auto&& f) const {
    if (empty()) return f(Index{0}, samples, T(1));
    for (Index j = 0; j < samples; ++j)
      if (data_[j] != 0) f(j, Index{1}, data_[j]);
  }

 private:
  const T* data_ = nullptr;
  Index size_ = 0;
};

/// Turns the gradient of a sum over samples into that of their mean. The only place that divides a gradient by the
/// number of samples; without any weight the gradient is 0.
template <std::floating_point T>
void divide_by_weight(Matrix<T>& gradient, double weight) {
  const T factor = weight > 0 ? T(1) / static_cast<T>(weight) : T(0);
  for (T *number = gradient.data(), *end = number + gradient.size(); number != end; ++number)
    *number = weight > 0 ? *number * factor : T(0);
}

namespace detail {

/// Throws unless there is a weight for each sample, or none at all.
template <std::floating_point T>
void expect_weights(std::string_view component, SampleWeights<T> weights, Index samples) {
  if (!weights.empty() && weights.size() != samples)
    throw_error<ShapeError>(component, {"expected ", samples, " weights, one a sample, got ", weights.size()},
                            "pass a weight for each sample, or none if all count the same");
}

/// Throws unless the weights are finite and not negative. `role` says of what they are.
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
