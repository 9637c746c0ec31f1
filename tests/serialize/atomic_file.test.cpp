#include "descent/serialize/atomic_file.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include "catch.hpp"
#include "decimal_comma.hpp"
#include "temporary_folder.hpp"

namespace replace_file_test {

using namespace descent;

TEST_CASE("replace_file: the stream has the classic locale") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path / "numbers.txt").string();
  support::under_decimal_comma(
      [&] { replace_file(path, "test", [](std::ostream& out) { out << 1234567 << ' ' << 0.5; }); });
  std::string line;
  std::ifstream in{path};
  std::getline(in, line);
  CHECK(line == "1234567 0.5");
}

TEST_CASE("replace_file: replaces the file as a whole also without a flush to disk") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path / "page.html").string();
  replace_file(
      path, "test", [](std::ostream& out) { out << "old"; }, false);
  const auto fail = [&] {
    replace_file(
        path, "test",
        [](std::ostream& out) {
          out << "a part";
          throw 1;
        },
        false);
  };
  CHECK_THROWS_AS(fail(), int);
  std::string line;
  std::ifstream in{path};
  std::getline(in, line);
  CHECK(line == "old");
  CHECK_FALSE(std::filesystem::exists(path + ".part"));
}

}  // namespace replace_file_test
