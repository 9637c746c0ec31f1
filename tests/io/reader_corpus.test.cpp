#include "catch.hpp"
#include "fuzz/feed.hpp"
#include "fuzz/feed_all.hpp"

namespace fuzz_corpus_test {

TEST_CASE("Hostile CSV files are read or refused") { fuzz::feed_all("csv", fuzz::csv); }
TEST_CASE("Hostile IDX files are read or refused") { fuzz::feed_all("idx", fuzz::idx); }
TEST_CASE("Hostile .npy files are read or refused") { fuzz::feed_all("npy", fuzz::npy); }

}  // namespace fuzz_corpus_test
