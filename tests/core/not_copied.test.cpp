#include "descent/core/not_copied.hpp"

#include <utility>
#include <vector>

#include "catch.hpp"

namespace not_copied_test {

using namespace descent;

TEST_CASE("NotCopied: copies and moves start empty") {
  NotCopied<std::vector<int>> memory;
  CHECK(memory->empty());
  *memory = {1, 2, 3};

  NotCopied<std::vector<int>> copy{memory};
  CHECK(copy->empty());
  const NotCopied<std::vector<int>> moved{std::move(memory)};
  CHECK(moved.value.empty());
}

TEST_CASE("NotCopied: assignment keeps the content of the target") {
  NotCopied<std::vector<int>> mine, other;
  *mine = {1};
  *other = {2, 3};
  mine = other;
  CHECK(*mine == std::vector{1});
  CHECK(*other == std::vector{2, 3});
}

TEST_CASE("NotCopied: a scalar is zero-initialized") {
  const NotCopied<int*> memory;
  CHECK(memory.value == nullptr);
}

}  // namespace not_copied_test
