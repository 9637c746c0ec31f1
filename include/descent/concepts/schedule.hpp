#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI {

/// A pure function of the number of steps or epochs done so far.
template <class S>
concept Schedule = std::copy_constructible<S> && std::regular_invocable<const S&, std::int64_t> &&
                   std::convertible_to<std::invoke_result_t<const S&, std::int64_t>, double>;

}  // namespace descent
