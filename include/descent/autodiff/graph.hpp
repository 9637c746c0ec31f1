#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <utility>

#include "descent/autodiff/node.hpp"
#include "descent/autodiff/pullback.hpp"
#include "descent/autodiff/tape.hpp"
#include "descent/autodiff/variable.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/misfit.hpp"
#include "descent/core/types.hpp"
#include "descent/parallel/workers.hpp"
#include "descent/tree/parameter.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// The data-flow graph of a formula in the order of its computation, also known as a tape or a Wengert list.
/// Operations on variables compute their value at once and append a node; `backward` walks from the last node to the
/// first and computes dJ/dnode for each.
///
/// `begin` starts a new run. It keeps the nodes and their memory: runs that append nodes of the sizes of one of the two
/// runs before allocate nothing. A graph is working memory, like the cache of a layer: the caller owns it, and each
/// thread needs one.
///
/// Throws   DataError for a variable of another graph or of an earlier run, and for a matrix that the model's `visit`
///          does not name.
/// Source   Griewank, Walther: Evaluating derivatives (2nd edition, 2008), chapters 3 and 4
/// Example  examples/20_autodiff.cpp
template <std::floating_point T = float>
class Graph {
 public:
  using Scalar = T;

  /// Starts a run whose parameters are those of a model, viewed in place. State, such as running statistics, is
  /// constant. Operations share their work among `workers`.
  template <Parameterized M>
  void begin(const M& model, Workers& workers = single_thread) {
    begin(workers);
    M::visit([&](const Parameter& p, const auto& leaf) { add_leaf(NodeKind::parameter, p, leaf); }, model);
    parameters_ = tape_.size();
    visit_state<M>([&](const Parameter& p, const auto& leaf) { add_leaf(NodeKind::state, p, leaf); }, model);
    leaves_ = tape_.size();
  }
  /// Starts a run without parameters.
  void begin(Workers& workers = single_thread) {
    tape_.rewind();
    pending_ = nullptr;
    parameters_ = leaves_ = 0;
    layers_ = 0;
    workers_ = &workers;
  }

  /// Returns the variable of a member that the model's `visit` or `visit_state` names.
  template <class M>
  Variable<T> parameter(const M& member) {
    static_assert(std::derived_from<M, Eigen::PlainObjectBase<M>>,
                  "a parameter is a matrix or a vector of the model, not an expression");
    static_assert(std::same_as<typename M::Scalar, T>, "a parameter has the scalar type of its graph");
    static_assert(M::IsVectorAtCompileTime || !M::IsRowMajor, "a parameter is stored column by column");
    if (const Index i = find(member); i >= 0) return variable(i);
    detail::throw_unnamed(member.rows(), member.cols());
  }

  /// Views a batch, which must outlive the run. Its slope is computed only if it is wanted.
  Variable<T> input(const Batch<T>& x, bool wanted = false) {
    Node<T>& n = next(NodeKind::input);
    n.value = x;
    n.use_memory(x.size());
    n.wanted = wanted;
    return last();
  }
  /// A temporary matrix would not outlive the run.
  template <class M>
    requires(std::derived_from<M, Eigen::EigenBase<M>>)
  Variable<T> input(M&&, bool = false) {
    static_assert(detail::never<M>,
                  "an input is viewed and must outlive the run; pass a variable, or constant(matrix)");
  }
  /// Copies a matrix, or evaluates an expression. No slope is computed for it.
  Variable<T> constant(const auto& numbers) {
    Node<T>& n = next(NodeKind::constant);
    n.use_memory(numbers.size());
    n.memory.value = numbers;
    n.value = n.memory.value;
    return last();
  }

  /// Appends an operation of up to three operands. compute(y) writes its value into y, or returns a batch that views
  /// memory of the node or of an operand.
  template <class F>
  [[gnu::always_inline]] Variable<T> record(const Operation<T>& operation,
                                            std::initializer_list<Variable<T>> operands, F&& compute) {
    Node<T>& n = next(operands);
    n.operation = operation;  // in place, since this is inlined
    if constexpr (std::is_void_v<std::invoke_result_t<F&, Matrix<T>&>>) {
      compute(n.memory.value);
      n.value = n.memory.value;
    } else {
      n.value.assign(compute, n.memory.value);
    }
    return last();
  }
  /// Appends an operation that is computed when its value is needed, by compute(graph, node).
  Variable<T> record_later(const Operation<T>& operation, std::initializer_list<Variable<T>> operands,
                           void (*compute_node)(const Graph&, Node<T>&)) {
    next(operands).operation = operation;
    pending_ = compute_node;
    return last();
  }
  /// True if v is the last node and is not computed yet.
  bool is_pending(const Variable<T>& v) const { return pending_ != nullptr && number(v) == tape_.size() - 1; }
  /// The last node, which is pending.
  const Node<T>& pending() const { return tape_.last(); }
  /// The value of operand k of a node: it is computed, since only the last node may be pending.
  const Batch<T>& operand(const Node<T>& n, std::size_t k) const { return at(n.operands[k]).value; }
  /// Makes the last node, which is pending and has two operands, another operation, of a third operand too.
  Variable<T> replace_pending(const Operation<T>& operation, const Variable<T>& third,
                              void (*compute_node)(const Graph&, Node<T>&)) {
    Node<T>& n = tape_.last();
    n.operation = operation;
    n.operands[2] = number(third);
    pending_ = nullptr;
    compute_node(*this, n);
    return last();
  }
  /// Computes the last node, if it is pending.
  void compute() const {
    if (pending_ != nullptr) std::exchange(pending_, nullptr)(*this, tape_.last());
  }
  /// The matrix that the node being recorded keeps for backward besides its value.
  Matrix<T>& saved() { return tape_.last().memory.saved; }
  /// The memory of type S of the node being recorded.
  template <std::derived_from<NodeState<T>> S>
  S& state() {
    return tape_.last().template state<S>();
  }

  /// Computes dJ/dnode of a cost J, a single number, and of the nodes before it.
  void backward(const Variable<T>& cost) { backward(cost, detail::one<T>()); }
  /// Computes dJ/dnode of y and the nodes before it, where dJ/dy = dy.
  void backward(const Variable<T>& y, const Batch<T>& dy) {
    compute();
    const Index end = number(y);
    Node<T>& last = at(end);
    if (dy.rows() != last.value.rows() || dy.cols() != last.value.cols())
      detail::throw_slope({last.value.rows(), last.value.cols()}, {dy.rows(), dy.cols()});
    for (Index i = 0; i < tape_.size(); ++i) {
      Node<T>& n = at(i);
      n.reached = false;
      if (n.kind == NodeKind::operation) n.wanted = tape_.leads_to_wanted(n);
    }
    last.slope = dy.data();
    last.reached = true;
    for (Index i = end; i >= leaves_; --i)
      if (Node<T>& n = at(i); n.reached && n.wanted && n.kind == NodeKind::operation)
        n.operation.backward(Pullback<T>{*this, n});
  }
  /// Computes the same, and then overwrites the parameters of `gradient`, a value of the model's type, with
  /// dJ/dparameter. An exception leaves the gradient unchanged.
  template <Parameterized M>
  void backward(const Variable<T>& y, const Batch<T>& dy, M& gradient) {
    Index count = 0;
    M::visit(
        [&](const Parameter& p, const auto& leaf) {
          if (count < parameters_) expect_same_shape(p, at(count).value, leaf);
          ++count;
        },
        gradient);
    if (count != parameters_)
      throw_error<ShapeError>("Graph", {"expected a gradient of ", parameters_, " parameters, got ", count},
                              "make the gradient from the model: zeros_like(model)");
    backward(y, dy);
    Index i = 0;
    M::visit([&](const Parameter&, auto& leaf) { detail::move_slope(at(i++), leaf); }, gradient);
  }
  /// Includes or excludes the slope of an input in the next `backward`.
  void want(const Variable<T>& input, bool wanted) { at(number(input)).wanted = wanted; }
  /// Returns dJ/dv of the last `backward`; zeros if J does not depend on v.
  Batch<T> gradient(const Variable<T>& v) {
    Node<T>& n = at(number(v));
    if (!n.reached) {
      n.memory.slope.setZero(n.value.rows(), n.value.cols());
      n.slope = n.memory.slope.data();
    }
    return n.value.with_numbers(n.slope);
  }

  /// The number of nodes of this run. The first ones are the parameters, then the state.
  Index size() const { return tape_.size(); }
  const Node<T>& node(Index i) const {
    if (pending_ != nullptr && i == size() - 1) compute();
    return at(i);
  }
  Variable<T> variable(Index i) { return {*this, i, tape_.run()}; }
  /// Returns the number of the node of a variable. Throws unless it is one of this graph and this run.
  Index number(const Variable<T>& v) const {
    if (&v.graph() != this) detail::throw_two_graphs();
    return v.number();
  }

  /// The threads that share each operation.
  Workers& workers() const { return *workers_; }
  void use(Workers& workers) { workers_ = &workers; }
  /// Counts the layers that are applied in this run.
  std::size_t count_layer() { return layers_++; }
  /// Returns the node of a parameter or of state by its memory, or -1. Most formulas use their parameters in the order
  /// in which `visit` names them, so that the search begins after the one that was found before.
  Index find(const auto& leaf) const {
    for (Index tries = leaves_; tries > 0; --tries) {
      const Index i = next_leaf_ < leaves_ ? next_leaf_ : 0;
      next_leaf_ = i + 1;
      if (tape_.views(i, leaf)) return i;
    }
    return -1;
  }
  /// True if node i is the parameter or state in this memory.
  bool is_at(Index i, const auto& leaf) const { return i < leaves_ && tape_.views(i, leaf); }

 private:
  friend Pullback<T>;
  friend Variable<T>;

  Node<T>& at(Index i) { return tape_.at(i); }
  const Node<T>& at(Index i) const { return tape_.at(i); }
  Variable<T> last() { return variable(tape_.size() - 1); }

  void add_leaf(NodeKind kind, const Parameter& p, const auto& leaf) {
    Node<T>& n = tape_.append(kind);
    n.value.assign([&] { return Batch<T>{leaf.data(), Shape{leaf.rows()}, leaf.cols()}; });
    n.use_memory(leaf.size());
    if (!p.name.is(n.label)) set_label(n, p.name);
    n.wanted = kind == NodeKind::parameter;
  }
  [[gnu::cold, gnu::noinline]] static void set_label(Node<T>& n, const Name& name) { n.label = name.path(); }
  Node<T>& next(NodeKind kind) {
    compute();
    return tape_.append(kind);
  }
  Node<T>& next(std::initializer_list<Variable<T>> operands) {
    eigen_assert(operands.size() <= 3);
    compute();
    for (const Variable<T>& v : operands) number(v);  // throws
    Node<T>& n = tape_.append(NodeKind::operation);
    n.operands = {-1, -1, -1};
    Index key = 0;
    std::size_t k = 0;
    for (const Variable<T>& v : operands) {
      if (k < 2) key += at(v.node_).value.size();  // the third is a bias
      n.operands[k++] = v.node_;
    }
    n.use_memory(key);
    return n;
  }

  // A pending value is computed also by const members.
  mutable detail::Tape<T> tape_;
  mutable void (*pending_)(const Graph&, Node<T>&) = nullptr;  // computes the last node
  Index parameters_ = 0, leaves_ = 0;
  mutable Index next_leaf_ = 0;
  std::size_t layers_ = 0;
  Workers* workers_ = &single_thread;
};

template <std::floating_point T>
const Batch<T>& Variable<T>::value() const {
  return graph_->node(number()).value;
}
template <std::floating_point T>
Index Variable<T>::number() const {
  if (run_ != graph_->tape_.run()) detail::throw_earlier_run();
  return node_;
}

template <std::floating_point T>
Node<T>& Pullback<T>::operand(std::size_t k) const {
  return graph_.at(node_.operands[k]);
}
template <std::floating_point T>
Workers& Pullback<T>::workers() const {
  return graph_.workers();
}
template <std::floating_point T>
void Pullback<T>::to_node(Index i, const T* slope) const {
  add(graph_.at(i), slope);
}

}  // namespace descent
