#pragma once

#include <functional>
#include <utility>

#include "descent/concepts/regularizer.hpp"
#include "descent/core/misfit.hpp"
#include "descent/core/types.hpp"
#include "descent/parallel/workers.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// A regularizer of any type, held by value; by default none.
template <Parameterized M>
class AnyRegularizer {
 public:
  AnyRegularizer() = default;
  template <class R>
    requires(!std::same_as<R, AnyRegularizer>) && Regularizer<R, M>
  AnyRegularizer(R r)
      : penalty_{[r](const M& model, Index samples, [[maybe_unused]] Workers& workers) {
          if constexpr (requires { r.penalty(model, samples, workers); })
            return r.penalty(model, samples, workers);
          else
            return r.penalty(model, samples);
        }},
        add_gradient_{[r](const M& model, M& gradient, Index samples, [[maybe_unused]] Workers& workers) {
          if constexpr (requires { r.add_gradient(model, gradient, samples, workers); })
            r.add_gradient(model, gradient, samples, workers);
          else
            r.add_gradient(model, gradient, samples);
        }} {}

  template <detail::Misfit<AnyRegularizer> R>
    requires(!Regularizer<R, M>)
  AnyRegularizer(R) {
    static_assert(
        requires(const R& r, const M& m) { double{r.penalty(m, Index{})}; },
        "a .regularizer needs double penalty(const auto& model, Index samples) const");
    static_assert(
        requires(const R& r, const M& m, M& gradient) { r.add_gradient(m, gradient, Index{}); },
        "a .regularizer needs add_gradient(const auto& model, auto& gradient, Index samples) const");
    static_assert(Regularizer<R, M>, "a .regularizer is copied, and its add_gradient returns nothing");
  }

  double penalty(const M& model, Index samples, Workers& workers = single_thread) const {
    return penalty_ ? penalty_(model, samples, workers) : 0;
  }
  void add_gradient(const M& model, M& gradient, Index samples, Workers& workers = single_thread) const {
    if (add_gradient_) add_gradient_(model, gradient, samples, workers);
  }

 private:
  std::function<double(const M&, Index, Workers&)> penalty_;
  std::function<void(const M&, M&, Index, Workers&)> add_gradient_;
};

}  // namespace descent
