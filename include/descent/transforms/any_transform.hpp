#pragma once

#include <concepts>
#include <functional>
#include <utility>

#include "descent/core/misfit.hpp"
#include "descent/parallel/workers.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// A gradient transform, such as ClipByGlobalNorm, or a weight constraint, such as MaxNorm: any type that has
/// `apply(M&)`, held by value; by default none.
template <Parameterized M>
class AnyTransform {
 public:
  AnyTransform() = default;
  template <class F>
    requires(!std::same_as<F, AnyTransform>) &&
            requires(const F& transform, M& model) { transform.apply(model); }
  AnyTransform(F transform)
      : apply_{[transform = std::move(transform)](M& model, [[maybe_unused]] Workers& workers) {
          if constexpr (requires { transform.apply(model, workers); })
            transform.apply(model, workers);
          else
            transform.apply(model);
        }} {}
  template <detail::Misfit<AnyTransform> F>
    requires(!requires(const F& transform, M& model) { transform.apply(model); })
  AnyTransform(F) {
    static_assert(detail::never<F>, "a .clip or .constraint needs apply(auto& model) const");
  }

  void apply(M& model, Workers& workers = single_thread) const {
    if (apply_) apply_(model, workers);
  }

 private:
  std::function<void(M&, Workers&)> apply_;
};

}  // namespace descent
