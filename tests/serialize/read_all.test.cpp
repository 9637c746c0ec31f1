#include "descent/serialize/read_all.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "catch.hpp"

namespace all_bytes_test {

using descent::detail::read_all;

TEST_CASE("All bytes of a stream are read, of any number") {
  for (const std::size_t size : {0U, 1U, 4095U, 4096U, 4097U, 8192U, 100000U}) {
    std::string text(size, 'a');
    if (size > 0) text.back() = '\0';
    std::istringstream in{text};
    CHECK(read_all(in) == text);
  }
}

TEST_CASE("The end of a stream that is set to throw is no fault") {
  std::istringstream in{"text"};
  in.exceptions(std::ios::failbit | std::ios::eofbit | std::ios::badbit);
  CHECK(read_all(in) == "text");
}

#if defined(__linux__)
TEST_CASE("A folder cannot be read") {
  std::ifstream in{std::filesystem::temp_directory_path()};
  CHECK_FALSE(read_all(in).has_value());
}
#endif

}  // namespace all_bytes_test
