#pragma once

#include <algorithm>
#include <concepts>
#include <vector>

#include "descent/core/batch.hpp"
#include "descent/core/types.hpp"
#include "descent/parallel/parts.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The weights of one direction of one layer; the rows of the gates are one block after another.
template <std::floating_point T>
struct RecurrentWeights {
  Matrix<T> input;           // [gates * hidden, in]
  Matrix<T> recurrent;       // [gates * hidden, hidden]
  Vector<T> bias;            // [gates * hidden], or empty
  Vector<T> recurrent_bias;  // of a product that a gate multiplies, else empty
};

/// The working memory of one direction of one layer. Matrices have a column for each sample of each time step, in the
/// order of the steps, so that the columns of a step are contiguous.
template <std::floating_point T>
struct RecurrentRun {
  Matrix<T> x, dx;
  Matrix<T> gates, dgates;       // after their activations
  Matrix<T> hidden, cell;        // with the initial state as the first step
  Matrix<T> inner, dinner;       // of the cell: tanh(c), or products that a gate multiplies
  Matrix<T> recurrent;           // of a step: the product with the hidden state
  Matrix<T> dh, dc, back;        // of a step: gradients of the state, and what the recurrent product adds
  Matrix<T> products;            // of weight gradients
  std::vector<Matrix<T>> parts;  // of the recurrent weight
};

/// Returns the columns of a time step.
template <std::floating_point T>
Batch<T> columns_of_step(const Matrix<T>& matrix, Index step, Index samples) {
  return {matrix.data() + step * samples * matrix.rows(), Shape{matrix.rows()}, samples};
}

/// The time steps of a batch in the order in which a direction of a layer takes them. The backward direction begins at
/// the last step of each sequence.
template <std::floating_point T>
class Steps {
 public:
  Steps(const Batch<T>& x, bool reverse)
      : x_{x}, reverse_{reverse}, longest_{x.lengths().empty() ? x.shape().width : 0} {
    for (const Index length : x.lengths()) longest_ = std::max(longest_, length);
  }

  Index samples() const { return x_.samples(); }
  Index width() const { return x_.shape().width; }
  /// The number of steps that some sequence has.
  Index longest() const { return longest_; }
  bool is_padding(Index step, Index sample) const { return step >= x_.length(sample); }

  /// Returns the position of a step in the sequence; a step in the padding is its own position.
  Index position(Index step, Index sample) const {
    return reverse_ && !is_padding(step, sample) ? x_.length(sample) - 1 - step : step;
  }

  /// Copies sequences into columns in the order of the steps, with zeros as padding.
  void gather(const Batch<T>& from, Matrix<T>& to, Workers& workers) const {
    const Index channels = from.shape().channels;
    to.resize(channels, width() * samples());
    for_columns(workers, from.rows(), samples(), [&](Index j) {
      for (Index t = 0; t < width(); ++t) {
        T* column = to.data() + (t * samples() + j) * channels;
        if (is_padding(t, j))
          std::fill_n(column, channels, T(0));
        else
          std::copy_n(from.data() + j * from.rows() + position(t, j) * channels, channels, column);
      }
    });
  }

  /// Copies columns in the order of the steps to rows of sequences, whose positions have `channels` numbers; zeros as
  /// padding. Adds them to what `to` has if `adds`.
  void scatter(const T* from, Index rows, Matrix<T>& to, Index channels, Index first_row, bool adds,
               Workers& workers) const {
    for_columns(workers, rows * width(), samples(), [&](Index j) {
      for (Index t = 0; t < width(); ++t) {
        T* column = to.data() + (j * width() + position(t, j)) * channels + first_row;
        const T* numbers = from + (t * samples() + j) * rows;
        if (is_padding(t, j)) {
          if (!adds) std::fill_n(column, rows, T(0));
        } else if (adds) {
          std::transform(column, column + rows, numbers, column, [](T a, T b) { return a + b; });
        } else {
          std::copy_n(numbers, rows, column);
        }
      }
    });
  }

 private:
  const Batch<T>& x_;
  bool reverse_;
  Index longest_;
};

/// Returns the logistic function as an expression: 1 / (1 + exp(-x)) = tanh(x / 2) / 2 + 1/2, which Eigen vectorizes.
template <class E>
auto logistic(const E& x) {
  using T = typename E::Scalar;
  return (x * T(0.5)).tanh() * T(0.5) + T(0.5);
}

/// A view of numbers as an array.
template <class T>
auto numbers_at(T* data, Index count) {
  using Array = Eigen::Array<std::remove_const_t<T>, Eigen::Dynamic, 1>;
  return Eigen::Map<std::conditional_t<std::is_const_v<T>, const Array, Array>>{data, count};
}

}  // namespace descent::inline DESCENT_ABI::detail
