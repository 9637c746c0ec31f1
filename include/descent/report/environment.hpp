#pragma once

#include <Eigen/Core>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Names with their values, such as the options of a run.
using NamedTexts = std::vector<std::pair<std::string, std::string>>;

/// Returns what a run depends on besides its options.
inline NamedTexts environment() {
#if defined(__clang__)
  std::string compiler = joined("clang ", __clang_major__, '.', __clang_minor__, '.', __clang_patchlevel__);
#elif defined(__GNUC__)
  std::string compiler = joined("gcc ", __GNUC__, '.', __GNUC_MINOR__, '.', __GNUC_PATCHLEVEL__);
#elif defined(_MSC_VER)
  std::string compiler = joined("MSVC ", _MSC_VER);
#else
  std::string compiler = "unknown";
#endif
#if defined(__GNUC__) && !defined(__OPTIMIZE__)
  compiler += ", without optimization";
#endif
#if EIGEN_MAJOR_VERSION >= 5  // since then it is the first number, and EIGEN_WORLD_VERSION stays 3
  const std::string eigen = joined(EIGEN_MAJOR_VERSION, '.', EIGEN_MINOR_VERSION, '.', EIGEN_PATCH_VERSION);
#else
  const std::string eigen = joined(EIGEN_WORLD_VERSION, '.', EIGEN_MAJOR_VERSION, '.', EIGEN_MINOR_VERSION);
#endif
  return {{"descent", std::string{library_version}},
          {"compiler", std::move(compiler)},
          {"Eigen", joined(eigen, ", ", Eigen::SimdInstructionSetsInUse())},
          {"CPU threads", joined(std::thread::hardware_concurrency())}};
}

}  // namespace descent::inline DESCENT_ABI::detail
