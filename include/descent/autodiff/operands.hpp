#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

#include "descent/autodiff/graph.hpp"
#include "descent/autodiff/variable.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/linalg/flat.hpp"
#include "descent/linalg/row_sums.hpp"
#include "descent/parallel/parts.hpp"

// The operands of operations: which types may be beside a variable, and the shapes of two operands.

namespace descent::inline DESCENT_ABI::detail {

template <class E>
concept IsEigen = std::derived_from<E, Eigen::EigenBase<E>>;
template <class E>
concept IsBatch = requires { typename E::Scalar; } && std::same_as<E, Batch<typename E::Scalar>>;

/// Two operands, at least one of which is a variable.
template <class A, class B>
concept Operands =
    (IsVariable<A> && (IsVariable<B> || std::is_arithmetic_v<B> || IsEigen<B> || IsBatch<B>)) ||
    (IsVariable<B> && (std::is_arithmetic_v<A> || IsEigen<A> || IsBatch<A>));

/// Returns the variable of an operand beside a variable: a matrix there is a parameter of the model.
template <std::floating_point T, class A>
Variable<T> operand(const A& a, [[maybe_unused]] const Variable<T>& beside) {
  if constexpr (IsVariable<A>) {
    static_assert(std::same_as<typename A::Scalar, T>,
                  "the variables of an operation have one scalar type; make both by one graph");
    if constexpr (std::same_as<typename A::Scalar, T>)
      return a;
    else
      return beside;
  } else if constexpr (std::is_arithmetic_v<A> || std::same_as<A, Batch<T>>) {
    static_assert(never<A>, "this operation takes variables; write graph.constant(matrix) for numbers");
    return beside;
  } else {
    static_assert(
        std::derived_from<A, Eigen::PlainObjectBase<A>>,
        "no gradient goes through an expression of Eigen; write transpose(graph.parameter(w)) and the "
        "like, or graph.constant(expression) for numbers that are not learned");
    if constexpr (std::derived_from<A, Eigen::PlainObjectBase<A>>)
      return beside.graph().parameter(a);
    else
      return beside;
  }
}

/// Returns an operand as text, such as `weight [3, 2]`.
template <std::floating_point T>
[[gnu::cold]] std::string shape_text(const Variable<T>& v) {
  const Node<T>& n = v.graph().node(v.number());
  std::string_view label = n.label;
  if (n.kind == NodeKind::operation) label = n.operation.name;
  if (n.kind == NodeKind::input) label = "input";
  if (n.kind == NodeKind::constant) label = "constant";
  return joined({label, " [", v.rows(), ", ", v.cols(), ']'});
}
template <std::floating_point T>
[[noreturn, gnu::cold, gnu::noinline]] void throw_shapes(std::string_view operation,
                                                         std::string_view expected, const Variable<T>& a,
                                                         const Variable<T>& b, std::string_view cure) {
  const std::string of_a = shape_text(a), of_b = shape_text(b);
  throw_error<ShapeError>(joined({"operation ", operation}),
                          {"expected ", expected, ", got ", of_a, " and ", of_b}, cure);
}

template <std::floating_point T>
bool have_same_shape(const Variable<T>& a, const Variable<T>& b) {
  const Batch<T>&x = a.value(), &y = b.value();
  return x.rows() == y.rows() && x.cols() == y.cols();
}
/// True if b is a number, a column or a row that can be widened to the shape of a.
template <std::floating_point T>
bool fits_into(const Variable<T>& b, const Variable<T>& a) {
  if (have_same_shape(a, b)) return false;
  const Batch<T>&x = a.value(), &y = b.value();
  return y.size() == 1 || (y.rows() == x.rows() && y.cols() == 1) || (y.rows() == 1 && y.cols() == x.cols());
}

/// Writes numbers to a matrix in parallel: `numbers(part)` is an expression of flat arrays.
template <std::floating_point T>
void write_numbers(Workers& workers, Index rows, Index cols, Matrix<T>& y, auto&& numbers) {
  resize(y, rows, cols);
  for_numbers(workers, y.size(), [&](const Part& part) { flat(y, part) = numbers(part); });
}
/// The number of rows from which on Eigen's loops over a column are faster than those below, which begin sooner.
inline constexpr Index short_column = 16;

/// Returns the sum of column j.
template <class M>
typename M::Scalar column_sum(const M& m, Index j) {
  if (m.rows() >= short_column) return m.col(j).sum();
  const auto* const column = m.data() + j * m.rows();
  typename M::Scalar sum = 0;
  for (Index i = 0; i < m.rows(); ++i) sum += column[i];
  return sum;
}
/// Returns the largest number of column j, which is not empty.
template <class M>
typename M::Scalar column_max(const M& m, Index j) {
  if (m.rows() >= short_column) return m.col(j).maxCoeff();
  const auto* const column = m.data() + j * m.rows();
  return *std::max_element(column, column + m.rows());
}
/// Writes the columns of a matrix in parallel: `column(j)` is an expression.
template <std::floating_point T>
void write_columns(Workers& workers, Index rows, Index cols, Matrix<T>& y, auto&& column) {
  resize(y, rows, cols);
  for_columns(workers, rows, cols, [&](Index j) {
    const auto numbers = column(j);
    if (rows >= short_column)
      y.col(j) = numbers;
    else
      for (Index i = 0; i < rows; ++i) y.data()[i + j * rows] = numbers.coeff(i, 0);
  });
}

/// Returns y with the shape of the samples of an operand: that of an image, if one has it.
template <std::floating_point T>
Batch<T> shaped(const Matrix<T>& y, const Batch<T>& a, const Batch<T>& b) {
  return (a.shape().positions() == 1 ? b : a).with_numbers(y);
}

/// Writes the sum of a slope over the columns, the rows or all numbers, in the shape of the operand that was widened.
template <std::floating_point T>
void write_sum(Workers& workers, const Batch<T>& dy, const Batch<T>& of, Matrix<T>& d) {
  resize(d, of.rows(), of.cols());
  if (of.size() == 1)
    d(0) = static_cast<T>(sum_over_numbers(
        workers, dy.size(), [&](const Part& part) { return static_cast<double>(flat(dy, part).sum()); }));
  else if (of.cols() == 1)
    row_sums(dy, d.data(), workers);
  else
    for_columns(workers, dy.rows(), dy.cols(), [&](Index j) { d(j) = column_sum(dy, j); });
}

/// Repeats a single number, a column, or else each number of a row, in the columns of y.
template <std::floating_point T>
void widen(Workers& workers, const Batch<T>& v, bool is_column, Index rows, Index cols, Matrix<T>& y) {
  resize(y, rows, cols);
  if (v.size() == 1)
    return for_numbers(workers, y.size(),
                       [&](const Part& part) { std::fill_n(y.data() + part.first, part.count, v(0)); });
  for_columns(workers, rows, cols, [&](Index j) {
    T* const column = y.data() + j * rows;
    if (is_column)
      std::copy_n(v.data(), rows, column);
    else
      std::fill_n(column, rows, v.data()[j]);
  });
}

/// Returns b with the shape of a. A number, a column and a row are widened, each only to the shape of the other
/// operand: nothing else is, so that a row minus a column does not silently become a matrix.
template <std::floating_point T>
Variable<T> widened(std::string_view operation, const Variable<T>& a, const Variable<T>& b) {
  if (have_same_shape(a, b)) return b;
  if (!fits_into(b, a))
    throw_shapes(operation, "operands of one shape, or a number, a column or a row that fits the other one",
                 a, b, "transpose(b) turns a row into a column");
  return a.graph().record(
      {"widen",
       [](const Pullback<T>& p) { p.to_a([&](Matrix<T>& d) { write_sum(p.workers(), p.dy(), p.a(), d); }); }},
      {b}, [&](Matrix<T>& y) {
        const bool is_column = b.cols() == 1 && !b.is_scalar();
        widen(a.graph().workers(), b.value(), is_column, a.rows(), a.cols(), y);
        return a.value().with_numbers(y);
      });
}

/// Calls f(a, b) with both operands as variables.
template <class A, class B>
auto with_operands(const A& a, const B& b, auto&& f) {
  if constexpr (IsVariable<A>)
    return f(a, operand(b, a));
  else
    return f(operand(a, b), b);
}

/// y = f(a, b), number by number
template <std::floating_point T>
Variable<T> pointwise(const Operation<T>& operation, const Variable<T>& a, const Variable<T>& b, auto&& f) {
  return a.graph().record(operation, {a, b}, [&, &u = a.value(), &v = b.value()](Matrix<T>& y) {
    write_numbers(a.graph().workers(), a.rows(), a.cols(), y,
                  [&](const Part& part) { return f(flat(u, part), flat(v, part)); });
    return shaped(y, u, v);
  });
}

}  // namespace descent::detail
