#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/misfit.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// The order in which an epoch takes the samples: a list of indices for all epochs, or a function that returns one
/// for an epoch, counted from 0.
///
///   .order = std::vector<Index>{2, 0, 1}
///   .order = [&](std::int64_t epoch) { return curriculum(epoch); }
///
/// A list need not be a permutation: samples may be omitted or repeated, and the lists of two epochs may differ in
/// length. The function is called again when an epoch continues in a later run, so it must return the same list for
/// the same epoch. The constructors instantiate the code that checks the list, so that programs without an order do
/// not compile it.
///
/// Throws   DataError, before the epoch's first step, if the list is empty or an index is out of range.
class SampleOrder {
 public:
  SampleOrder() = default;
  template <std::same_as<std::vector<Index>> List>
  SampleOrder(List order)
      : order_{[order = std::move(order)](std::int64_t epoch, Index samples) {
          return checked(order, epoch, samples);
        }} {}
  template <class F>
    requires(!std::same_as<F, SampleOrder>) && std::is_invocable_r_v<std::vector<Index>, F&, std::int64_t>
  SampleOrder(F order_of)
      : order_{[order_of = std::move(order_of)](std::int64_t epoch, Index samples) mutable {
          return checked(order_of(epoch), epoch, samples);
        }} {}
  template <detail::Misfit<SampleOrder> F>
    requires(!std::is_invocable_r_v<std::vector<Index>, F&, std::int64_t>)
  SampleOrder(F) {
    static_assert(
        detail::never<F>,
        "an .order is a std::vector<Index>, or is called with (std::int64_t epoch) and returns one");
  }

  /// True if an order was passed.
  explicit operator bool() const { return static_cast<bool>(order_); }

  /// Returns the order of an epoch for a training set of `samples` samples.
  std::vector<Index> operator()(std::int64_t epoch, Index samples) const { return order_(epoch, samples); }

 private:
  static std::vector<Index> checked(std::vector<Index> order, std::int64_t epoch, Index samples) {
    if (order.empty())
      throw_error<DataError>("fit", {"expected one sample or more in .order of epoch ", epoch, ", got none"},
                             "pass the indices of the samples to train on");
    for (const Index sample : order)
      if (sample < 0 || sample >= samples)
        throw_error<DataError>(
            "fit",
            {"expected indices from 0 to ", samples - 1, " in .order of epoch ", epoch, ", got ", sample},
            "number the samples from 0");
    return order;
  }

  std::function<std::vector<Index>(std::int64_t, Index)> order_;
};

}  // namespace descent
