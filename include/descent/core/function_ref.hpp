#pragma once

#include <concepts>
#include <type_traits>

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI {

/// A non-owning reference to a callable, which must outlive it. A function that takes one is compiled once, not once
/// per callable; unlike std::function it never allocates.
template <class Signature>
class FunctionRef;

/// A function of these arguments.
template <class R, class... Arguments>
class FunctionRef<R(Arguments...)> {
 public:
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, FunctionRef>)
  FunctionRef(F&& f)
      : object_{const_cast<void*>(static_cast<const void*>(&f))},
        call_{[](void* object, Arguments... arguments) -> R {
          return (*static_cast<std::remove_reference_t<F>*>(object))(arguments...);
        }} {}

  R operator()(Arguments... arguments) const { return call_(object_, arguments...); }

 private:
  void* object_;
  R (*call_)(void*, Arguments...);
};

}  // namespace descent
