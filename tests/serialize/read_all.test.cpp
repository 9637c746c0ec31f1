#include "descent/serialize/read_all.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "catch.hpp"

namespace read_all_test {

using descent::detail::read_all;

TEST_CASE("read_all: reads streams of any length") {
  for (const std::size_t size : {0U, 1U, 4095U, 4096U, 4097U, 8192U, 100000U}) {
    std::string text(size, 'a');
    if (size > 0) text.back() = '\0';
    std::istringstream in{text};
    CHECK(read_all(in) == text);
  }
}

TEST_CASE("read_all: the end of a stream that throws on failure is no error") {
  std::istringstream in{"text"};
  in.exceptions(std::ios::failbit | std::ios::eofbit | std::ios::badbit);
  CHECK(read_all(in) == "text");
}

#if defined(__linux__)
TEST_CASE("read_all: a folder cannot be read") {
  std::ifstream in{std::filesystem::temp_directory_path()};
  CHECK_FALSE(read_all(in).has_value());
}
#endif

}  // namespace read_all_test
