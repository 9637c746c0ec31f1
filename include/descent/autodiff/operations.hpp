#pragma once

#include <concepts>
#include <string_view>
#include <type_traits>

#include "descent/autodiff/graph.hpp"
#include "descent/autodiff/operands.hpp"
#include "descent/autodiff/products.hpp"
#include "descent/core/types.hpp"
#include "descent/linalg/flat.hpp"
#include "descent/linalg/product.hpp"

// The operators. Beside a variable may be a variable, a number, or a matrix or a vector of the model, which is a parameter.

namespace descent::inline DESCENT_ABI {

namespace detail {

/// y = a + s for a number s    da = dy
template <std::floating_point T>
Variable<T> plus(const Variable<T>& a, T s) {
  return a.graph().record({"shift", [](const Pullback<T>& p) { p.to_a(p.dy()); }, s}, {a}, [&](Matrix<T>& y) {
    write_numbers(a.graph().workers(), a.rows(), a.cols(), y,
                  [&](const Part& part) { return flat(a.value(), part) + s; });
    return a.value().with_numbers(y);
  });
}

/// y = a + b                   da = dy    db = dy, summed over the columns if b is a column, such as a bias
template <std::floating_point T>
Variable<T> sum_of(const Variable<T>& a, const Variable<T>& b) {
  if (fits_into(a, b)) return sum_of(b, a);
  if (a.cols() > 1 && b.cols() == 1 && a.rows() == b.rows() && !b.is_scalar())
    return a.graph().record({"+",
                             [](const Pullback<T>& p) {
                               p.to_a(p.dy());
                               p.to_b([&](Matrix<T>& d) { write_sum(p.workers(), p.dy(), p.b(), d); });
                             }},
                            {a, b}, [&, &u = a.value(), &v = b.value()](Matrix<T>& y) {
                              write_columns(a.graph().workers(), a.rows(), a.cols(), y,
                                            [&](Index j) { return u.col(j) + v.col(0); });
                              return u.with_numbers(y);
                            });
  return pointwise<T>({"+", [](const Pullback<T>& p) { p.to_a(p.dy()), p.to_b(p.dy()); }}, a,
                      widened("+", a, b), [](const auto& u, const auto& v) { return u + v; });
}

/// y = a - b                   da = dy    db = -dy
template <std::floating_point T>
Variable<T> difference_of(const Variable<T>& a, const Variable<T>& b) {
  const bool swap = fits_into(a, b);
  return pointwise<T>({"-",
                       [](const Pullback<T>& p) {
                         p.to_a(p.dy());
                         p.to_b([&](Matrix<T>& d) {
                           write_numbers(p.workers(), p.b().rows(), p.b().cols(), d,
                                         [&](const Part& part) { return -flat(p.dy(), part); });
                         });
                       }},
                      swap ? widened("-", b, a) : a, swap ? b : widened("-", a, b),
                      [](const auto& u, const auto& v) { return u - v; });
}

/// y = a + b for a product a = w x that is not computed yet: the affine map w x + b if b is a column
template <std::floating_point T>
Variable<T> sum_of_pending(const Variable<T>& product, const Variable<T>& b) {
  Graph<T>& graph = product.graph();
  if (!graph.is_pending(b)) {
    const Batch<T>&w = graph.operand(graph.pending(), 0), &bias = b.value();
    if (bias.rows() == w.rows() && bias.cols() == 1)
      return graph.replace_pending(affine_operation<T>, b, compute_affine<T>);
  }
  return sum_of(product, b);
}

}  // namespace detail

/// y = a + b, which makes a product w x + b an affine map
template <class A, class B>
  requires detail::Operands<std::remove_cvref_t<A>, B>
auto operator+(A&& a, const B& b) {
  if constexpr (std::is_arithmetic_v<std::remove_cvref_t<A>>)
    return b + a;
  else if constexpr (std::is_arithmetic_v<B>)
    return detail::plus(a, static_cast<typename std::remove_cvref_t<A>::Scalar>(b));
  else
    return detail::with_operands(a, b, [](const auto& u, const auto& v) {
      // Nobody else has a handle of a temporary, so that its value may be left out.
      if constexpr (detail::IsVariable<A>)
        if (u.graph().is_pending(u)) return detail::sum_of_pending(u, v);
      return detail::sum_of(u, v);
    });
}

/// y = a - b                   da = dy    db = -dy
template <class A, class B>
  requires detail::Operands<A, B>
auto operator-(const A& a, const B& b) {
  if constexpr (std::is_arithmetic_v<A>)
    return detail::plus(-b, static_cast<typename B::Scalar>(a));
  else if constexpr (std::is_arithmetic_v<B>)
    return detail::plus(a, -static_cast<typename A::Scalar>(b));
  else
    return detail::with_operands(a, b,
                                 [](const auto& u, const auto& v) { return detail::difference_of(u, v); });
}
/// y = -a                      da = -dy
template <std::floating_point T>
Variable<T> operator-(const Variable<T>& a) {
  return detail::times(a, T(-1));
}

/// y = a b, the product of matrices; a single number scales      da = dy b^T    db = a^T dy
template <class A, class B>
  requires detail::Operands<A, B>
auto operator*(const A& a, const B& b) {
  if constexpr (std::is_arithmetic_v<A>)
    return detail::times(b, static_cast<typename B::Scalar>(a));
  else if constexpr (std::is_arithmetic_v<B>)
    return detail::times(a, static_cast<typename A::Scalar>(b));
  else
    return detail::with_operands(a, b, []<class V>(const V& u, const V& v) {
      using T = typename V::Scalar;
      const Batch<T>&left = u.value(), &right = v.value();
      if (left.size() == 1) return right.size() == 1 ? cwise_product(u, v) : detail::scaled_by(u, v);
      if (right.size() == 1) return detail::scaled_by(v, u);
      if (left.cols() != right.rows())
        detail::throw_shapes("*", "as many rows of b as columns of a", u, v,
                             "transpose one of them, or see which layer has the wrong size");
      return u.graph().record_later(
          {"*",
           [](const Pullback<T>& p) {
             p.to_a([&](Matrix<T>& d) { Product<T>::transposed_right(p.dy(), p.b(), d, p.workers()); });
             p.to_b([&](Matrix<T>& d) { Product<T>::transposed_left(p.a(), p.dy(), d, p.workers()); });
           }},
          {u, v}, [](const Graph<T>& graph, Node<T>& n) {
            Product<T>::plain(graph.operand(n, 0), graph.operand(n, 1), n.memory.value, graph.workers());
            n.value = n.memory.value;
          });
    });
}

/// y_ij = a_ij / b_ij          da = dy / b    db = -dy y / b
template <class A, class B>
  requires detail::Operands<A, B>
auto operator/(const A& a, const B& b) {
  if constexpr (std::is_arithmetic_v<A>)
    return detail::divided_by(static_cast<typename B::Scalar>(a), b);
  else if constexpr (std::is_arithmetic_v<B>)
    return detail::times(a, 1 / static_cast<typename A::Scalar>(b));
  else
    return cwise_quotient(a, b);
}

/// Makes a the handle of a + b; other handles of a keep their value.
template <std::floating_point T>
Variable<T>& operator+=(Variable<T>& a, const auto& b) {
  return a = a + b;
}
/// Makes a the handle of a - b; other handles of a keep their value.
template <std::floating_point T>
Variable<T>& operator-=(Variable<T>& a, const auto& b) {
  return a = a - b;
}

}  // namespace descent
