#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "descent/autodiff/apply.hpp"
#include "descent/autodiff/graph.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/tree/formula_description.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The operations of a formula, read from its graphs for two and for three samples of zeros: a result with as many
/// columns as samples has one for each.
template <class F>
class DescribedFormula final : public FormulaDescription {
  using T = typename F::Scalar;

 public:
  explicit DescribedFormula(const F& formula) : formula_{formula} {}

  FormulaOperations operations(const Shape& in) const override {
    typename F::Cache two, three;
    run(two, in, 2);
    run(three, in, 3);
    if (two.graph.size() != three.graph.size())
      throw_error<DataError>(name_of_layer<F>(), {"expected the same operations for any number of samples"},
                             "write the formula without a branch that depends on the number of samples");
    FormulaOperations operations;
    for (Index i = 0; i < two.graph.size(); ++i)
      operations.all.push_back(read(two.graph, three.graph, i, operations));
    operations.input = position(two.x);
    operations.result = position(two.y);
    return operations;
  }

 private:
  static std::size_t position(Index i) { return static_cast<std::size_t>(i); }
  void run(typename F::Cache& cache, const Shape& in, Index samples) const {
    const Matrix<T> zeros = Matrix<T>::Zero(in.size(), samples);
    formula_.forward({zeros, in}, cache, Pass::inference());
  }

  FormulaOperation read(const Graph<T>& two, const Graph<T>& three, Index i,
                        const FormulaOperations& before) const {
    const Node<T>&n = two.node(i), &other = three.node(i);
    FormulaOperation operation{.shape = n.value.shape()};
    bool depends = n.kind == NodeKind::input;
    if (n.kind == NodeKind::operation) {
      operation.name = n.operation.name;
      operation.number = static_cast<double>(n.operation.number);
      operation.index = n.operation.index;
      for (const Index operand : n.operands)
        if (operand >= 0) {
          operation.operands.push_back(position(operand));
          depends = depends || before.all[position(operand)].is_per_sample;
        }
    } else if (n.kind != NodeKind::input && n.kind != NodeKind::constant) {
      operation.path = n.label;
    }
    operation.is_per_sample = n.value.cols() == 2 && other.value.cols() == 3;
    if (depends && !operation.is_per_sample)
      throw_error<DataError>(name_of_layer<F>(),
                             {"expected operations on each sample by itself, got \"", n.operation.name,
                              "\" over several samples"},
                             "reduce over features only: mean(..., Over::features)");
    if (n.layer() != nullptr) {
      operation.layer = n.layer()->describe();
      operation.path = n.layer()->path(two, i);
    }
    if (operation.is_per_sample) return operation;
    operation.rows = n.value.rows();
    operation.columns = n.value.cols();
    for (Index k = 0; k < n.value.size(); ++k)
      operation.numbers.push_back(static_cast<double>(n.value.data()[k]));
    return operation;
  }

  F formula_;
};

}  // namespace descent::detail
