#pragma once

#include <concepts>
#include <cstddef>
#include <cstdio>
#include <initializer_list>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>

#include "descent/core/types.hpp"

namespace descent {

/// What every failure throws. The text reads `component: problem; cure`: who found it, what was expected
/// and what came, and what is likely to help.
class Error : public std::runtime_error {
 public:
  Error(std::string_view component, std::string_view problem, std::string_view cure)
      : std::runtime_error(text(component, problem, cure)) {}

 private:
  static std::string text(std::string_view component, std::string_view problem, std::string_view cure) {
    std::string all{component};
    all.append(": ").append(problem);
    if (!cure.empty()) all.append("; ").append(cure);
    return all;
  }
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
  ShapeError at(std::string_view position, std::string_view cure) const {
    const std::string path = path_.empty() ? std::string{position} : std::string{position} + '.' + path_;
    return ShapeError({component_, path, problem_, cure_.empty() ? cure : cure_});
  }

 private:
  struct Parts {
    std::string_view component, path, problem, cure;
  };
  explicit ShapeError(const Parts& p)
      : Error(p.path.empty() ? std::string{p.component}
                             : std::string{p.component} + " \"" + std::string{p.path} + '"',
              p.problem, p.cure),
        component_{p.component},
        path_{p.path},
        problem_{p.problem},
        cure_{p.cure} {}

  std::string component_, path_, problem_, cure_;
};

namespace detail {

/// The printed form of a part of a message.
class Printed {
 public:
  Printed(std::string_view text) : text_{text} {}
  Printed(char character) : text_{digits_, 1} { digits_[0] = character; }
  Printed(long long number) { format("%lld", number); }
  Printed(double number) { format("%g", number); }
  Printed(const Printed&) = delete;
  Printed& operator=(const Printed&) = delete;

  std::string_view text() const { return text_; }

 private:
  void format(const char* how, auto number) {
    text_ = {digits_, static_cast<std::size_t>(std::snprintf(digits_, sizeof digits_, how, number))};
  }

  char digits_[32];
  std::string_view text_;
};

// What a part is to Printed, which then has few constructors.
inline std::string_view printable(std::string_view text) { return text; }
inline char printable(char character) { return character; }
long long printable(std::integral auto number) { return static_cast<long long>(number); }
double printable(std::floating_point auto number) { return static_cast<double>(number); }
/// A path, in quotes.
std::string printable(const auto& path)
  requires requires { std::string{path.string()}; }
{
  return '"' + path.string() + '"';
}

inline std::string joined(std::initializer_list<Printed> parts) {
  std::string all;
  for (const Printed& part : parts) all.append(part.text());
  return all;
}

}  // namespace detail

/// Joins the printed form of its arguments: texts, numbers, paths. Inlined, so that there is no function for each
/// message: a small program compiles a little sooner.
[[gnu::always_inline]] inline std::string concat(const auto&... parts) {
  return detail::joined({detail::Printed{detail::printable(parts)}...});
}

/// The number of features that a layer is made for. Throws unless it is positive.
inline Index positive_features(std::string_view component, Index features) {
  if (features <= 0)
    throw ShapeError(component, concat("expected a positive number of features, got ", features),
                     "give the number of features before the layer");
  return features;
}

namespace detail {

struct Size {
  Index rows, cols;
};

// Apart, and not inlined, so that a check costs comparisons and little code.
[[noreturn, gnu::cold, gnu::noinline]] inline void throw_no_memory(std::string_view component,
                                                                   const Size& size) {
  throw DataError(component,
                  concat("expected sizes that fit into memory, got ", size.rows, " x ", size.cols, " values"),
                  "choose smaller sizes");
}
[[noreturn, gnu::cold, gnu::noinline]] inline void throw_features(std::string_view component, Index expected,
                                                                  Index actual) {
  throw ShapeError(component, concat("expected ", expected, " features, got ", actual));
}
[[noreturn, gnu::cold, gnu::noinline]] inline void throw_backward(std::string_view component, Index features,
                                                                  const Size& y, const Size& x,
                                                                  const Size& dy) {
  if (x.cols == 0) throw DataError(component, "expected samples, got none", "pass [features, samples]");
  throw ShapeError(
      component,
      concat("expected x of ", features, " x ", y.cols, " values and dy of ", y.rows, " x ", y.cols,
             ", as in forward, got ", x.rows, " x ", x.cols, " and ", dy.rows, " x ", dy.cols),
      "call forward with the same batch and the same cache before backward");
}

}  // namespace detail

/// Returns a matrix or a vector whose entries are all `value`. Throws DataError if there is no memory for it: sizes that
/// a caller asks for may be anything.
template <class M>
M filled(std::string_view component, Index rows, Index cols, const typename M::Scalar& value) {
  try {
    return M::Constant(rows, cols, value);
  } catch (const std::bad_alloc&) {
    detail::throw_no_memory(component, {rows, cols});
  }
}

/// Throws unless a sample has as many features as the layer expects.
inline void expect_features(std::string_view component, Index expected, Index actual) {
  if (actual != expected) detail::throw_features(component, expected, actual);
}

/// Throws unless backward follows forward with the same batch: x has `features` rows, dy the shape of y, which forward
/// returned, and all three have as many columns, of which there is at least one.
inline void expect_backward(std::string_view component, Index features, const auto& x, const auto& dy,
                            const auto& y) {
  if (y.cols() == 0 || x.rows() != features || x.cols() != y.cols() || dy.rows() != y.rows() ||
      dy.cols() != y.cols())
    detail::throw_backward(component, features, {y.rows(), y.cols()}, {x.rows(), x.cols()},
                           {dy.rows(), dy.cols()});
}

}  // namespace descent
