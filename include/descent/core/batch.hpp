#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>

#include "descent/core/contiguous.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// A read-only view of a contiguous batch [size, samples], one column per sample, with the shape of a sample.
///
/// A `Matrix`, a vector (one sample), an `Eigen::Map` or `Eigen::Ref` of either, and whole columns such as `x.col(3)`
/// and `x.leftCols(9)` convert to it without a copy, as samples of plain features. For images and sequences pass the
/// shape:
///
///   Batch images{x, Shape{.channels = 3, .height = 32, .width = 32}};
///   images.channels()       [3, positions * samples], the same memory
///   images.columns(0, 8)    the first 8 samples
///
/// Sequences of different lengths are padded at the end; `lengths` has the number of time steps of each sample. No number
/// in the padding changes a result.
///
/// The scalar type is that of the model: cast other matrices, as in `Matrix<float>{x.cast<float>()}`.
///
/// The view is an Eigen expression. It does not own the numbers, which must outlive it. Assignment rebinds the view and
/// copies no numbers.
///
/// Throws   ShapeError when the size of a given shape is not the number of rows.
/// Example  examples/01_digits.cpp
template <std::floating_point T = float>
class Batch : public Eigen::Map<const Matrix<T>> {
  using View = Eigen::Map<const Matrix<T>>;

 public:
  using Scalar = T;

  Batch() : Batch{nullptr, Shape{0}, 0} {}
  Batch(const T* data, const Shape& shape, Index samples)
      : View{not_null(data), shape.size(), samples}, shape_{shape} {}
  Batch(const Batch&) = default;
  Batch& operator=(const Batch& other) {
    std::construct_at(this, other);  // as Eigen documents for maps, whose own assignment copies the numbers
    return *this;
  }

  /// Rebinds the view to the batch that make(arguments...) returns, constructed in place.
  void assign(auto&& make, auto&... arguments) { ::new (static_cast<void*>(this)) Batch(make(arguments...)); }

  template <class E>
    requires std::same_as<typename E::Scalar, T>
  Batch(const Eigen::DenseBase<E>& numbers)
      : View{not_null(pointer_to(numbers.derived())), numbers.rows(), numbers.cols()},
        shape_{numbers.rows()} {}
  template <class E>
    requires std::same_as<typename E::Scalar, T>
  Batch(const Eigen::DenseBase<E>& numbers, const Shape& shape) : Batch{Batch{numbers}.reshaped(shape)} {}

  const Shape& shape() const { return shape_; }
  Index samples() const { return this->cols(); }

  /// The number of time steps of each sequence; empty if all sequences have the full width.
  std::span<const Index> lengths() const {
    return {lengths_, lengths_ == nullptr ? 0 : static_cast<std::size_t>(samples())};
  }
  /// Returns the number of time steps of a sequence: its length, or the width.
  Index length(Index sample) const { return lengths_ == nullptr ? shape_.width : lengths_[sample]; }
  /// Returns this view with the given lengths, which must outlive it. Throws unless there is one per sample, from 0
  /// to the width, and the samples are sequences.
  [[gnu::noinline]] Batch with_lengths(std::span<const Index> lengths) const {
    if (!lengths.empty() && shape_.height != 1)
      throw_error<ShapeError>(
          "Batch", {"expected sequences, which have lengths, got images of height ", shape_.height},
          "pass Shape{.channels = features, .width = time steps}");
    if (!lengths.empty() && static_cast<Index>(lengths.size()) != samples())
      throw_error<ShapeError>("Batch",
                              {"expected a length for each of ", samples(), " samples, got ", lengths.size()},
                              "pass one length per sample");
    for (const Index length : lengths)
      if (length < 0 || length > shape_.width)
        throw_error<DataError>("Batch", {"expected lengths from 0 to ", shape_.width, ", got ", length},
                               "pass the number of time steps of each sequence without its padding");
    Batch batch = *this;
    batch.lengths_ = lengths.empty() ? nullptr : lengths.data();
    return batch;
  }

  /// Returns a view of other numbers with the same shape and lengths, such as the result of a layer.
  Batch with_numbers(const Matrix<T>& numbers) const {
    eigen_assert(numbers.size() == this->size());
    return with_numbers(numbers.data());
  }
  Batch with_numbers(const T* numbers) const {
    return {View{not_null(numbers), this->rows(), this->cols()}, shape_, lengths_};
  }
  /// Returns a view of a matrix [channels, positions * samples] with the same height, width and lengths.
  Batch with_channels(const Matrix<T>& columns) const {
    const Shape shape{columns.rows(), shape_.height, shape_.width};
    return {View{not_null(columns.data()), shape.size(), samples()}, shape, lengths_};
  }

  using View::reshaped;
  /// Returns this view with another shape of the same size, without the lengths if the width changes.
  Batch reshaped(const Shape& shape) const {
    if (shape.size() != this->rows())
      throw_error<ShapeError>("Batch",
                              {"expected a shape of ", this->rows(), " values, got ", shape.channels, " x ",
                               shape.height, " x ", shape.width},
                              "pass channels, height and width whose product is the number of rows");
    Batch batch = *this;
    batch.shape_ = shape;
    if (shape.width != shape_.width || shape.height != 1) batch.lengths_ = nullptr;
    return batch;
  }
  /// Returns a view that has each position as a sample: [channels, positions * samples].
  Batch channels() const { return {this->data(), Shape{shape_.channels}, shape_.positions() * samples()}; }
  /// Returns a view of `count` samples, beginning with sample `first`.
  Batch columns(Index first, Index count) const {
    eigen_assert(first >= 0 && count >= 0 && first + count <= samples());
    Batch batch{this->data() + first * this->rows(), shape_, count};
    if (lengths_ != nullptr) batch.lengths_ = lengths_ + first;
    return batch;
  }

 private:
  Batch(const View& numbers, const Shape& shape, const Index* lengths)
      : View{numbers}, shape_{shape}, lengths_{lengths} {}

  /// Replaces null, to which Eigen would add an offset, by the address of a dummy number.
  static const T* not_null(const T* data) {
    static constexpr T nothing{};
    return data == nullptr ? &nothing : data;
  }
  template <class E>
  static const T* pointer_to(const E& numbers) {
    static_assert(
        detail::has_contiguous_columns<E>,
        "a batch is a matrix, a vector, a map of either or whole columns; copy any other expression into a "
        "matrix: Matrix<T>{expression}");
    if constexpr (detail::has_contiguous_columns<E>)
      return numbers.data();
    else
      return nullptr;
  }

  Shape shape_;
  const Index* lengths_ = nullptr;
};

// For MatrixBase, a closer match than the DenseBase of the constructors, whose constraints clang 14 ignores in
// deduction.
template <class E>
Batch(const Eigen::MatrixBase<E>&) -> Batch<typename E::Scalar>;
template <class E>
Batch(const Eigen::MatrixBase<E>&, const Shape&) -> Batch<typename E::Scalar>;

/// An expression that converts to a `Batch` of its scalar type.
template <class B>
concept BatchLike =
    std::derived_from<B, Batch<typename B::Scalar>> || detail::has_contiguous_columns<std::remove_cv_t<B>>;

/// Throws ShapeError, which names the component, if the sequences have lengths: for a component that combines time steps
/// and would take padding for some of them.
template <std::floating_point T>
void expect_no_padding(std::string_view component, const Batch<T>& x) {
  if (!x.lengths().empty())
    throw_error<ShapeError>(
        component, {"expected sequences without padding, got lengths"},
        "reduce the time steps before it, as GlobalAveragePool or a recurrent layer with Outputs::last does");
}

/// Returns a view of the batch as columns of `features` values: one column per sample if a sample has `features`
/// values, or one per position if it has `features` channels.
///
/// Throws   ShapeError, which names the component, when a sample has neither, or when a column would be a whole sequence
///          with padding.
template <std::floating_point T>
Batch<T> feature_columns(std::string_view component, Index features, const Batch<T>& x) {
  if (x.rows() == features) {
    if (x.shape().width > 1) expect_no_padding(component, x);
    return {x.data(), Shape{features}, x.samples()};
  }
  if (x.shape().channels != features) detail::throw_features(component, features, x.shape());
  return x.channels();
}

/// Sets the numbers in the padding of sequences like `x` to 0.
template <std::floating_point T>
void clear_padding(const Batch<T>& x, Matrix<T>& numbers) {
  if (x.lengths().empty()) return;
  const Index size = numbers.size() / std::max<Index>(1, x.samples()), channels = size / x.shape().width;
  for (Index j = 0; j < x.samples(); ++j)
    std::fill(numbers.data() + j * size + x.length(j) * channels, numbers.data() + (j + 1) * size, T(0));
}

}  // namespace descent
