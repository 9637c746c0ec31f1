#include "catch.hpp"
#include "fuzz/feed_all.hpp"
#include "fuzz/feed_io.hpp"

namespace fuzz_corpus_test {

TEST_CASE("Hostile safetensors files are read or refused") {
  fuzz::feed_all("safetensors", fuzz::safetensors);
}
TEST_CASE("Hostile model files are read or refused") { fuzz::feed_all("model_file", fuzz::model_file); }

}  // namespace fuzz_corpus_test
