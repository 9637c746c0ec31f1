#pragma once

#include <string_view>

/// The version of this library, for the preprocessor: `#if DESCENT_VERSION >= 200` is true from 0.2.0 on.
#define DESCENT_VERSION_MAJOR 0
#define DESCENT_VERSION_MINOR 1
#define DESCENT_VERSION_PATCH 0
#define DESCENT_VERSION (DESCENT_VERSION_MAJOR * 10000 + DESCENT_VERSION_MINOR * 100 + DESCENT_VERSION_PATCH)

namespace descent {

/// The version of this library, as in CMakeLists.txt.
inline constexpr std::string_view library_version = "0.1.0";

}  // namespace descent
