#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"

namespace fuzz {

/// Runs a fuzzing target on every file of its corpus: the seeds and the regressions.
inline void feed_all(const char* reader, void (*feed)(std::string_view)) {
  const auto folder = std::filesystem::path{DESCENT_TESTS_DIR} / "fuzz" / "corpus" / reader;
  std::vector<std::filesystem::path> files{std::filesystem::directory_iterator{folder}, {}};
  std::sort(files.begin(), files.end());
  REQUIRE(files.size() > 10);
  for (const auto& file : files) {
    CAPTURE(file.filename().string());
    std::ifstream in{file, std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
    CHECK_NOTHROW(feed(bytes));
  }
}

}  // namespace fuzz
