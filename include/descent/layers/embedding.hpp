#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "descent/concepts/initializer.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/initializers/normal.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/tree/parameter.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `Embedding`.
struct EmbeddingOptions {
  std::optional<Index> padding = {};  ///< a token whose vector is 0 and is not learned
};

/// A learned vector for each token, such as a word or a character.
///
///   y_t = row x_t of W      dW: the rows of the tokens receive the sums of their dy, all others 0
///
/// A token is a whole number from 0 to count - 1, as a number of the scalar type; floats hold those up to 2^24. Tokens
/// have no gradient, so dx is 0. Tokens in the padding of sequences are not read.
///
///   Dataset data{.x = tokens, .y = labels, .shape = {.channels = 1, .width = 20}};     20 tokens a sample
///   Sequential{Embedding{1000, 64, rng}, LSTM{64, 128, rng, {.outputs = Outputs::last}}, Dense{128, 2, rng}}
///
/// Shapes   x {1, 1, time}   y {size, 1, time}   W [count, size]
/// Throws   ShapeError when x does not have one channel, or a size is not positive; DataError when a number is not a
///          token, the padding token is out of range, or the weights do not fit into memory.
/// Cost     a copy of size * time * m numbers forward; backward writes all of dW.
/// Source   Bengio, Ducharme, Vincent, Jauvin: A neural probabilistic language model (JMLR 3, 2003)
/// Example  examples/30_char_lstm.cpp
template <std::floating_point T = float>
class Embedding {
 public:
  static constexpr std::string_view name = "Embedding";
  using Scalar = T;
  struct Cache {
    Matrix<T> y, dx;
    std::vector<Index> tokens;  // of each position, -1 in the padding
  };

  /// Initializes the vectors by `init` and that of the padding token by zeros.
  Embedding(Index count, Index size, Rng& rng, Initializer<T> auto const& init,
            const EmbeddingOptions& options = {})
      : weight(filled<Matrix<T>>(name, checked(count, size), count, T(0))),
        padding_{options.padding.value_or(-1)} {
    if (options.padding && (padding_ < 0 || padding_ >= count))
      throw_error<DataError>(name, {"expected a padding token from 0 to ", count - 1, ", got ", padding_},
                             "pass the number of the token that fills up sequences");
    init(weight, Fan{count, size}, rng);
    if (padding_ >= 0) weight.col(padding_).setZero();
  }
  /// Initializes the vectors by normal numbers of deviation 1, as PyTorch does.
  Embedding(Index count, Index size, Rng& rng, const EmbeddingOptions& options = {})
      : Embedding{count, size, rng, Normal{.deviation = 1}, options} {}

  static void visit(auto&& f, auto& first, auto&... rest) {
    const Dimensions sizes{{first.weight.cols(), first.weight.rows()}, {1, 0}};
    f(Parameter{"weight", Role::weight, sizes}, first.weight, rest.weight...);
  }
  static void visit_options(auto&& f, auto&... tree) { f("padding", tree.padding_...); }

  Shape output_shape(const Shape& in) const {
    if (in.channels != 1 || in.height != 1 || in.width < 1) detail::throw_features(name, 1, in);
    return {weight.rows(), 1, in.width};
  }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const {
    const Shape out = output_shape(x.shape());
    c.tokens.resize(static_cast<std::size_t>(x.size()));
    for (Index j = 0; j < x.samples(); ++j)
      for (Index t = 0; t < out.width; ++t)
        c.tokens[static_cast<std::size_t>(j * out.width + t)] = t < x.length(j) ? token(x(t, j), t, j) : -1;
    c.y.resize(weight.rows(), x.size());
    for_columns(pass.workers(), weight.rows(), x.size(), [&](Index k) {
      if (const Index i = c.tokens[static_cast<std::size_t>(k)]; i >= 0)
        c.y.col(k) = weight.col(i);
      else
        c.y.col(k).setZero();
    });
    return x.with_channels(c.y);
  }

  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, Embedding& gradient,
                    const Pass& pass) const {
    backward_parameters(x, dy, c, gradient, pass);
    c.dx.setZero(x.rows(), x.cols());
    return x.with_numbers(c.dx);
  }
  void backward_parameters(const Batch<T>& x, const Batch<T>& dy, Cache& c, Embedding& gradient,
                           const Pass& pass) const {
    expect_backward(name, {1, weight.rows()}, x, dy, c.y);
    const Batch<T> slopes{dy.data(), Shape{weight.rows()}, c.y.cols()};
    gradient.weight.resize(weight.rows(), weight.cols());
    const Items rows{.count = weight.rows(), .values_each = slopes.cols() + weight.cols(), .multiple = 16};
    for_parts(pass.workers(), rows, [&](const Part& part) {
      gradient.weight.middleRows(part.first, part.count).setZero();
      for (Index k = 0; k < slopes.cols(); ++k)
        if (const Index i = c.tokens[static_cast<std::size_t>(k)]; i >= 0 && i < count() && i != padding_)
          gradient.weight.col(i).segment(part.first, part.count) +=
              slopes.col(k).segment(part.first, part.count);
    });
  }

  Index count() const { return weight.cols(); }
  /// The token whose vector is 0 and is not learned.
  std::optional<Index> padding() const { return padding_ < 0 ? std::nullopt : std::optional{padding_}; }

  Matrix<T> weight;  ///< [size, count]: the vector of a token is a column

 private:
  static Index checked(Index count, Index size) {
    constexpr auto most = Index{1} << std::numeric_limits<T>::digits;  // whole numbers up to it are exact
    if (count <= 0 || size <= 0)
      throw_error<ShapeError>(name, {"expected positive sizes, got count = ", count, " and size = ", size},
                              "pass the number of tokens and the size of their vectors");
    if (count > most)
      throw_error<DataError>(name, {"expected at most ", most, " tokens, got ", count},
                             "take double as scalar type, which holds larger whole numbers");
    return size;
  }

  Index token(T value, Index position, Index sample) const {
    // Checked before the cast, which is undefined for values out of range.
    if (!is_finite(value) || value < 0 || value >= static_cast<T>(count()) || std::floor(value) != value)
      throw_error<DataError>(name,
                             {"expected tokens, whole numbers from 0 to ", count() - 1, ", got ", value,
                              " at position ", position, " of sample ", sample},
                             "number the tokens from 0, and pass the number of tokens to Embedding");
    return static_cast<Index>(value);
  }

  Index padding_;
};

}  // namespace descent
