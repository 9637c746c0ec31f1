#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>

#include "descent/core/misfit.hpp"
#include "descent/core/types.hpp"
#include "descent/parallel/workers.hpp"

namespace descent::inline DESCENT_ABI {

/// A function that changes the inputs of a mini-batch before the forward pass. Its arguments are the inputs, the
/// indices of the samples, the seed and the number of the epoch. A function that changes the targets too, such as `Mixup`,
/// takes them after the inputs. Threads call it concurrently, each for its own samples.
///
/// Example  examples/09_augmentation.cpp
template <class T>
class Augmentation {
 public:
  using Function = void(Matrix<T>&, std::span<const Index>, std::uint64_t, std::int64_t);
  using Parallel = void(Matrix<T>&, std::span<const Index>, std::uint64_t, std::int64_t, Workers&);
  using WithTargets = void(Matrix<T>&, Matrix<T>&, std::span<const Index>, std::uint64_t, std::int64_t,
                           Workers&);

  Augmentation() = default;
  template <class F>
    requires(!std::same_as<F, Augmentation>) && (std::constructible_from<std::function<Function>, F> ||
                                                 std::constructible_from<std::function<WithTargets>, F>)
  Augmentation(F change) {
    if constexpr (std::constructible_from<std::function<WithTargets>, F>)
      change_ = std::move(change);
    else if constexpr (std::constructible_from<std::function<Parallel>, F>)
      change_ = [change = std::move(change)](Matrix<T>& x, Matrix<T>&, std::span<const Index> samples,
                                             std::uint64_t seed, std::int64_t epoch,
                                             Workers& workers) { change(x, samples, seed, epoch, workers); };
    else
      change_ = [change = std::move(change)](Matrix<T>& x, Matrix<T>&, std::span<const Index> samples,
                                             std::uint64_t seed, std::int64_t epoch,
                                             Workers&) { change(x, samples, seed, epoch); };
  }
  template <detail::Misfit<Augmentation> F>
    requires(!std::constructible_from<std::function<Function>, F> &&
             !std::constructible_from<std::function<WithTargets>, F>)
  Augmentation(F) {
    static_assert(detail::never<F>,
                  "an .augment is called with (Matrix<T>& x, std::span<const Index> samples, "
                  "std::uint64_t seed, std::int64_t epoch)");
  }

  explicit operator bool() const { return static_cast<bool>(change_); }
  void operator()(Matrix<T>& x, Matrix<T>& y, std::span<const Index> samples, std::uint64_t seed,
                  std::int64_t epoch, Workers& workers = single_thread) const {
    change_(x, y, samples, seed, epoch, workers);
  }

 private:
  std::function<WithTargets> change_;
};

}  // namespace descent
