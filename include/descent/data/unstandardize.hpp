#pragma once

#include <concepts>
#include <string_view>
#include <utility>

#include "descent/core/batch.hpp"
#include "descent/core/types.hpp"
#include "descent/data/input_layer.hpp"
#include "descent/data/standardize.hpp"

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

  explicit Unstandardize(const Batch<T>& targets) : scale_{targets} {}
  explicit Unstandardize(Standardize<T> scale) : scale_{std::move(scale)} {}

  void apply(Matrix<T>& x) const { scale_.invert(x); }

  const Vector<T>& mean() const { return scale_.mean(); }
  const Vector<T>& deviation() const { return scale_.deviation(); }
  const Vector<T>& factor() const { return scale_.deviation(); }

  static void visit_state(auto&& f, auto&... tree) { Standardize<T>::visit_state(f, tree.scale_...); }

 private:
  Standardize<T> scale_;
};

template <class E>
Unstandardize(const Eigen::MatrixBase<E>&) -> Unstandardize<typename E::Scalar>;

}  // namespace descent
