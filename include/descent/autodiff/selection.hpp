#pragma once

#include <concepts>
#include <string_view>
#include <vector>

#include "descent/autodiff/graph.hpp"
#include "descent/autodiff/operands.hpp"
#include "descent/autodiff/operations.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/types.hpp"

// Operations that choose numbers: `where`, the larger and the smaller of two, columns and entries by number, and
// `stop_gradient`.

namespace descent::inline DESCENT_ABI {

namespace detail {

/// y = a where the mask is not 0, else b. The slope is selected, too: a product with 0 would make infinity NaN.
template <std::floating_point T>
Variable<T> selected(std::string_view operation, Variable<T> a, Variable<T> b, auto&& mask) {
  if (fits_into(a, b))
    a = widened(operation, b, a);
  else
    b = widened(operation, a, b);
  return a.graph().record(
      {operation,
       [](const Pullback<T>& p) {
         const Matrix<T>& mask_of = p.saved();
         p.to_a([&](Matrix<T>& d) {
           write_numbers(p.workers(), p.a().rows(), p.a().cols(), d, [&](const Part& part) {
             return (flat(mask_of, part) != T(0)).select(flat(p.dy(), part), T(0));
           });
         });
         p.to_b([&](Matrix<T>& d) {
           write_numbers(p.workers(), p.b().rows(), p.b().cols(), d, [&](const Part& part) {
             return (flat(mask_of, part) != T(0)).select(T(0), flat(p.dy(), part));
           });
         });
       }},
      {a, b}, [&, &u = a.value(), &v = b.value()](Matrix<T>& y) {
        Matrix<T>& saved = a.graph().saved();
        mask(a, b, saved);
        if (saved.rows() != a.rows() || saved.cols() != a.cols())
          throw_shapes(operation, "a condition of the shape of the operands", a, b,
                       "compare values of that shape");
        write_numbers(a.graph().workers(), a.rows(), a.cols(), y, [&](const Part& part) {
          return (flat(saved, part) != T(0)).select(flat(u, part), flat(v, part));
        });
        return shaped(y, u, v);
      });
}

/// Returns an operand as a variable; a number is a constant.
template <std::floating_point T, class A>
Variable<T> operand_or_number(const A& a, const Variable<T>& beside) {
  if constexpr (std::is_arithmetic_v<A>)
    return beside.graph().constant(Matrix<T>::Constant(1, 1, static_cast<T>(a)));
  else
    return operand(a, beside);
}

template <class A, class B>
auto with_numbers_too(const A& a, const B& b, auto&& f) {
  if constexpr (IsVariable<A>)
    return f(a, operand_or_number(b, a));
  else
    return f(operand_or_number(a, b), b);
}

/// The chosen columns of `gather` and rows of `pick`.
template <std::floating_point T>
struct Chosen final : NodeState<T> {
  std::vector<Index> places;

  /// Reads them from a row of numbers, each from 0 to `end` - 1.
  void read(std::string_view operation, const Batch<T>& numbers, Index end) {
    places.clear();
    for (Index j = 0; j < numbers.size(); ++j) {
      const T number = numbers.data()[j];
      if (!is_finite(number) || number < 0 || number >= static_cast<T>(end) ||
          static_cast<T>(static_cast<Index>(number)) != number)
        throw_error<DataError>(joined({"operation ", operation}),
                               {"expected a number from 0 to ", end - 1, ", got ", number, " at place ", j},
                               "count from 0");
      places.push_back(static_cast<Index>(number));
    }
  }
};

}  // namespace detail

/// y = a where the condition is true, else b      da = dy where it is true, else 0; db the other way round
///
///   where(x.value().array() > 0, x, 0.1 * x)
///
/// The condition is an expression of booleans; a or b may be a number. A number that is not selected may be infinite,
/// but not its slope: log(0) has one, so give the logarithm a safe number there,
/// `where(is_positive, log(where(is_positive, x, 1)), 0)`.
template <class C, class A, class B>
  requires detail::Operands<A, B>
auto where(const Eigen::DenseBase<C>& condition, const A& a, const B& b) {
  return detail::with_numbers_too(a, b, [&]<class V>(const V& u, const V& v) {
    using T = typename V::Scalar;
    return detail::selected("where", u, v, [&](const V&, const V&, Matrix<T>& mask) {
      mask = condition.derived().matrix().template cast<T>();
    });
  });
}

/// y = the larger of a and b      its slope is dy, that of the other 0; of equals a has it
template <class A, class B>
  requires detail::Operands<A, B>
auto max(const A& a, const B& b) {
  return detail::with_numbers_too(a, b, []<class V>(const V& u, const V& v) {
    using T = typename V::Scalar;
    return detail::selected("max", u, v, [](const V& x, const V& y, Matrix<T>& mask) {
      mask = (x.value().array() >= y.value().array()).matrix().template cast<T>();
    });
  });
}
/// y = the smaller of a and b     its slope is dy, that of the other 0; of equals a has it
template <class A, class B>
  requires detail::Operands<A, B>
auto min(const A& a, const B& b) {
  return detail::with_numbers_too(a, b, []<class V>(const V& u, const V& v) {
    using T = typename V::Scalar;
    return detail::selected("min", u, v, [](const V& x, const V& y, Matrix<T>& mask) {
      mask = (x.value().array() <= y.value().array()).matrix().template cast<T>();
    });
  });
}

/// The columns of a table by their numbers, such as the vectors of words. The slopes of a column that is chosen several
/// times are added; none goes to the numbers.
///
/// Shapes   table [n, k]   numbers [1, m], each from 0 to k - 1   y [n, m]
template <std::floating_point T, class A>
Variable<T> gather(const A& table, const Variable<T>& numbers) {
  const Variable<T> a = detail::operand(table, numbers);
  return a.graph().record(
      {"gather",
       [](const Pullback<T>& p) {
         const auto& places = p.template state<detail::Chosen<T>>().places;
         p.to_a([&](Matrix<T>& d) {
           d.setZero(p.a().rows(), p.a().cols());
           Index j = 0;
           for (const Index place : places) d.col(place) += p.dy().col(j++);
         });
       }},
      {a, numbers}, [&, &v = a.value()](Matrix<T>& y) {
        auto& places = a.graph().template state<detail::Chosen<T>>().places;
        a.graph().template state<detail::Chosen<T>>().read("gather", numbers.value(), a.cols());
        detail::write_columns(a.graph().workers(), a.rows(), numbers.value().size(), y,
                              [&](Index j) { return v.col(places[static_cast<std::size_t>(j)]); });
      });
}

/// One number of each column, such as the score of the class of each sample. No slope goes to the numbers of the rows.
///
/// Shapes   a [n, m]   rows [1, m], each from 0 to n - 1   y [1, m]
template <std::floating_point T>
Variable<T> pick(const Variable<T>& a, const Variable<T>& rows) {
  if (rows.rows() != 1 || rows.cols() != a.cols())
    detail::throw_shapes("pick", "the number of a row for each column", a, rows, "pass a row");
  return a.graph().record({"pick",
                           [](const Pullback<T>& p) {
                             const auto& places = p.template state<detail::Chosen<T>>().places;
                             p.to_a([&](Matrix<T>& d) {
                               d.setZero(p.a().rows(), p.a().cols());
                               Index j = 0;
                               for (const Index place : places) d(place, j) = p.dy()(j), ++j;
                             });
                           }},
                          {a, rows}, [&, &v = a.value()](Matrix<T>& y) {
                            auto& chosen = a.graph().template state<detail::Chosen<T>>();
                            chosen.read("pick", rows.value(), a.rows());
                            y.resize(1, a.cols());
                            Index j = 0;
                            for (const Index place : chosen.places) y(j) = v(place, j), ++j;
                          });
}

/// y = a, without a slope: a is constant for the gradient.
template <std::floating_point T>
Variable<T> stop_gradient(const Variable<T>& a) {
  return a.graph().record({"stop_gradient"}, {a}, [&](Matrix<T>&) { return a.value(); });
}

}  // namespace descent
