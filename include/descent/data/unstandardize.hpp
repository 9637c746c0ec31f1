#pragma once

#include <concepts>
#include <string_view>

#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/data/input_layer.hpp"
#include "descent/data/standardize.hpp"
#include "descent/tree/parameter.hpp"

namespace descent::inline DESCENT_ABI {

/// Undoes `Standardize`: the last layer of a network whose outputs then have the unit of the targets. It is learned from
/// the targets of the training set, and training does not change it.
///
///   Sequential net{Standardize{train.x}, Dense{12, 32, rng}, ReLU{}, Dense{32, 1, rng}, Unstandardize{train.y}};
///   Sequential deployed{net, Unstandardize{prices}};      where `prices` standardized the targets before training
///
///   y = sigma x + mu      dx = sigma dy
///
/// Shapes   x, y [targets, samples]
/// Throws   as Standardize.
template <std::floating_point T = float>
class Unstandardize : public InputLayer<Unstandardize<T>, T> {
 public:
  static constexpr std::string_view name = "Unstandardize";

  explicit Unstandardize(const Batch<T>& targets) : Unstandardize{Standardize<T>{targets}} {}
  explicit Unstandardize(const Standardize<T>& scale) : mean_{scale.mean()}, deviation_{scale.deviation()} {}

  void apply(Matrix<T>& x) const {
    expect_features(name, mean_.size(), x.rows());
    x = (x.array().colwise() * deviation_.array()).matrix().colwise() + mean_;
  }

  const Vector<T>& mean() const { return mean_; }
  const Vector<T>& deviation() const { return deviation_; }
  const Vector<T>& factor() const { return deviation_; }

  static void visit_state(auto&& f, auto&... tree) {
    f(Parameter{"mean", Role::state}, tree.mean_...);
    f(Parameter{"deviation", Role::state}, tree.deviation_...);
  }

 private:
  Vector<T> mean_, deviation_;
};

template <class E>
Unstandardize(const Eigen::MatrixBase<E>&) -> Unstandardize<typename E::Scalar>;

}  // namespace descent
