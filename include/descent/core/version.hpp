#pragma once

#include <string_view>

/// The version of this library, for the preprocessor: `#if DESCENT_VERSION >= 200` is true from 0.2.0 on.
#define DESCENT_VERSION_MAJOR 0
#define DESCENT_VERSION_MINOR 1
#define DESCENT_VERSION_PATCH 0
#define DESCENT_VERSION (DESCENT_VERSION_MAJOR * 10000 + DESCENT_VERSION_MINOR * 100 + DESCENT_VERSION_PATCH)

/// The inline namespace of the library, such as `v0_1_0_eigen`. It names the version and the product backend, so that
/// translation units with different ones link without mixing their code: docs/decisions/0014.
#ifdef DESCENT_BACKEND
#define DESCENT_ABI \
  DESCENT_ABI_OF(DESCENT_VERSION_MAJOR, DESCENT_VERSION_MINOR, DESCENT_VERSION_PATCH, DESCENT_BACKEND)
#else
#define DESCENT_ABI DESCENT_ABI_OF(DESCENT_VERSION_MAJOR, DESCENT_VERSION_MINOR, DESCENT_VERSION_PATCH, eigen)
#endif
#define DESCENT_ABI_OF(major, minor, patch, backend) DESCENT_ABI_JOINED(major, minor, patch, backend)
#define DESCENT_ABI_JOINED(major, minor, patch, backend) v##major##_##minor##_##patch##_##backend

/// Everything that a user of the library needs.
namespace descent::inline DESCENT_ABI {

/// The version of this library, as in CMakeLists.txt.
inline constexpr std::string_view library_version = "0.1.0";

}  // namespace descent
