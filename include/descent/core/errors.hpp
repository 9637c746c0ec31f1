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

namespace descent {

namespace detail {

/// A number to be printed with n digits: in all in general notation, else after the point.
struct Formatted {
  double value;
  std::chars_format notation = std::chars_format::general;
  int digits = 6;
};

/// A part of a message: a text, or a number that is printed as in the C locale. Refers to the text.
class Printable {
 public:
  // No templates: each text of another length would be an instantiation.
  Printable(const char* text) : text_{text} {}
  Printable(std::string_view text) : text_{text} {}
  Printable(const std::string& text) : text_{text} {}
  Printable(char character) : character_{character}, kind_{Kind::character} {}
  Printable(int number) : Printable{static_cast<long long>(number)} {}
  Printable(long number) : Printable{static_cast<long long>(number)} {}
  Printable(long long number) : whole_{number}, kind_{Kind::whole} {}
  Printable(unsigned number) : Printable{static_cast<long long>(number)} {}
  Printable(unsigned long number) : Printable{static_cast<long long>(number)} {}
  Printable(unsigned long long number) : Printable{static_cast<long long>(number)} {}
  Printable(double number) : Printable{Formatted{number}} {}
  Printable(const Formatted& number) : real_{number}, kind_{Kind::real} {}

  [[gnu::cold]] void append_to(std::string& all) const {
    char digits[352];  // the largest number in fixed notation has 309 before the point
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

// Converts a part of `joined` for Printable.
const auto& printable(const auto& text_or_number) { return text_or_number; }
/// A path, in quotes.
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

/// The base of all errors that the library throws. The text reads `component: problem; cure`: who found it, what was expected
/// and what came, and what is likely to help.
class Error : public std::runtime_error {
 public:
  Error(std::string_view component, std::string_view problem, std::string_view cure)
      : std::runtime_error(detail::joined({component, ": ", problem, cure.empty() ? "" : "; ", cure})) {}
};

/// The values handed in cannot be used: none, not finite, a label out of range, an impossible option.
struct DataError : Error {
  using Error::Error;
};

/// A file is missing, cut short, or not in the format that it should have.
struct FormatError : Error {
  using Error::Error;
};

/// Training ran into a loss or a gradient that is not finite.
struct NumericalError : Error {
  using Error::Error;
};

/// Sizes that do not fit together. A composition adds the position of the layer at fault while the error
/// passes through it, so that the text names the layer: `Dense "2": expected 256 features, got 128`.
class ShapeError : public Error {
 public:
  ShapeError(std::string_view component, std::string_view problem, std::string_view cure = {})
      : ShapeError({component, {}, problem, cure}) {}

  /// The same error seen from outside: the layer stands at `position`; `cure` counts if there is none yet.
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

/// Throws an `E` whose problem is joined from texts and numbers:
///
///   throw_error<ShapeError>("Dense", {"expected ", in, " features, got ", rows}, "reshape the data");
///
/// A caller has a call and nothing to clean up: half the code of `throw E(...)`.
template <std::derived_from<Error> E>
[[noreturn, gnu::noinline, gnu::cold]] void throw_error(std::string_view component, detail::Message problem,
                                                        std::string_view cure = {}) {
  throw E(component, detail::joined(problem), cure);
}

/// The number of features that a layer is made for. Throws unless it is positive.
inline Index positive_features(std::string_view component, Index features) {
  if (features <= 0)
    throw_error<ShapeError>(component, {"expected a positive number of features, got ", features},
                            "give the number of features before the layer");
  return features;
}

namespace detail {

/// A number of features, or the sides of an image or a sequence.
[[gnu::cold]] inline std::string shape_text(const Shape& shape) {
  if (shape.positions() == 1) return joined({shape.channels});
  return joined({shape.channels, " channels x ", shape.height, " x ", shape.width});
}

// Not inlined, so that a check costs comparisons and little code.
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

/// Returns a matrix or a vector whose entries are all `value`. Throws DataError if there is no memory for it: sizes that
/// a caller asks for may be anything.
template <class M>
M filled(std::string_view component, Index rows, Index cols, const typename M::Scalar& value) {
  constexpr Index most =
      Index{1} << 48;  // beyond any memory, and far from where a product of sizes overflows
  try {
    if (rows == 0 || cols <= most / rows) return M::Constant(rows, cols, value);
  } catch (const std::bad_alloc&) {
  }
  throw_error<DataError>(component,
                         {"expected sizes that fit into memory, got ", rows, " x ", cols, " values"},
                         "choose smaller sizes");
}

/// Throws unless a sample has as many features as expected.
inline void expect_features(std::string_view component, Index expected, Index actual) {
  if (actual != expected) detail::throw_features(component, expected, {actual});
}

/// The number of positions at which a layer of `features` computes: 1 if a sample has so many values, or all of an image
/// or a sequence with so many channels. Throws ShapeError for any other sample.
inline Index positions_of(std::string_view component, Index features, const Shape& sample) {
  if (sample.size() == features) return 1;
  if (sample.channels != features) detail::throw_features(component, features, sample);
  return sample.positions();
}

/// Throws unless backward follows forward with the same batch: x has `features` values for each column of y, which
/// forward computed, and dy as many as y.
inline void expect_backward(std::string_view component, Index features, const auto& x, const auto& dy,
                            const auto& y) {
  if (x.cols() == 0 || x.cols() != dy.cols() || x.size() != features * y.cols() || dy.size() != y.size())
    detail::throw_backward(component, {y.rows(), y.cols()}, {x.rows(), x.cols()}, {dy.rows(), dy.cols()});
}

/// The sizes of a layer that has fixed ones.
struct LayerSize {
  Index features, outputs;
};

/// The same for a layer of this size: y, which the cache of another layer may hold, has as many rows as the outputs.
inline void expect_backward(std::string_view component, const LayerSize& size, const auto& x, const auto& dy,
                            const auto& y) {
  expect_backward(component, size.features, x, dy, y);
  if (y.rows() != size.outputs) detail::throw_features(component, size.outputs, {y.rows()});
}

}  // namespace descent
