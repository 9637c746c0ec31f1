#pragma once

#include <concepts>
#include <string_view>
#include <utility>

#include "descent/concepts/initializer.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/initializers/he.hpp"
#include "descent/linalg/product.hpp"
#include "descent/linalg/row_sums.hpp"
#include "descent/tree/parameter.hpp"

namespace descent::inline DESCENT_ABI {

/// A learned bias or none. A layer before batch normalization needs none.
enum class Bias { learned, none };

/// Fully connected layer. If x has `in` channels, it is applied at each position.
///
///   y = W x + b      dW = dy x^T    db = sum over samples of dy    dx = W^T dy
///
/// Shapes   x [in, m]   y [out, m]   W [out, in]   b [out], or empty with Bias::none
///          x {in, height, width}   y {out, height, width}
/// Throws   ShapeError when x has neither `in` values nor `in` channels, when `in` or `out` is not positive, or when
///          the shapes of a given weight and bias do not match; DataError when the weights do not fit into memory.
/// Cost     2 * in * out * m flop forward, twice that backward.
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 6.5
/// Example  examples/01_digits.cpp
template <std::floating_point T = float>
class Dense {
 public:
  static constexpr std::string_view name = "Dense";
  using Scalar = T;
  struct Cache {
    Matrix<T> y, dx;
  };

  /// Initializes the weight by `init` and the bias by zeros.
  Dense(Index in, Index out, Rng& rng, Initializer<T> auto const& init, Bias with = Bias::learned)
      : weight(filled<Matrix<T>>(name, checked(in, out), in, T(0))),
        bias(Vector<T>::Zero(with == Bias::learned ? out : 0)) {
    init(weight, Fan{in, out}, rng);
  }
  Dense(Index in, Index out, Rng& rng, Bias with = Bias::learned) : Dense(in, out, rng, HeNormal{}, with) {}

  /// Takes a given weight [out, in] and bias [out, 1]; without a bias, the layer has none.
  Dense(Matrix<T> w, const Matrix<T>& b) : Dense(std::move(w)) {
    if (b.rows() != weight.rows() || b.cols() != 1)
      throw_error<ShapeError>(
          name, {"expected a bias of ", weight.rows(), " x 1 values, got ", b.rows(), " x ", b.cols()},
          "pass a bias with a number for each row of the weight, or none");
    bias = b.col(0);
  }
  explicit Dense(Matrix<T> w) : weight(std::move(w)) { checked(weight.cols(), weight.rows()); }

  static void visit(auto&& f, auto& first, auto&... rest) {
    f(Parameter{"weight", Role::weight}, first.weight, rest.weight...);
    if (first.has_bias()) f(Parameter{"bias", Role::bias}, first.bias, rest.bias...);
  }

  Shape output_shape(const Shape& in) const {
    if (positions_of(name, weight.cols(), in) == 1) return {weight.rows()};
    return {weight.rows(), in.height, in.width};
  }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const {
    const Batch<T> columns = feature_columns(name, weight.cols(), x);
    Product<T>::affine(weight, columns, bias, c.y, pass.workers());
    if (x.shape().positions() > 1 && columns.rows() == x.rows())
      return {c.y.data(), Shape{weight.rows()}, x.samples()};
    return x.with_channels(c.y);
  }

  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, Dense& gradient,
                    const Pass& pass) const {
    backward_parameters(x, dy, c, gradient, pass);
    Product<T>::transposed_left(weight, columns_of(dy, c), c.dx, pass.workers());
    return x.with_numbers(c.dx);
  }

  /// Computes backward without dx, as for the first layer of a network. Saves half the cost of backward.
  void backward_parameters(const Batch<T>& x, const Batch<T>& dy, Cache& c, Dense& gradient,
                           const Pass& pass) const {
    expect_backward(name, {weight.cols(), weight.rows()}, x, dy, c.y);
    const Batch<T> slopes = columns_of(dy, c);
    Product<T>::transposed_right(slopes, {x.data(), Shape{weight.cols()}, c.y.cols()}, gradient.weight,
                                 pass.workers());
    if (has_bias()) row_sums(slopes, gradient.bias, pass.workers());
  }

  bool has_bias() const { return bias.size() != 0; }

  Matrix<T> weight;
  Vector<T> bias;

 private:
  /// Views dy with the columns of y, one for each sample or position.
  Batch<T> columns_of(const Batch<T>& dy, const Cache& c) const {
    return {dy.data(), Shape{weight.rows()}, c.y.cols()};
  }

  static Index checked(Index in, Index out) {
    if (in <= 0 || out <= 0)
      throw_error<ShapeError>(name, {"expected positive sizes, got in = ", in, " and out = ", out},
                              "pass the numbers of input and output features");
    return out;
  }
};

// Deduces T also from expressions such as MatrixXd::Identity(2, 2).
template <class W, class B>
Dense(const Eigen::MatrixBase<W>&, const Eigen::MatrixBase<B>&) -> Dense<typename W::Scalar>;
template <class W>
Dense(const Eigen::MatrixBase<W>&) -> Dense<typename W::Scalar>;

}  // namespace descent
