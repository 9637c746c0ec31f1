#pragma once

#include <concepts>
#include <type_traits>

namespace descent {

namespace detail {

/// A value that an option of type `Option` does not hold, and no list of them. Options have a constructor for it, which
/// asserts what the value lacks; else the compiler would only say that it cannot convert.
template <class V, class Option>
concept Misfit = std::is_class_v<V> && !std::same_as<V, Option> && !requires(V& v) { v.begin(); };

template <class>
inline constexpr bool never = false;

}  // namespace detail

}  // namespace descent
