#pragma once

#include <concepts>
#include <type_traits>

#include "descent/autodiff/graph.hpp"
#include "descent/autodiff/operands.hpp"
#include "descent/core/types.hpp"
#include "descent/linalg/flat.hpp"
#include "descent/linalg/product.hpp"

// Products and quotients of numbers at the same place, and the affine map.

namespace descent::inline DESCENT_ABI {

namespace detail {

/// y = s a for a number s      da = s dy
template <std::floating_point T>
Variable<T> times(const Variable<T>& a, T s) {
  return a.graph().record({"scale",
                           [](const Pullback<T>& p) {
                             p.to_a([&](Matrix<T>& d) {
                               write_numbers(
                                   p.workers(), p.a().rows(), p.a().cols(), d,
                                   [&](const Part& part) { return p.number() * flat(p.dy(), part); });
                             });
                           },
                           s},
                          {a}, [&](Matrix<T>& y) {
                            write_numbers(a.graph().workers(), a.rows(), a.cols(), y,
                                          [&](const Part& part) { return s * flat(a.value(), part); });
                            return a.value().with_numbers(y);
                          });
}

/// Computes the product of numbers at the same place, d = f g.
template <std::floating_point T>
void write_product(const Pullback<T>& p, const Batch<T>& f, const Batch<T>& g, Matrix<T>& d) {
  write_numbers(p.workers(), f.rows(), f.cols(), d,
                [&](const Part& part) { return flat(f, part) * flat(g, part); });
}

/// y = s a for a variable s that is a single number      da = s dy    ds = sum of dy a
template <std::floating_point T>
Variable<T> scaled_by(const Variable<T>& s, const Variable<T>& a) {
  return a.graph().record(
      {"*",
       [](const Pullback<T>& p) {
         p.to_a([&](Matrix<T>& d) {
           d.resize(1, 1);
           d(0) = static_cast<T>(sum_over_numbers(p.workers(), p.b().size(), [&](const Part& part) {
             return static_cast<double>((flat(p.dy(), part) * flat(p.b(), part)).sum());
           }));
         });
         p.to_b([&](Matrix<T>& d) {
           write_numbers(p.workers(), p.b().rows(), p.b().cols(), d,
                         [&](const Part& part) { return p.a()(0) * flat(p.dy(), part); });
         });
       }},
      {s, a}, [&, factor = s.value()(0)](Matrix<T>& y) {
        write_numbers(a.graph().workers(), a.rows(), a.cols(), y,
                      [&](const Part& part) { return factor * flat(a.value(), part); });
        return a.value().with_numbers(y);
      });
}

/// y = s / a for a number s    da = -dy y / a
template <std::floating_point T>
Variable<T> divided_by(T s, const Variable<T>& a) {
  return a.graph().record({"reciprocal",
                           [](const Pullback<T>& p) {
                             p.to_a([&](Matrix<T>& d) {
                               write_numbers(
                                   p.workers(), p.a().rows(), p.a().cols(), d, [&](const Part& part) {
                                     return -flat(p.dy(), part) * flat(p.y(), part) / flat(p.a(), part);
                                   });
                             });
                           },
                           s},
                          {a}, [&](Matrix<T>& y) {
                            write_numbers(a.graph().workers(), a.rows(), a.cols(), y,
                                          [&](const Part& part) { return s / flat(a.value(), part); });
                            return a.value().with_numbers(y);
                          });
}

template <std::floating_point T>
void compute_affine(const Graph<T>& graph, Node<T>& n) {
  Product<T>::affine(graph.operand(n, 0), graph.operand(n, 1), graph.operand(n, 2), n.memory.value,
                     graph.workers());
  n.value = n.memory.value;
}
template <std::floating_point T>
void affine_backward(const Pullback<T>& p) {
  p.to_a([&](Matrix<T>& d) { Product<T>::transposed_right(p.dy(), p.b(), d, p.workers()); });
  p.to_b([&](Matrix<T>& d) { Product<T>::transposed_left(p.a(), p.dy(), d, p.workers()); });
  p.to_c([&](Matrix<T>& d) { write_sum(p.workers(), p.dy(), p.c(), d); });
}
template <std::floating_point T>
inline constexpr Operation<T> affine_operation{"affine", affine_backward<T>};

}  // namespace detail

/// y_ij = a_ij b_ij            da = dy b    db = dy a
template <class A, class B>
  requires detail::Operands<A, B>
auto cwise_product(const A& a, const B& b) {
  if constexpr (std::is_arithmetic_v<A> || std::is_arithmetic_v<B>)
    return a * b;
  else
    return detail::with_operands(a, b, []<class V>(const V& u, const V& v) {
      using T = typename V::Scalar;
      const bool swap = detail::fits_into(u, v);
      const V first = swap ? v : u;
      return detail::pointwise<T>(
          {"cwise_product",
           [](const Pullback<T>& p) {
             p.to_a([&](Matrix<T>& d) { detail::write_product(p, p.dy(), p.b(), d); });
             p.to_b([&](Matrix<T>& d) { detail::write_product(p, p.dy(), p.a(), d); });
           }},
          first, detail::widened("cwise_product", first, swap ? u : v),
          [](const auto& x, const auto& y) { return x * y; });
    });
}

/// y_ij = a_ij / b_ij, as the operator /      da = dy / b    db = -dy y / b
template <class A, class B>
  requires detail::Operands<A, B>
auto cwise_quotient(const A& a, const B& b) {
  if constexpr (std::is_arithmetic_v<A> || std::is_arithmetic_v<B>)
    return a / b;
  else
    return detail::with_operands(a, b, []<class V>(const V& u, const V& v) {
      using T = typename V::Scalar;
      const bool swap = detail::fits_into(u, v);
      return detail::pointwise<T>(
          {"/",
           [](const Pullback<T>& p) {
             p.to_a([&](Matrix<T>& d) {
               detail::write_numbers(p.workers(), p.a().rows(), p.a().cols(), d, [&](const Part& part) {
                 return flat(p.dy(), part) / flat(p.b(), part);
               });
             });
             p.to_b([&](Matrix<T>& d) {
               detail::write_numbers(p.workers(), p.b().rows(), p.b().cols(), d, [&](const Part& part) {
                 return -flat(p.dy(), part) * flat(p.y(), part) / flat(p.b(), part);
               });
             });
           }},
          swap ? detail::widened("/", v, u) : u, swap ? v : detail::widened("/", u, v),
          [](const auto& x, const auto& y) { return x / y; });
    });
}

/// y = w x + b, with the rounding of `Dense`      dw = dy x^T    dx = w^T dy    db = sum over the columns of dy
template <class W, std::floating_point T, class B>
Variable<T> affine(const W& w, const Variable<T>& x, const B& b) {
  const Variable<T> weight = detail::operand(w, x), bias = detail::operand(b, x);
  if (weight.cols() != x.rows())
    detail::throw_shapes("affine", "as many rows of x as columns of w", weight, x, "transpose one of them");
  if (bias.rows() != weight.rows() || bias.cols() != 1)
    detail::throw_shapes("affine", "a bias with a number for each row of w", weight, bias, "pass a column");
  Graph<T>& graph = x.graph();
  const Variable<T> y =
      graph.record_later(detail::affine_operation<T>, {weight, x, bias}, detail::compute_affine<T>);
  graph.compute();
  return y;
}

}  // namespace descent
