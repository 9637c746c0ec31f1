#include "catch.hpp"
#include "fuzz/feed_all.hpp"
#include "fuzz/feed_checkpoint.hpp"

namespace checkpoint_fuzz_test {

TEST_CASE("Hostile checkpoints are read or refused") { fuzz::feed_all("checkpoint", fuzz::checkpoint); }

}  // namespace checkpoint_fuzz_test
