#pragma once

#include <concepts>

#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/types.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// A differentiable function with parameters, copyable like a plain value.
///
///   output_shape(in)                        the shape after the layer; throws ShapeError when `in` does not fit
///   forward(x, cache, pass)                 returns y, a view of memory in the cache or in x
///   backward(x, dy, cache, gradient, pass)  overwrites the parameters of `gradient`, a layer of the same type, with
///                                           dL/dparameter, and returns dx, a view of memory in the cache or in dy; the
///                                           cache and the pass are those of forward
///
/// forward and backward are const: intermediate results are in the cache, which the caller owns.
///
/// Optional members are called hooks. A hook with another signature, or a member whose name is close to that of a hook,
/// does not compile (concepts/hooks.hpp).
///
///   static constexpr std::string_view name   the type's name in errors and files
///   static visit_state(f, tree...)          calls f(Parameter{"name", Role::state}, tree.member...) for non-trainable
///                                           state, such as running statistics
///   update_state(cache)                     updates the state after a training step, from the cache of forward
///   static visit_options(f, tree...)        calls f("name", tree.member...) for the options that forward depends on
///   backward_parameters(x, dy, cache, gradient, pass)   backward without dx, if dx is a separate computation
///   output_kind()                           the meaning of the outputs, if the layer is the last of a network
///   static constexpr UnitKind unit_kind      the kind of the outputs for a diagnosis, if it is not `plain`
///   visit_layers(f)                         in a composition: calls f(name, layer) for each layer
///   visit_outputs(cache, f)                 in a composition: calls f(Name, y) for each output of a layer in forward
///   describe()                              in a type-erased layer: returns the description of the layer it holds
///
/// Example  examples/10_your_own.cpp
template <class L>
concept Layer = std::copyable<L> && Parameterized<L> && std::floating_point<typename L::Scalar> &&
                std::default_initializable<typename L::Cache> &&
                requires(const L& layer, L& gradient, typename L::Cache& cache,
                         const Batch<typename L::Scalar>& x, const Pass& pass, const Shape& in) {
                  { layer.output_shape(in) } -> std::same_as<Shape>;
                  { layer.forward(x, cache, pass) } -> std::same_as<Batch<typename L::Scalar>>;
                  { layer.backward(x, x, cache, gradient, pass) } -> std::same_as<Batch<typename L::Scalar>>;
                };

/// A layer with the scalar type T.
template <class L, class T>
concept LayerOf = Layer<L> && std::same_as<typename L::Scalar, T>;

}  // namespace descent
