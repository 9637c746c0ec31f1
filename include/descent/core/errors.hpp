#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>

#include "descent/core/types.hpp"

#if !defined(__cpp_exceptions) && !defined(_CPPUNWIND)
#error "descent reports errors by exceptions: compile without -fno-exceptions"
#endif

namespace descent::inline DESCENT_ABI {

namespace detail {

/// A number and its output format: `digits` significant digits in general notation, else digits after the point.
struct Formatted {
  double value;
  std::chars_format notation = std::chars_format::general;
  int digits = 6;
};

/// A part of a message: a text, which it refers to, or a number, which prints as in the C locale.
class Printable {
 public:
  // No template for text, which would be instantiated for every length of a string literal; and out of line, so that a
  // message compiles to calls.
  [[gnu::cold, gnu::noinline]] Printable(const char* text) : text_{text} {}
  [[gnu::cold, gnu::noinline]] Printable(std::string_view text) : text_{text} {}
  [[gnu::cold, gnu::noinline]] Printable(const std::string& text) : text_{text} {}
  [[gnu::cold, gnu::noinline]] Printable(char character) : character_{character}, kind_{Kind::character} {}
  [[gnu::cold, gnu::noinline]] Printable(long long number) : whole_{number}, kind_{Kind::whole} {}
  [[gnu::cold, gnu::noinline]] Printable(double number) : Printable{Formatted{number}} {}
  Printable(std::integral auto number) : Printable{static_cast<long long>(number)} {}
  Printable(const Formatted& number) : real_{number}, kind_{Kind::real} {}

  [[gnu::cold]] void append_to(std::string& all) const {
    char digits[352];  // the largest number in fixed notation has 309 digits before the point
    char* const end = digits + sizeof digits;
    if (kind_ == Kind::text)
      all.append(text_);
    else if (kind_ == Kind::character)
      all.push_back(character_);
    else if (kind_ == Kind::whole)
      all.append(digits, std::to_chars(digits, end, whole_).ptr);
    else
      all.append(digits, std::to_chars(digits, end, real_.value, real_.notation, real_.digits).ptr);
  }

 private:
  enum class Kind : unsigned char { text, character, whole, real };
  union {
    std::string_view text_;
    char character_;
    long long whole_;
    Formatted real_;
  };
  Kind kind_ = Kind::text;
};

// Converts an argument of `joined` to one that Printable accepts.
const auto& printable(const auto& text_or_number) { return text_or_number; }
/// Returns a path in quotes.
std::string printable(const auto& path)
  requires requires { std::string{path.string()}; }
{
  return '"' + path.string() + '"';
}

using Message = std::initializer_list<Printable>;

[[gnu::cold]] inline void append(std::string& text, Message parts) {
  for (const Printable& part : parts) part.append_to(text);
}
[[gnu::cold]] inline std::string joined(Message parts) {
  std::string all;
  append(all, parts);
  return all;
}
/// Returns the printed forms of texts, numbers and paths, joined. Inlined, so that there is no function for each
/// combination of types: a small program compiles sooner.
[[gnu::always_inline]] inline std::string joined(const auto&... parts) {
  return joined({Printable{printable(parts)}...});
}

}  // namespace detail

/// Base class of all errors that the library throws. The text reads `component: problem; cure`: the function or class
/// that throws, the expected and the actual value, and a likely remedy.
class Error : public std::runtime_error {
 public:
  Error(std::string_view component, std::string_view problem, std::string_view cure)
      : std::runtime_error(detail::joined({component, ": ", problem, cure.empty() ? "" : "; ", cure})) {}
};

/// Error for invalid values: no samples, numbers that are not finite, a label or an option out of range.
struct DataError : Error {
  using Error::Error;
};

/// Error for a file that is missing, truncated or not in the expected format.
struct FormatError : Error {
  using Error::Error;
};

/// Error for a loss or a gradient that is not finite.
struct NumericalError : Error {
  using Error::Error;
};

/// Error for a shape mismatch. Compositions catch it and prepend the position of the layer, so that the text names the
/// layer: `Dense "2": expected 256 features, got 128`.
class ShapeError : public Error {
 public:
  ShapeError(std::string_view component, std::string_view problem, std::string_view cure = {})
      : ShapeError({component, {}, problem, cure}) {}

  /// Returns the error with `position` prepended to the path of the layer, and with `cure` if it has none yet.
  [[gnu::cold]] ShapeError at(std::string_view position, std::string_view cure) const {
    const std::string path = path_.empty() ? std::string{position} : detail::joined({position, '.', path_});
    return ShapeError({component_, path, problem_, cure_.empty() ? cure : cure_});
  }

 private:
  struct Parts {
    std::string_view component, path, problem, cure;
  };
  [[gnu::cold]] explicit ShapeError(const Parts& p)
      : Error(p.path.empty() ? std::string{p.component} : detail::joined({p.component, " \"", p.path, '"'}),
              p.problem, p.cure),
        component_{p.component},
        path_{p.path},
        problem_{p.problem},
        cure_{p.cure} {}

  std::string component_, path_, problem_, cure_;
};

/// Throws an `E` whose problem is joined from texts and numbers.
///
///   throw_error<ShapeError>("Dense", {"expected ", in, " features, got ", rows}, "reshape the data");
///
/// Out of line and without temporaries to destroy in the caller, it takes half the code of `throw E(...)`.
template <std::derived_from<Error> E>
[[noreturn, gnu::noinline, gnu::cold]] void throw_error(std::string_view component, detail::Message problem,
                                                        std::string_view cure = {}) {
  throw E(component, detail::joined(problem), cure);
}

/// Returns the number of features of a layer; throws ShapeError unless it is positive.
inline Index positive_features(std::string_view component, Index features) {
  if (features <= 0)
    throw_error<ShapeError>(component, {"expected a positive number of features, got ", features},
                            "pass the number of features before the layer");
  return features;
}

namespace detail {

/// Returns a shape as text: the number of features, or channels x height x width if there are several positions.
[[gnu::cold]] inline std::string shape_text(const Shape& shape) {
  if (shape.positions() == 1) return joined({shape.channels});
  return joined({shape.channels, " channels x ", shape.height, " x ", shape.width});
}

// Not inlined, so that a check compiles to little more than its comparisons.
[[noreturn, gnu::cold, gnu::noinline]] inline void throw_features(std::string_view component, Index expected,
                                                                  const Shape& got) {
  const std::string text = shape_text(got);
  throw_error<ShapeError>(component, {"expected ", expected, " features, got ", text});
}

struct Size {
  Index rows, cols;
};

[[noreturn, gnu::cold, gnu::noinline]] inline void throw_backward(std::string_view component, const Size& y,
                                                                  const Size& x, const Size& dy) {
  if (x.cols == 0) throw DataError(component, "expected samples, got none", "pass [size, samples]");
  throw_error<ShapeError>(
      component,
      {"expected x and dy of the shapes that forward took and returned, got ", x.rows, " x ", x.cols, " and ",
       dy.rows, " x ", dy.cols, " after a result of ", y.rows * y.cols, " values"},
      "call forward with the same batch and the same cache before backward");
}

}  // namespace detail

/// Returns a matrix or a vector whose entries are all `value`. Throws DataError if it does not fit into memory: the
/// caller may pass any sizes.
template <class M>
M filled(std::string_view component, Index rows, Index cols, const typename M::Scalar& value) {
  constexpr Index most =
      Index{1} << 48;  // more than any memory holds, and far from an overflow of a product of sizes
  try {
    if (rows == 0 || cols <= most / rows) return M::Constant(rows, cols, value);
  } catch (const std::bad_alloc&) {
  }
  throw_error<DataError>(component,
                         {"expected sizes that fit into memory, got ", rows, " x ", cols, " values"},
                         "choose smaller sizes");
}

/// Throws ShapeError unless a sample has the expected number of features.
inline void expect_features(std::string_view component, Index expected, Index actual) {
  if (actual != expected) detail::throw_features(component, expected, {actual});
}

/// Returns the number of positions at which a layer of `features` computes: 1 if a sample has `features` values, or all
/// positions of an image or a sequence with `features` channels. Throws ShapeError for any other sample.
inline Index positions_of(std::string_view component, Index features, const Shape& sample) {
  if (sample.size() == features) return 1;
  if (sample.channels != features) detail::throw_features(component, features, sample);
  return sample.positions();
}

/// Throws unless backward gets the batch that forward got: x with `features` values per column of y, the result of
/// forward, and dy of the size of y.
inline void expect_backward(std::string_view component, Index features, const auto& x, const auto& dy,
                            const auto& y) {
  if (x.cols() == 0 || x.cols() != dy.cols() || x.size() != features * y.cols() || dy.size() != y.size())
    detail::throw_backward(component, {y.rows(), y.cols()}, {x.rows(), x.cols()}, {dy.rows(), dy.cols()});
}

/// The numbers of features and outputs of a layer where both are fixed.
struct LayerSize {
  Index features, outputs;
};

/// Does the same for a layer of fixed size, and also requires that y, which may come from the cache of another layer,
/// has one row per output.
inline void expect_backward(std::string_view component, const LayerSize& size, const auto& x, const auto& dy,
                            const auto& y) {
  expect_backward(component, size.features, x, dy, y);
  if (y.rows() != size.outputs) detail::throw_features(component, size.outputs, {y.rows()});
}

}  // namespace descent
