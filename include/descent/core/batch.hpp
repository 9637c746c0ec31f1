#pragma once

#include <Eigen/Core>
#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>

#include "descent/core/contiguous.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"

namespace descent {

/// A read-only view of samples that know their shape: [size, samples], one column a sample, without gaps.
///
/// A `Matrix`, a vector (one sample), an `Eigen::Map` or `Eigen::Ref` of either and whole columns, such as `x.col(3)` and
/// `x.leftCols(9)`, convert to it without a copy, as samples of plain features. Give images and sequences their shape:
///
///   Batch images{x, Shape{.channels = 3, .height = 32, .width = 32}};
///   images.channels()       [3, positions * samples], the same memory
///   images.columns(0, 8)    the first 8 samples
///
/// Sequences of different lengths are padded, and carry their numbers of time steps, one a sample, in `lengths`.
///
/// The numbers are of the model's precision: cast others, `Matrix<float>{x.cast<float>()}`.
///
/// The view is an Eigen expression. Keep alive what it looks at; assigning a view makes it look elsewhere.
///
/// Throws   ShapeError when a given shape has another size than the columns.
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
    std::construct_at(this, other);  // as Eigen has it for its maps: theirs would copy numbers
    return *this;
  }

  /// Looks at what `make` returns, which is built in place.
  void assign(auto&& make) { ::new (static_cast<void*>(this)) Batch(make()); }

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

  /// The number of time steps of each sequence; empty where all have the whole width.
  std::span<const Index> lengths() const {
    return {lengths_, lengths_ == nullptr ? 0 : static_cast<std::size_t>(samples())};
  }
  /// The same numbers with these lengths, which must live as long.
  Batch with_lengths(std::span<const Index> lengths) const {
    if (!lengths.empty() && static_cast<Index>(lengths.size()) != samples())
      throw_error<ShapeError>("Batch",
                              {"expected a length for each of ", samples(), " samples, got ", lengths.size()},
                              "pass one a sample");
    for (const Index length : lengths)
      if (length < 0 || length > shape_.width)
        throw_error<DataError>("Batch", {"expected lengths from 0 to ", shape_.width, ", got ", length},
                               "a length is the number of time steps of a sequence before its padding");
    Batch batch = *this;
    batch.lengths_ = lengths.empty() ? nullptr : lengths.data();
    return batch;
  }

  /// As many other numbers of the same shape and lengths, such as the result of a layer.
  Batch with_numbers(const Matrix<T>& numbers) const {
    eigen_assert(numbers.size() == this->size());
    return {View{not_null(numbers.data()), this->rows(), this->cols()}, shape_, lengths_};
  }
  /// The columns of a matrix, one for each position of each sample, as the channels there.
  Batch with_channels(const Matrix<T>& columns) const {
    const Shape shape{columns.rows(), shape_.height, shape_.width};
    return {View{not_null(columns.data()), shape.size(), samples()}, shape, lengths_};
  }

  using View::reshaped;
  /// The same numbers, samples of another shape of the same size.
  Batch reshaped(const Shape& shape) const {
    if (shape.size() != this->rows())
      throw_error<ShapeError>("Batch",
                              {"expected a shape of ", this->rows(), " values, got ", shape.channels, " x ",
                               shape.height, " x ", shape.width},
                              "pass channels, height and width whose product is the number of rows");
    Batch batch = *this;
    batch.shape_ = shape;
    return batch;
  }
  /// The values of each position as a sample of its own: [channels, positions * samples].
  Batch channels() const { return {this->data(), Shape{shape_.channels}, shape_.positions() * samples()}; }
  /// `count` samples from number `first` on.
  Batch columns(Index first, Index count) const {
    eigen_assert(first >= 0 && count >= 0 && first + count <= samples());
    Batch batch{this->data() + first * this->rows(), shape_, count};
    if (lengths_ != nullptr) batch.lengths_ = lengths_ + first;
    return batch;
  }

 private:
  Batch(const View& numbers, const Shape& shape, const Index* lengths)
      : View{numbers}, shape_{shape}, lengths_{lengths} {}

  /// No samples are somewhere, too: Eigen adds to the pointer, which must not be null.
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

// Of MatrixBase, which is nearer than the DenseBase of the constructors: clang 14 forgets what these require.
template <class E>
Batch(const Eigen::MatrixBase<E>&) -> Batch<typename E::Scalar>;
template <class E>
Batch(const Eigen::MatrixBase<E>&, const Shape&) -> Batch<typename E::Scalar>;

/// Any expression that converts to a `Batch` of its scalar type.
template <class B>
concept BatchLike =
    std::derived_from<B, Batch<typename B::Scalar>> || detail::has_contiguous_columns<std::remove_cv_t<B>>;

/// Returns the batch as columns of `features` values: a column for each sample that has so many values or, of images and
/// sequences with so many channels, for each position. The memory is that of the batch.
///
/// Throws   ShapeError, which names the component, when the samples have neither.
template <std::floating_point T>
Batch<T> feature_columns(std::string_view component, Index features, const Batch<T>& x) {
  if (x.rows() == features) return {x.data(), Shape{features}, x.samples()};
  if (x.shape().channels != features) detail::throw_features(component, features, x.shape());
  return x.channels();
}

}  // namespace descent
