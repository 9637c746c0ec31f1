#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <utility>

#include "descent/concepts/schedule.hpp"
#include "descent/core/misfit.hpp"

namespace descent::inline DESCENT_ABI {

/// A number or a schedule of any type, held by value; for schedules that contain another one, such as `Warmup`.
class AnySchedule {
 public:
  AnySchedule(double value) : at_{[value](std::int64_t) { return value; }} {}
  template <class S>
    requires(!std::same_as<S, AnySchedule>) && Schedule<S>
  AnySchedule(S schedule) : at_{std::move(schedule)} {}
  template <detail::Misfit<AnySchedule> S>
    requires(!Schedule<S>)
  AnySchedule(S) {
    static_assert(detail::never<S>, "a schedule is called with (std::int64_t t) and returns a double");
  }

  double operator()(std::int64_t t) const { return at_(t); }

 private:
  std::function<double(std::int64_t)> at_;
};

}  // namespace descent
