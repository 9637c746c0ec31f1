#include "catch.hpp"
#include "fuzz/feed_all.hpp"
#include "fuzz/feed_checkpoint.hpp"

namespace checkpoint_fuzz_test {

TEST_CASE("checkpoint: hostile files are read or rejected") {
  fuzz::feed_all("checkpoint", fuzz::checkpoint);
}

}  // namespace checkpoint_fuzz_test
