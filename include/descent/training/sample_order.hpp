#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "descent/core/concepts.hpp"
#include "descent/core/errors.hpp"

namespace descent {

/// The order in which an epoch takes the samples: a list of their numbers for all epochs, or a function of the epoch's
/// number, counted from 0, that returns one.
///
///   .order = std::vector<Index>{2, 0, 1}
///   .order = [&](std::int64_t epoch) { return curriculum(epoch); }
///
/// A list need not be a permutation: samples may be left out or repeated, and lists may differ in length. The function
/// is called again when an epoch goes on in a later run, so it has to return the same list for the same epoch.
///
/// Throws   DataError, before the epoch's first step, if the list is empty or has a number that no sample has.
class SampleOrder {
 public:
  using Function = std::vector<Index>(std::int64_t);

  SampleOrder() = default;
  SampleOrder(std::vector<Index> order)
      : order_of_{[order = std::move(order)](std::int64_t) { return order; }} {}
  template <class F>
    requires(!std::same_as<F, SampleOrder>) && std::constructible_from<std::function<Function>, F>
  SampleOrder(F order_of) : order_of_{std::move(order_of)} {}
  template <detail::Misfit<SampleOrder> F>
    requires(!std::constructible_from<std::function<Function>, F>)
  SampleOrder(F) {
    static_assert(
        detail::never<F>,
        "an .order is a std::vector<Index>, or is called with (std::int64_t epoch) and returns one");
  }

  /// True if an order was given.
  explicit operator bool() const { return static_cast<bool>(order_of_); }

  /// Returns the order of an epoch of a training set of this many samples.
  std::vector<Index> operator()(std::int64_t epoch, Index samples) const {
    std::vector<Index> order = order_of_(epoch);
    if (order.empty())
      throw_error<DataError>("fit",
                             {"expected an .order of one sample or more in epoch ", epoch, ", got none"},
                             "return the numbers of the samples to train on");
    for (const Index sample : order)
      if (sample < 0 || sample >= samples)
        throw_error<DataError>(
            "fit",
            {"expected an .order of numbers from 0 to ", samples - 1, " in epoch ", epoch, ", got ", sample},
            "count the samples from 0");
    return order;
  }

 private:
  std::function<Function> order_of_;
};

}  // namespace descent
