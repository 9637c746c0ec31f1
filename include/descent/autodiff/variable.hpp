#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "descent/autodiff/node.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// A handle of a node of a graph, passed by value and valid until the next run of the graph. Nothing is computed in
/// place: `a += b` makes a the handle of a new node.
///
/// Throws   DataError when it is used in a later run.
template <std::floating_point T = float>
class Variable {
 public:
  using Scalar = T;

  const Batch<T>& value() const;
  Index rows() const { return value().rows(); }
  Index cols() const { return value().cols(); }
  bool is_scalar() const { return value().size() == 1; }
  Graph<T>& graph() const { return *graph_; }
  Index number() const;

 private:
  friend Graph<T>;
  Variable(Graph<T>& graph, Index node, std::uint32_t run)
      : graph_{&graph}, node_{static_cast<std::int32_t>(node)}, run_{run} {}

  Graph<T>* graph_;
  std::int32_t node_;  // so that a variable is returned in registers
  std::uint32_t run_;
};

namespace detail {

[[noreturn, gnu::cold, gnu::noinline]] inline void throw_earlier_run() {
  throw DataError("Variable", "expected a variable of this run of its graph, got one of an earlier run",
                  "keep values, not variables, from run to run");
}
[[noreturn, gnu::cold, gnu::noinline]] inline void throw_unnamed(Index rows, Index cols) {
  throw_error<DataError>("Graph",
                         {"expected a parameter of the model, got a matrix of [", rows, ", ", cols,
                          "] that its visit does not name"},
                         "name it in visit, or pass constant(matrix) for numbers that are not learned");
}
[[noreturn, gnu::cold, gnu::noinline]] inline void throw_slope(const Size& expected, const Size& got) {
  throw_error<ShapeError>("Graph",
                          {"expected a slope of [", expected.rows, ", ", expected.cols,
                           "], as the variable, got [", got.rows, ", ", got.cols, ']'},
                          "pass dJ/dy");
}
[[noreturn, gnu::cold, gnu::noinline]] inline void throw_two_graphs() {
  throw DataError("Graph", "expected variables of one graph, got two graphs",
                  "make all inputs and constants of a formula by one graph");
}

template <class V>
concept IsVariable = requires { typename V::Scalar; } && std::same_as<V, Variable<typename V::Scalar>>;

}  // namespace detail

}  // namespace descent
