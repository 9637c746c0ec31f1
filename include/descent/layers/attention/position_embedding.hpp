#pragma once

#include <concepts>
#include <string_view>

#include "descent/concepts/initializer.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/initializers/normal.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/tree/parameter.hpp"

namespace descent::inline DESCENT_ABI {

/// Learned position embedding: adds a learned vector of each time step to the channels of a sequence.
///
///   y(t) = x(t) + W(t)      dW(t) = sum over samples of dy(t)      dx = dy
///
/// Shapes   x, y {features, height, width} of at most `steps` steps; those of an image are its positions
///          W [steps, features]
/// Throws   ShapeError when x has other channels or more steps, or a size is not positive; DataError when the weights
///          do not fit into memory.
/// Cost     one sum over the batch each way.
/// Source   Gehring, Auli, Grangier, Yarats, Dauphin: Convolutional sequence to sequence learning (ICML 2017), 3.1
/// Example  examples/33_language_model.cpp
template <std::floating_point T = float>
class PositionEmbedding {
 public:
  static constexpr std::string_view name = "PositionEmbedding";
  using Scalar = T;
  struct Cache {
    Matrix<T> y;
  };

  PositionEmbedding(Index steps, Index features, Rng& rng, Initializer<T> auto const& init)
      : weight(filled<Matrix<T>>(name, positive_features(name, features), checked(steps), T(0))) {
    init(weight, Fan{steps, features}, rng);
  }
  /// Initializes the vectors by normal numbers with deviation 0.02, as GPT-2.
  PositionEmbedding(Index steps, Index features, Rng& rng)
      : PositionEmbedding{steps, features, rng, Normal{.deviation = 0.02}} {}

  static void visit(auto&& f, auto& first, auto&... rest) {
    const Dimensions sizes{{first.weight.cols(), first.weight.rows()}, {1, 0}};
    f(Parameter{"weight", Role::weight, sizes}, first.weight, rest.weight...);
  }

  Shape output_shape(const Shape& in) const {
    if (in.channels != weight.rows()) detail::throw_features(name, weight.rows(), in);
    if (in.positions() > weight.cols())
      throw_error<ShapeError>(name, {"expected at most ", weight.cols(), " steps, got ", in.positions()},
                              "construct the layer for the longest sequence");
    return in;
  }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const {
    output_shape(x.shape());
    c.y.resize(x.rows(), x.cols());
    for_columns(pass.workers(), x.rows(), x.cols(), [&](Index j) {
      c.y.col(j) = x.col(j) + Eigen::Map<const Vector<T>>{weight.data(), x.rows()};
    });
    return x.with_numbers(c.y);
  }
  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, PositionEmbedding& gradient,
                    const Pass& pass) const {
    expect_backward(name, c.y.rows(), x, dy, c.y);
    output_shape(x.shape());
    const Index features = weight.rows(), steps = x.shape().positions();
    gradient.weight.setZero(features, weight.cols());
    for_columns(pass.workers(), features * x.samples(), steps, [&](Index t) {
      for (Index j = 0; j < dy.cols(); ++j)
        gradient.weight.col(t) += dy.col(j).segment(t * features, features);
    });
    return dy;
  }

  Matrix<T> weight;  ///< [features, steps], the transpose of that in files

 private:
  static Index checked(Index steps) {
    if (steps < 1)
      throw_error<ShapeError>(name, {"expected a positive number of steps, got ", steps},
                              "pass the number of steps of the longest sequence");
    return steps;
  }
};

}  // namespace descent
