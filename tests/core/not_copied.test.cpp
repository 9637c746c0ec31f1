#include "descent/core/not_copied.hpp"

#include <utility>
#include <vector>

#include "catch.hpp"

namespace scratch_test {

using namespace descent;

TEST_CASE("NotCopied memory begins empty and is left behind by copies and moves") {
  NotCopied<std::vector<int>> scratch;
  CHECK(scratch->empty());
  *scratch = {1, 2, 3};

  NotCopied<std::vector<int>> copy{scratch};
  CHECK(copy->empty());
  const NotCopied<std::vector<int>> moved{std::move(scratch)};
  CHECK(moved.value.empty());
}

TEST_CASE("An assigned-to scratch memory keeps its own content") {
  NotCopied<std::vector<int>> mine, other;
  *mine = {1};
  *other = {2, 3};
  mine = other;
  CHECK(*mine == std::vector{1});
  CHECK(*other == std::vector{2, 3});
}

TEST_CASE("A scratch of a plain type begins at zero") {
  const NotCopied<int*> scratch;
  CHECK(scratch.value == nullptr);
}

}  // namespace scratch_test
