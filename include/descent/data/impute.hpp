#pragma once

#include <concepts>
#include <string_view>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// Replaces missing values, which are NaN, by the mean of their feature. Construct it from the training set only, and
/// apply it to all other inputs.
///
///   Dataset data = read_csv("patients.csv", {.label = "ill", .missing = Missing::keep});
///   auto [train, dev, test] = split(data);
///   const Impute fill{train.x};
///   for (auto* part : {&train, &dev, &test}) fill.apply(part->x);
///
/// Shapes   x [features, samples]
/// Throws   DataError for a feature without any value, or with an infinite one; ShapeError in `apply` for a different
///          number of features.
template <std::floating_point T = float>
class Impute {
 public:
  explicit Impute(const Matrix<T>& x) : mean_(x.rows()) {
    for (Index i = 0; i < x.rows(); ++i) {
      double sum = 0;
      Index count = 0;
      for (Index j = 0; j < x.cols(); ++j) {
        if (is_nan(x(i, j))) continue;
        sum += static_cast<double>(x(i, j));
        ++count;
      }
      if (count == 0)
        throw DataError(name, detail::joined("expected at least one value of feature ", i, ", got none"),
                        "remove the feature");
      mean_[i] = static_cast<T>(sum / static_cast<double>(count));
      if (!is_finite(mean_[i]))
        throw DataError(name, detail::joined("expected finite values of feature ", i, ", got infinity"),
                        "remove those samples, or set the values to NaN to impute them");
    }
  }

  void apply(Matrix<T>& x) const {
    expect_features(name, mean_.size(), x.rows());
    for (Index j = 0; j < x.cols(); ++j)
      for (Index i = 0; i < x.rows(); ++i)
        if (is_nan(x(i, j))) x(i, j) = mean_[i];
  }

  const Vector<T>& mean() const { return mean_; }

 private:
  static constexpr std::string_view name = "Impute";
  Vector<T> mean_;
};

}  // namespace descent
