#pragma once

#include <concepts>
#include <string_view>

#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/types.hpp"
#include "descent/layers/normalization/group_norm.hpp"

namespace descent::inline DESCENT_ABI {

/// Instance normalization: of each channel of each sample over its positions, a `GroupNorm` with as many groups as
/// channels. It removes the contrast of an image, as for the transfer of a style.
///
/// PyTorch's InstanceNorm2d has gamma and beta only with affine=True.
///
/// Shapes   x, y {channels, height, width}   gamma, beta [channels]
/// Throws   ShapeError when x has other channels or a single position; DataError when epsilon is negative or not finite.
/// Cost     that of GroupNorm.
/// Source   Ulyanov, Vedaldi, Lempitsky: Instance Normalization (arXiv:1607.08022)
template <std::floating_point T = float>
class InstanceNorm : public GroupNorm<T> {
 public:
  static constexpr std::string_view name = "InstanceNorm";
  using typename GroupNorm<T>::Cache;

  explicit InstanceNorm(Index channels, const GroupNormOptions& options = {})
      : GroupNorm<T>{name, channels, channels, options} {}

  static void visit_options(auto&& f, auto&... tree) { f("epsilon", tree.epsilon_...); }

  Shape output_shape(const Shape& in) const { return this->checked(name, in); }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const {
    return GroupNorm<T>::forward(name, x, c, pass);
  }
  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, InstanceNorm& gradient,
                    const Pass& pass) const {
    return GroupNorm<T>::backward(name, x, dy, c, gradient, pass);
  }
};

}  // namespace descent
