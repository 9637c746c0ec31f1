#include "catch.hpp"
#include "fuzz/feed_all.hpp"
#include "fuzz/feed_io.hpp"

namespace fuzz_corpus_test {

TEST_CASE("load_safetensors: files of the fuzzing corpus are read or refused") {
  fuzz::feed_all("safetensors", fuzz::safetensors);
}
TEST_CASE("load_model: files of the fuzzing corpus are read or refused") {
  fuzz::feed_all("model_file", fuzz::model_file);
}

}  // namespace fuzz_corpus_test
