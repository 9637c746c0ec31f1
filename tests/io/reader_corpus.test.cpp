#include "catch.hpp"
#include "fuzz/feed.hpp"
#include "fuzz/feed_all.hpp"

namespace fuzz_corpus_test {

TEST_CASE("read_csv: files of the fuzzing corpus are read or refused") { fuzz::feed_all("csv", fuzz::csv); }
TEST_CASE("read_idx: files of the fuzzing corpus are read or refused") { fuzz::feed_all("idx", fuzz::idx); }
TEST_CASE("read_npy: files of the fuzzing corpus are read or refused") { fuzz::feed_all("npy", fuzz::npy); }

}  // namespace fuzz_corpus_test
