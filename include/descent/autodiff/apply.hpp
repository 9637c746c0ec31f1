#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "descent/autodiff/graph.hpp"
#include "descent/autodiff/variable.hpp"
#include "descent/concepts/backward.hpp"
#include "descent/concepts/hooks.hpp"
#include "descent/concepts/layer.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/core/types.hpp"
#include "descent/models/chain.hpp"
#include "descent/tree/describe.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/parameter.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

template <class L>
constexpr std::string_view name_of_layer() {
  if constexpr (requires { L::name; })
    return L::name;
  else
    return "layer";
}

/// The layer of a node that applies one.
template <std::floating_point T>
class NodeLayer {
 public:
  /// Updates the state of the layer.
  virtual void update_state() const = 0;
  virtual LayerDescription describe() const = 0;
  /// Returns the path of the layer in the model of the graph, or its name with the number of its node.
  virtual std::string path(const Graph<T>& graph, Index node) const = 0;
  /// Calls f(name, y) for each output of a layer in the layer, and of the layer itself, which is named by its path.
  virtual void visit_outputs(std::string_view path, const Batch<T>& y,
                             FunctionRef<void(const Name&, const Batch<T>&)> f) const = 0;

 protected:
  ~NodeLayer() = default;
};

/// The memory of a node that applies a layer.
template <Layer L>
struct AppliedLayer final : NodeState<typename L::Scalar>, NodeLayer<typename L::Scalar> {
  using T = typename L::Scalar;

  const L* applied = nullptr;  // in the model, or the copy
  std::optional<L> copy;       // of a layer with neither parameters nor state, which may be a temporary
  std::optional<L> gradient;
  Shape shape{0};  // of the input
  Pass pass = Pass::inference();
  typename L::Cache cache;
  std::vector<Index> leaves;  // the nodes of the parameters, then of the state

  /// Finds the parameters and the state of the layer among those of the model.
  void find(const L& given, const Graph<T>& graph) {
    std::size_t k = 0;
    const auto each = [&](const Parameter& p, const auto& leaf) {
      if (k == leaves.size()) leaves.resize(k + 1, -1);
      if (Index& i = leaves[k++]; i < 0 || !graph.is_at(i, leaf))
        if ((i = graph.find(leaf)) < 0) throw_unknown(p);
    };
    L::visit(each, given);
    visit_state<L>(each, given);
    leaves.resize(k);
    if (k == 0) {
      copy = given;
      applied = &*copy;
      if (!gradient) gradient = given;
    } else if (applied != &given || shape.size() == 0) {
      applied = &given;
      gradient = zeros_like(given);
    }
  }

  void backward(const Pullback<T>& p) {
    if (p.a().size() == 0) return p.to_a([&](Matrix<T>& d) { d.resize(p.a().rows(), p.a().cols()); });
    const Pass same = pass.with_workers(p.workers());
    if (p.wants_a())
      p.to_a(applied->backward(p.a(), p.dy(), cache, *gradient, same));
    else
      backward_parameters(*applied, p.a(), p.dy(), cache, *gradient, same);
    std::size_t k = 0;
    L::visit([&](const Parameter&, const auto& leaf) { p.to_node(leaves[k++], leaf.data()); }, *gradient);
  }

  /// The layer is a part of the model that `update_state` below takes, so it may be changed.
  void update_state() const override {
    if (!leaves.empty()) descent::update_state(const_cast<L&>(*applied), cache);
  }

  const NodeLayer<T>* layer() const override { return this; }
  LayerDescription describe() const override { return descent::describe(*applied); }
  std::string path(const Graph<T>& graph, Index node) const override {
    if (leaves.empty()) return joined({name_of_layer<L>(), '_', node});
    std::string
        own;  // the first parameter or state as the layer names it, the end of the model's name for it
    const auto each = [&](const Parameter& p, const auto&) {
      if (own.empty()) own = p.name.path();
    };
    L::visit(each, *applied);
    visit_state<L>(each, *applied);
    const std::string& whole = graph.node(leaves.front()).label;
    return whole.size() > own.size() ? whole.substr(0, whole.size() - own.size() - 1) : std::string{};
  }
  void visit_outputs(std::string_view path, const Batch<T>& y,
                     FunctionRef<void(const Name&, const Batch<T>&)> f) const override {
    visit_outputs_of(*applied, path, cache, y, f);
  }

  [[noreturn, gnu::cold]] static void throw_unknown(const Parameter& p) {
    const bool is_state = p.role == Role::state;
    throw_error<DataError>(
        "apply",
        {"expected a layer of the model, got a ", name_of_layer<L>(), " whose \"", p.name.path(), "\" its ",
         is_state ? "visit_state" : "visit", " does not name"},
        is_state ? "name the state of the layer in visit_state of the model"
                 : "name the layer in visit of the model: L::visit(under(\"name\", f), tree.layer...)");
  }
};

/// The memory of a node that applies a function: a layer without parameters, state and random numbers.
template <Layer L>
struct AppliedFunction final : NodeState<typename L::Scalar>, NodeLayer<typename L::Scalar> {
  using T = typename L::Scalar;

  std::optional<L> function;
  typename L::Cache cache;

  const NodeLayer<T>* layer() const override { return this; }
  void update_state() const override {}
  LayerDescription describe() const override { return describe_itself(*function); }
  std::string path(const Graph<T>&, Index node) const override { return joined({L::name, '_', node}); }
  void visit_outputs(std::string_view path, const Batch<T>& y,
                     FunctionRef<void(const Name&, const Batch<T>&)> f) const override {
    f(Name{path}, y);
  }
};

/// Applies a function. Compiles to less than `apply`, which looks for parameters.
template <std::floating_point T, LayerOf<T> L>
Variable<T> applied(const L& function, const Variable<T>& x) {
  using State = AppliedFunction<L>;
  return x.graph().record(
      {L::name,
       [](const Pullback<T>& p) {
         if (p.a().size() == 0) return p.to_a(p.dy());
         State& s = p.template state<State>();
         p.to_a(s.function->backward(p.a(), p.dy(), s.cache, *s.function, Pass::inference(p.workers())));
       },
       T(0), 0, false, true},
      {x}, [&](Matrix<T>&) {
        State& s = x.graph().template state<State>();
        s.function = function;
        return s.function->forward(x.value(), s.cache, Pass::inference(x.graph().workers()));
      });
}

}  // namespace detail

/// Applies a layer as an operation of a formula: a layer of the library, one of your own, or a whole network.
///
///   apply(encoder, x, pass)                              a member of the model
///   apply(Dropout<T>{{.keep = 0.8}}, x, pass)            a layer without parameters
///
/// A layer that is applied twice shares its parameters, whose gradients add. Each application has separate random
/// numbers, by its position in the order of execution. Running statistics move once per step for each application.
///
/// Throws   DataError for a layer whose parameters or state the model does not name; the errors of the layer.
/// Cost     that of the layer, and a copy of its gradient.
template <std::floating_point T, LayerOf<T> L>
Variable<T> apply(const L& layer, const Variable<T>& x, const Pass& pass) {
  static_assert(has_valid_hooks<L>);
  using State = detail::AppliedLayer<L>;
  return x.graph().record(
      {detail::name_of_layer<L>(), [](const Pullback<T>& p) { p.template state<State>().backward(p); }, T(0),
       0, true, true},
      {x}, [&](Matrix<T>&) {
        State& s = x.graph().template state<State>();
        s.find(layer, x.graph());
        if (s.shape != x.value().shape()) {
          layer.output_shape(x.value().shape());  // throws if x does not fit
          s.shape = x.value().shape();
        }
        s.pass = pass.inside(x.graph().count_layer());
        return s.applied->forward(x.value(), s.cache, s.pass);
      });
}

/// Updates the state of the layers that a formula has applied, such as running statistics, after a training step.
/// `Formula` does so by itself; a training loop around `value_and_gradient` calls it once per step.
///
/// Throws   DataError unless the model is that of the graph's last run.
template <Parameterized M, std::floating_point T>
void update_state(M& model, const Graph<T>& graph) {
  if (graph.size() == 0) return;
  visit_state<M>(
      [&](const Parameter& p, const auto& leaf) {
        if (graph.find(leaf) < 0)
          throw_error<DataError>(
              "update_state",
              {"expected the model of the last run, got one with another \"", p.name.path(), '"'},
              "pass the model that was evaluated");
      },
      model);
  for (Index i = 0; i < graph.size(); ++i)
    if (const auto* layer = graph.node(i).layer()) layer->update_state();
}

}  // namespace descent
