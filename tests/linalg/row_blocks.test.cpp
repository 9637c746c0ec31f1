#include "descent/linalg/row_blocks.hpp"

#include "catch.hpp"

namespace row_blocks_test {

using namespace descent;

TEST_CASE("for_row_blocks: the blocks cover all rows once in order", "[linalg]") {
  for (const Index rows : {0, 1, 3, 4, 15, 16, 63, 64, 65, 150}) {
    Index next = 0;
    for_row_blocks(single_thread, rows, 10, [&](Index first, auto size) {
      CHECK(first == next);
      next += size;
    });
    CHECK(next == rows);
  }
}

}  // namespace row_blocks_test
