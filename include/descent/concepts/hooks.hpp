#pragma once

#include <concepts>
#include <string_view>
#include <type_traits>

#include "descent/concepts/layer.hpp"
#include "descent/concepts/output_kind.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/tree/describe.hpp"
#include "descent/tree/traverse.hpp"
#include "descent/tree/unit_kind.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

// The hooks of a layer are found by name, so a misspelled one would be silently ignored. C++20 cannot list the
// members of a class, but it can test if a name is among them: in a class that derives from the layer and from a
// class with a member of the same name, the name is ambiguous, for any kind of member.

// clang-format off

#define DESCENT_HOOKS(X) \
  X(name) X(visit_state) X(update_state) X(visit_options) X(backward_parameters) X(output_kind) X(unit_kind) \
  X(visit_layers) X(visit_outputs) X(describe)

// X(near, hook): a name that is easily mistaken for the hook, or a former name of the hook.
#define DESCENT_NEAR_HOOKS(X) \
  DESCENT_NEAR_VERBS(X, visit_state, state) \
  DESCENT_NEAR_NOUNS(X, visit_state, visit) \
  DESCENT_NEAR_NOUNS(X, update_state, update) \
  X(updates_state, update_state) X(upate_state, update_state) X(udpate_state, update_state) \
  DESCENT_NEAR_VERBS(X, visit_options, options) \
  X(visit_option, visit_options) X(visit_opions, visit_options) X(visit_optons, visit_options) \
  X(visit_optoins, visit_options) X(visitOptions, visit_options) \
  X(backward_parameter, backward_parameters) X(backward_params, backward_parameters) \
  X(backward_paramters, backward_parameters) X(backward_paramaters, backward_parameters) \
  X(backwards_parameters, backward_parameters) X(backwardParameters, backward_parameters) \
  X(output_kinds, output_kind) X(outputs_kind, output_kind) X(ouput_kind, output_kind) X(outputKind, output_kind) \
  X(unit_kinds, unit_kind) X(units_kind, unit_kind) X(unitKind, unit_kind) \
  DESCENT_NEAR_VERBS(X, visit_layers, layers) \
  X(visit_layer, visit_layers) X(visit_layes, visit_layers) X(visitLayers, visit_layers) \
  DESCENT_NEAR_VERBS(X, visit_outputs, outputs) \
  X(visit_output, visit_outputs) X(visit_ouputs, visit_outputs) X(visit_ouput, visit_outputs) \
  X(visitOutputs, visit_outputs) \
  X(describes, describe) X(descibe, describe) X(desribe, describe) X(decribe, describe)

#define DESCENT_NEAR_VERBS(X, hook, noun) \
  X(vist_##noun, hook) X(visist_##noun, hook) X(vsit_##noun, hook) X(visits_##noun, hook)
#define DESCENT_NEAR_NOUNS(X, hook, verb) \
  X(verb##_states, hook) X(verb##_sate, hook) X(verb##_stats, hook) X(verb##_statistics, hook) \
  X(verb##_buffer, hook) X(verb##_buffers, hook) X(verb##_bufer, hook) X(verb##_bufers, hook) X(verb##State, hook)

// clang-format on

struct HookNames {
#define DESCENT_HOOK(hook) int hook;
#define DESCENT_NEAR(near, hook) int near;
  DESCENT_HOOKS(DESCENT_HOOK)
  DESCENT_NEAR_HOOKS(DESCENT_NEAR)
#undef DESCENT_HOOK
#undef DESCENT_NEAR
};
template <class L>
struct WithHookNames : L, HookNames {};

/// The names of the hooks, for tests that iterate over them.
inline constexpr std::string_view hook_names[] = {
#define DESCENT_HOOK(hook) #hook,
    DESCENT_HOOKS(DESCENT_HOOK)
#undef DESCENT_HOOK
};

template <class L>
constexpr bool can_derive = !std::is_final_v<L> && !std::is_union_v<L>;

/// True if a layer has none of the near names; a single expression, which compiles fastest.
template <class L>
constexpr bool has_no_near_name = requires {
#define DESCENT_NEAR(near, hook) &WithHookNames<L>::near;
  DESCENT_NEAR_HOOKS(DESCENT_NEAR)
#undef DESCENT_NEAR
};
// In a class that cannot be derived from, only members that are no templates are found.
template <class L>
  requires(!can_derive<L>)
constexpr bool has_no_near_name<L> = false;

/// Rejects the near names one by one, so that the error contains the name.
#define DESCENT_REFUSE(near, hook, absent) \
  static_assert(absent, "a layer has a member `" #near "`, which is not a hook; rename it to `" #hook "`");
template <class L>
struct NearNames {
#define DESCENT_NEAR(near, hook) DESCENT_REFUSE(near, hook, (requires { &WithHookNames<L>::near; }))
  DESCENT_NEAR_HOOKS(DESCENT_NEAR)
#undef DESCENT_NEAR
};
template <class L>
  requires(!can_derive<L>)
struct NearNames<L> {
#define DESCENT_NEAR(near, hook) DESCENT_REFUSE(near, hook, (!requires { &L::near; }))
  DESCENT_NEAR_HOOKS(DESCENT_NEAR)
#undef DESCENT_NEAR
};

// lacks_visit_state<L> and so on: true if the layer has no member of this name.
#define DESCENT_HOOK(hook)                                             \
  template <class L>                                                   \
  constexpr bool lacks_##hook = requires { &WithHookNames<L>::hook; }; \
  template <class L>                                                   \
    requires(!can_derive<L>)                                           \
  constexpr bool lacks_##hook<L> = !requires { &L::hook; };
DESCENT_HOOKS(DESCENT_HOOK)
#undef DESCENT_HOOK
#undef DESCENT_HOOKS
#undef DESCENT_NEAR_HOOKS
#undef DESCENT_REFUSE
#undef DESCENT_NEAR_VERBS
#undef DESCENT_NEAR_NOUNS

/// Rejects hooks that do not have the signatures of the `Layer` concept.
template <class L>
struct Hooks {
  using Scalar = typename L::Scalar;
  using Cache = typename L::Cache;

  static_assert(has_no_near_name<L> || sizeof(NearNames<L>) > 0);
  static_assert(
      lacks_name<L> || requires { std::bool_constant<std::string_view{L::name}.empty()>{}; },
      "`name` of a layer must be: static constexpr std::string_view name");
  static_assert(
      lacks_visit_state<L> || requires(L& a, const L& b) {
        L::visit_state(AcceptAnything{}, b);
        L::visit_state(AcceptAnything{}, a, b, b);
      }, "`visit_state` of a layer must be: static void visit_state(auto&& f, auto&... tree)");
  static_assert(lacks_update_state<L> ||
                    (
                        requires(L& layer, const Cache& cache) {
                          { layer.update_state(cache) } -> std::same_as<void>;
                        } && !requires(const L& layer, const Cache& cache) { layer.update_state(cache); }),
                "`update_state` of a layer must be: void update_state(const Cache& cache), not const");
  static_assert(
      lacks_update_state<L> || requires(const L& layer) { L::visit_state(AcceptAnything{}, layer); },
      "a layer with `update_state` needs `visit_state`, which names the state; files would lack it");
  static_assert(
      lacks_visit_options<L> || requires(L& a, const L& b) {
        L::visit_options(AcceptAnything{}, b);
        L::visit_options(AcceptAnything{}, a, b, b);
      }, "`visit_options` of a layer must be: static void visit_options(auto&& f, auto&... tree)");
  static_assert(
      lacks_backward_parameters<L> ||
          requires(const L& layer, const Batch<Scalar>& x, Cache& cache, L& gradient, const Pass& pass) {
            layer.backward_parameters(x, x, cache, gradient, pass);
          },
      "`backward_parameters` of a layer must be: void backward_parameters(const Batch<T>& x, const "
      "Batch<T>& dy, Cache& cache, L& gradient, const Pass& pass) const");
  static_assert(
      lacks_output_kind<L> || requires(const L& layer) {
        { layer.output_kind() } -> std::same_as<OutputKind>;
      }, "`output_kind` of a layer must be: OutputKind output_kind() const");
  static_assert(
      lacks_unit_kind<L> || requires { std::integral_constant<UnitKind, L::unit_kind>{}; },
      "`unit_kind` of a layer must be: static constexpr UnitKind unit_kind");
  static_assert(
      lacks_visit_layers<L> || requires(const L& layer) { layer.visit_layers(AcceptAnything{}); },
      "`visit_layers` of a layer must be: void visit_layers(auto&& f) const");
  static_assert(
      lacks_visit_outputs<L> || requires(const L& layer, const Cache& cache) {
        layer.visit_outputs(cache, AcceptAnything{});
      }, "`visit_outputs` of a layer must be: void visit_outputs(const Cache& cache, auto&& f) const");
  static_assert(
      lacks_describe<L> || requires(const L& layer) {
        { layer.describe() } -> std::same_as<LayerDescription>;
      }, "`describe` of a layer must be: LayerDescription describe() const");
};

}  // namespace detail

/// True if the hooks of a layer have the names and signatures that the `Layer` concept lists. Otherwise the program
/// does not compile, and the error names the member. Compositions, `Trainer` and `predict` assert it.
template <class L>
constexpr bool has_valid_hooks = true;  // a type that is no layer fails the concept
/// The check itself, for a layer.
template <Layer L>
constexpr bool has_valid_hooks<L> = sizeof(detail::Hooks<L>) > 0;

}  // namespace descent
