#pragma once

#include <string_view>

namespace descent {

/// The version of this library, as in CMakeLists.txt.
inline constexpr std::string_view library_version = "0.1.0";

}  // namespace descent
