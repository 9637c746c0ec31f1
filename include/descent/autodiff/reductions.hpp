#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <string_view>

#include "descent/autodiff/activations.hpp"
#include "descent/autodiff/functions.hpp"
#include "descent/autodiff/graph.hpp"
#include "descent/autodiff/operands.hpp"
#include "descent/autodiff/operations.hpp"
#include "descent/autodiff/shaping.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// The numbers that a reduction combines: all of them to a single number, the features of each sample to a row, or the
/// samples to a column.
enum class Over : std::uint8_t { all, features, samples };

namespace detail {

template <std::floating_point T>
[[noreturn, gnu::cold, gnu::noinline]] void throw_empty(std::string_view operation, const Variable<T>& a) {
  throw_error<ShapeError>(joined({"operation ", operation}),
                          {"expected at least one number, got ", shape_text(a)}, "pass samples");
}

/// Calls f, a reduction of columns, with a matrix whose columns are to be reduced.
template <std::floating_point T>
Variable<T> reduced(const Variable<T>& a, Over over, auto&& f) {
  if (over == Over::features) return f(a);
  if (over == Over::samples) return transpose(f(transpose(a)));
  if (a.value().size() == 0) throw_empty("reduction", a);
  return f(reshape(a, Shape{a.value().size()}));
}

}  // namespace detail

/// y = sum of a                da = dy at each place that was added
template <std::floating_point T>
Variable<T> sum(const Variable<T>& a, Over over = Over::all) {
  return a.graph().record({"sum",
                           [](const Pullback<T>& p) {
                             p.to_a([&](Matrix<T>& d) {
                               const bool is_column = static_cast<Over>(p.index()) == Over::samples;
                               detail::widen(p.workers(), p.dy(), is_column, p.a().rows(), p.a().cols(), d);
                             });
                           },
                           T(0), static_cast<Index>(over)},
                          {a}, [&](Matrix<T>& y) {
                            const Shape shape = over == Over::all        ? Shape{1, 1}
                                                : over == Over::features ? Shape{1, a.cols()}
                                                                         : Shape{a.rows(), 1};
                            const Batch<T> like{y.data(), Shape{shape.channels}, shape.height};
                            detail::write_sum(a.graph().workers(), a.value(), like, y);
                          });
}

/// y = mean of a               da = dy / the number of numbers in each mean
template <std::floating_point T>
Variable<T> mean(const Variable<T>& a, Over over = Over::all) {
  const Variable<T> total = sum(a, over);
  return total * (static_cast<T>(total.value().size()) / static_cast<T>(a.value().size()));
}

/// y = sum of a_ij b_ij        da = dy b    db = dy a
template <class A, class B>
  requires detail::Operands<A, B>
auto dot(const A& a, const B& b, Over over = Over::all) {
  return sum(cwise_product(a, b), over);
}

/// y = sum of a^2              da = 2 dy a
template <std::floating_point T>
Variable<T> squared_norm(const Variable<T>& a, Over over = Over::all) {
  return sum(square(a), over);
}

/// y = sqrt(sum of a^2)        da = dy a / y, and 0 where y is 0
template <std::floating_point T>
Variable<T> norm(const Variable<T>& a, Over over = Over::all) {
  return detail::reduced(a, over, [](const Variable<T>& x) {
    return x.graph().record(
        {"norm",
         [](const Pullback<T>& p) {
           p.to_a([&](Matrix<T>& d) {
             const Batch<T>& dy = p.dy();
             detail::write_columns(p.workers(), p.a().rows(), p.a().cols(), d, [&](Index j) {
               return p.a().col(j) * (p.y()(j) > 0 ? dy(j) / p.y()(j) : T(0));
             });
           });
         }},
        {x}, [&, &v = x.value()](Matrix<T>& y) {
          y.resize(1, x.cols());
          for_columns(x.graph().workers(), x.rows(), x.cols(), [&](Index j) { y(j) = v.col(j).norm(); });
        });
  });
}

/// y = the largest number      da = dy at its place, the first of equals
template <std::floating_point T>
Variable<T> max(const Variable<T>& a, Over over = Over::all) {
  return detail::reduced(a, over, [](const Variable<T>& x) {
    if (x.rows() == 0) detail::throw_empty("max", x);
    return x.graph().record({"max",
                             [](const Pullback<T>& p) {
                               p.to_a([&](Matrix<T>& d) {
                                 const Batch<T>& dy = p.dy();
                                 d.setZero(p.a().rows(), p.a().cols());
                                 for_columns(p.workers(), p.a().rows(), p.a().cols(), [&](Index j) {
                                   Index i = 0;
                                   p.a().col(j).maxCoeff(&i);
                                   d(i, j) = dy(j);
                                 });
                               });
                             }},
                            {x}, [&, &v = x.value()](Matrix<T>& y) {
                              y.resize(1, x.cols());
                              for_columns(x.graph().workers(), x.rows(), x.cols(),
                                          [&](Index j) { y(j) = v.col(j).maxCoeff(); });
                            });
  });
}
/// The smallest number; see `max`.
template <std::floating_point T>
Variable<T> min(const Variable<T>& a, Over over = Over::all) {
  return -max(-a, over);
}

/// y = log(sum of exp(a)), which does not overflow      da = dy softmax(a)
template <std::floating_point T>
Variable<T> log_sum_exp(const Variable<T>& a, Over over = Over::features) {
  return detail::reduced(a, over, [](const Variable<T>& x) {
    if (x.rows() == 0) detail::throw_empty("log_sum_exp", x);
    return x.graph().record(
        {"log_sum_exp",
         [](const Pullback<T>& p) {
           p.to_a([&](Matrix<T>& d) {
             const auto& powers = p.saved();
             detail::write_columns(p.workers(), p.a().rows(), p.a().cols(), d, [&](Index j) {
               return powers.col(j) * (p.dy()(j) / detail::column_sum(powers, j));
             });
           });
         }},
        {x}, [&, &v = x.value()](Matrix<T>& y) {
          Workers& workers = x.graph().workers();
          Matrix<T>& powers = x.graph().saved();  // exp(a - max a)
          y.resize(1, v.cols());
          detail::write_columns(workers, v.rows(), v.cols(), powers, [&](Index j) {
            y(j) = detail::column_max(v, j);
            return (v.col(j).array() - y(j)).matrix();
          });
          // Of the whole matrix, since a single column is too short to vectorize well.
          for_numbers(workers, v.size(),
                      [&](const Part& part) { flat(powers, part) = flat(powers, part).exp(); });
          for_columns(workers, v.rows(), v.cols(),
                      [&](Index j) { y(j) += std::log(detail::column_sum(powers, j)); });
        });
  });
}

}  // namespace descent
