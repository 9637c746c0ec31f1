#pragma once

#include <concepts>
#include <type_traits>

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

/// A class that does not convert to the option type `Option` and is no range. Option types have a constructor for it
/// that asserts what the class lacks; otherwise the compiler would only report that there is no conversion.
template <class V, class Option>
concept Misfit = std::is_class_v<V> && !std::same_as<V, Option> && !requires(V& v) { v.begin(); };

template <class>
inline constexpr bool never = false;

}  // namespace detail

}  // namespace descent
