#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <utility>

#include "descent/autodiff/graph.hpp"
#include "descent/autodiff/operands.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {
template <std::floating_point T>
[[noreturn, gnu::cold, gnu::noinline]] void throw_part(std::string_view operation, const Variable<T>& a,
                                                       Index size, Index first, Index count) {
  const std::string of_a = shape_text(a);
  throw_error<ShapeError>(
      joined({"operation ", operation}),
      {"expected a part within 0 to ", size, " of ", of_a, ", got ", count, " from ", first, " on"},
      "count from 0");
}
}  // namespace detail

/// y = a^T                     da = dy^T
template <std::floating_point T>
Variable<T> transpose(const Variable<T>& a) {
  return a.graph().record({"transpose",
                           [](const Pullback<T>& p) {
                             p.to_a([&](Matrix<T>& d) {
                               detail::write_columns(p.workers(), p.a().rows(), p.a().cols(), d,
                                                     [&](Index j) { return p.dy().row(j).transpose(); });
                             });
                           }},
                          {a}, [&, &v = a.value()](Matrix<T>& y) {
                            detail::write_columns(a.graph().workers(), a.cols(), a.rows(), y,
                                                  [&](Index j) { return v.row(j).transpose(); });
                          });
}

/// Rows `first` to `first + count - 1`, such as some features of each sample. The data of a sample with several inputs
/// are stacked in one column, which a formula takes apart.
template <std::floating_point T>
Variable<T> rows(const Variable<T>& a, Index first, Index count = 1) {
  if (first < 0 || count < 0 || first > a.rows() - count)
    detail::throw_part("rows", a, a.rows(), first, count);
  return a.graph().record({"rows",
                           [](const Pullback<T>& p) {
                             p.to_a([&](Matrix<T>& d) {
                               d.setZero(p.a().rows(), p.a().cols());
                               for_columns(p.workers(), d.rows(), d.cols(), [&](Index j) {
                                 d.col(j).segment(p.index(), p.y().rows()) = p.dy().col(j);
                               });
                             });
                           },
                           T(0), first},
                          {a}, [&, &v = a.value()](Matrix<T>& y) {
                            detail::write_columns(a.graph().workers(), count, a.cols(), y,
                                                  [&](Index j) { return v.col(j).segment(first, count); });
                          });
}

/// Columns `first` to `first + count - 1`, such as some samples. A view.
template <std::floating_point T>
Variable<T> columns(const Variable<T>& a, Index first, Index count = 1) {
  if (first < 0 || count < 0 || first > a.cols() - count)
    detail::throw_part("columns", a, a.cols(), first, count);
  return a.graph().record({"columns",
                           [](const Pullback<T>& p) {
                             p.to_a([&](Matrix<T>& d) {
                               d.setZero(p.a().rows(), p.a().cols());
                               d.middleCols(p.index(), p.y().cols()) = p.dy();
                             });
                           },
                           T(0), first},
                          {a}, [&](Matrix<T>&) { return a.value().columns(first, count); });
}

/// Takes the features of each sample apart:  const auto [image, text] = split(x, {784, 100});
template <std::floating_point T, std::size_t n>
std::array<Variable<T>, n> split(const Variable<T>& a, const Index (&sizes)[n]) {
  Index total = 0;
  for (const Index size : sizes) total += size;
  if (total != a.rows())
    throw_error<ShapeError>(
        "operation split",
        {"expected sizes with a sum of ", a.rows(), ", as ", detail::shape_text(a), ", got ", total},
        "pass the number of features of each input");
  Index first = 0;
  const auto next = [&](Index size) { return rows(a, std::exchange(first, first + size), size); };
  return [&]<std::size_t... k>(std::index_sequence<k...>) {
    return std::array<Variable<T>, n>{next(sizes[k])...};
  }(std::make_index_sequence<n>{});
}

/// Stacks the features of a and b.
template <class A, class B>
  requires detail::Operands<A, B>
auto stack(const A& a, const B& b) {
  return detail::with_operands(a, b, []<class V>(const V& u, const V& v) {
    using T = typename V::Scalar;
    if (u.cols() != v.cols()) detail::throw_shapes("stack", "as many columns", u, v, "transpose one of them");
    return u.graph().record(
        {"stack",
         [](const Pullback<T>& p) {
           p.to_a([&](Matrix<T>& d) {
             detail::write_columns(p.workers(), p.a().rows(), p.a().cols(), d,
                                   [&](Index j) { return p.dy().col(j).head(p.a().rows()); });
           });
           p.to_b([&](Matrix<T>& d) {
             detail::write_columns(p.workers(), p.b().rows(), p.b().cols(), d,
                                   [&](Index j) { return p.dy().col(j).tail(p.b().rows()); });
           });
         }},
        {u, v}, [&](Matrix<T>& y) {
          y.resize(u.rows() + v.rows(), u.cols());
          for_columns(u.graph().workers(), y.rows(), y.cols(),
                      [&, &above = u.value(), &below = v.value()](Index j) {
                        y.col(j).head(above.rows()) = above.col(j);
                        y.col(j).tail(below.rows()) = below.col(j);
                      });
        });
  });
}
/// Stacks the features of several.
template <class A, class B, class... More>
  requires detail::Operands<A, B>
auto stack(const A& a, const B& b, const More&... more) {
  return stack(stack(a, b), more...);
}

/// Views the numbers of a as samples of another shape, in the same order. A smaller shape makes more samples:
/// `reshape(images, {.channels = 3})` has a column for each position.
template <std::floating_point T>
Variable<T> reshape(const Variable<T>& a, const Shape& shape) {
  const Index size = a.value().size();
  if (shape.size() == 0 || size % shape.size() != 0)
    throw_error<ShapeError>("operation reshape",
                            {"expected a shape whose size divides the ", size, " numbers of ",
                             detail::shape_text(a), ", got ", detail::shape_text(shape)},
                            "pass channels, height and width of a sample");
  return a.graph().record(
      {"reshape", [](const Pullback<T>& p) { p.to_a(p.a().with_numbers(p.dy().data())); }}, {a},
      [&](Matrix<T>&) {
        return Batch<T>{a.value().data(), shape, size / shape.size()};
      });
}

}  // namespace descent
