#pragma once

#include <concepts>
#include <functional>
#include <utility>

#include "descent/core/concepts.hpp"

namespace descent {

/// No limit, or one of any type, held by value: whatever has `apply(M&)`, such as ClipByGlobalNorm for
/// gradients and MaxNorm for weights. What `apply` returns is ignored.
template <Parameterized M>
class AnyLimit {
 public:
  AnyLimit() = default;
  template <class L>
    requires(!std::same_as<L, AnyLimit>) && requires(const L& limit, M& model) { limit.apply(model); }
  AnyLimit(L limit) : apply_{[limit = std::move(limit)](M& model) { limit.apply(model); }} {}
  template <detail::Misfit<AnyLimit> L>
    requires(!requires(const L& limit, M& model) { limit.apply(model); })
  AnyLimit(L) {
    static_assert(detail::never<L>, "a .clip or .constraint needs apply(auto& model) const");
  }

  void apply(M& model) const {
    if (apply_) apply_(model);
  }

 private:
  std::function<void(M&)> apply_;
};

}  // namespace descent
