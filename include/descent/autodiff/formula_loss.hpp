#pragma once

#include <algorithm>
#include <atomic>
#include <concepts>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include "descent/autodiff/graph.hpp"
#include "descent/autodiff/operands.hpp"
#include "descent/autodiff/variable.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/losses/targets.hpp"
#include "descent/parallel/workers.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

/// A graph that is kept for the next call of a const function. A second thread that calls at the same time gets a new
/// graph, so that no call waits and no two share one.
template <std::floating_point T>
class SpareGraph {
 public:
  SpareGraph() = default;
  SpareGraph(const SpareGraph&) {}
  SpareGraph& operator=(const SpareGraph&) { return *this; }
  ~SpareGraph() { delete kept_.load(); }

  /// Calls f(graph).
  auto with(auto&& f) const {
    struct PutBack {
      std::atomic<Graph<T>*>& kept;
      std::unique_ptr<Graph<T>> graph;
      ~PutBack() { graph.reset(kept.exchange(graph.release())); }
    };
    PutBack taken{kept_, std::unique_ptr<Graph<T>>{kept_.exchange(nullptr)}};
    if (!taken.graph) taken.graph = std::make_unique<Graph<T>>();
    return f(*taken.graph);
  }

 private:
  mutable std::atomic<Graph<T>*> kept_{nullptr};
};

/// Separate memory for training and evaluation, whose batches differ in size.
template <std::floating_point T>
struct LossGraphs {
  SpareGraph<T> values, gradients;
};

}  // namespace detail

/// A loss that is written as a formula of the prediction and the target. The formula returns a row with the loss of
/// each sample; sums and weights follow from it.
///
///   FormulaLoss{[](auto p, auto t) { return mean(square(p - t), Over::features); }}
///
/// Shapes   prediction p [k, m], target t [any, m]; the formula returns [1, m]
/// Throws   ShapeError when the formula does not return a number for each sample, or when there is not one target per
///          prediction.
/// Cost     that of the operations. One object may be used by several threads.
/// Example  examples/20_autodiff.cpp
template <class F>
class FormulaLoss {
 public:
  static constexpr std::string_view name = "FormulaLoss";

  explicit FormulaLoss(F formula) : formula_{std::make_shared<const F>(std::move(formula))} {}

  /// Runs the formula on the first two targets, so that a mistake in it is found before training.
  template <BatchLike Y>
  void check(Index outputs, const Y& target) const {
    using T = typename Y::Scalar;
    expect_outputs(outputs);
    const Index samples = std::min(Index{2}, target.cols());
    if (samples > 0)
      value(filled<Matrix<T>>(name, outputs, samples, T(0)), Batch<T>{target}.columns(0, samples));
  }

  template <BatchLike P>
  WeightedSum value(const P& prediction, const BatchLike auto& target,
                    SampleWeights<typename P::Scalar> weights = {}) const {
    using T = typename P::Scalar;
    return memory<T>().values.with([&](Graph<T>& graph) {
      const Variable<T> y = losses(graph, Batch<T>{prediction}, Batch<T>{target}, weights, single_thread);
      return weighted_sum(y.value(), weights);
    });
  }

  template <BatchLike P>
  WeightedSum value_and_gradient(const P& prediction, const BatchLike auto& target,
                                 Matrix<typename P::Scalar>& dy,
                                 SampleWeights<typename P::Scalar> weights = {},
                                 Workers& workers = single_thread) const {
    using T = typename P::Scalar;
    return memory<T>().gradients.with([&](Graph<T>& graph) {
      const Variable<T> y = losses(graph, Batch<T>{prediction}, Batch<T>{target}, weights, workers);
      const Variable<T> slopes =
          graph.constant(Matrix<T>::NullaryExpr(1, y.cols(), [&](Index, Index j) { return weights(j); }));
      graph.backward(y, slopes.value());
      dy = graph.gradient(graph.variable(prediction_node));
      detail::clear_columns_without_weight(dy, weights);
      return weighted_sum(y.value(), weights);
    });
  }

 private:
  static constexpr Index prediction_node = 0;

  static void expect_outputs(Index outputs) {
    if (outputs < 1)
      throw_error<ShapeError>(name, {"expected at least 1 output, got ", outputs},
                              "let the last layer have an output for each target");
  }

  /// Returns the loss of each sample.
  template <std::floating_point T>
  Variable<T> losses(Graph<T>& graph, const Batch<T>& prediction, const Batch<T>& target,
                     SampleWeights<T> weights, Workers& workers) const {
    expect_outputs(prediction.rows());
    detail::expect_samples(name, prediction.cols(), target.cols(), weights);
    graph.begin(workers);
    const Variable<T> p = graph.input(prediction, true), t = graph.input(target);
    constexpr bool is_formula = requires {
      { (*formula_)(p, t) } -> std::same_as<Variable<T>>;
    };
    static_assert(is_formula,
                  "a FormulaLoss holds a function of two variables, [](auto prediction, auto target), that "
                  "returns a variable");
    if constexpr (is_formula) {
      const Variable<T> y = (*formula_)(p, t);
      if (y.rows() != 1 || y.cols() != prediction.cols())
        throw_error<ShapeError>(name,
                                {"expected a formula that returns a number for each of ", prediction.cols(),
                                 " samples, got ", detail::shape_text(y)},
                                "reduce over features only: mean(..., Over::features)");
      return y;
    } else {
      return p;
    }
  }

  template <std::floating_point T>
  static WeightedSum weighted_sum(const Batch<T>& losses, SampleWeights<T> weights) {
    WeightedSum sum{0, weights.sum(losses.cols())};
    for (Index j = 0; j < losses.cols(); ++j)
      if (const T w = weights(j); w != 0) sum.sum += static_cast<double>(w) * static_cast<double>(losses(j));
    return sum;
  }

  template <std::floating_point T>
  const detail::LossGraphs<T>& memory() const {
    if constexpr (std::same_as<T, double>)
      return double_;
    else
      return float_;
  }

  std::shared_ptr<const F> formula_;  // a pointer, since closures with captures cannot be assigned
  detail::LossGraphs<float> float_;
  detail::LossGraphs<double> double_;
};

}  // namespace descent
