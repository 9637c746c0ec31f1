#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "../fuzz/feed.hpp"
#include "catch.hpp"

namespace {

/// Every file that the fuzzers start from, or that was once read wrongly, under this compiler.
void feed_all(const char* reader, void (*feed)(std::string_view)) {
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

}  // namespace

TEST_CASE("Hostile CSV files are read or refused") { feed_all("csv", fuzz::csv); }
TEST_CASE("Hostile IDX files are read or refused") { feed_all("idx", fuzz::idx); }
TEST_CASE("Hostile .npy files are read or refused") { feed_all("npy", fuzz::npy); }
