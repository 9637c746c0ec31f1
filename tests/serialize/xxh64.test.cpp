#include "descent/serialize/xxh64.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "catch.hpp"

namespace xxh64_test {

using namespace descent;

namespace {

std::uint64_t hash_of(std::string_view text) {
  XXH64 hash;
  hash.update(text);
  return hash.value();
}

std::string letters(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += static_cast<char>('a' + i % 26);
  return text;
}

}  // namespace

TEST_CASE("XXH64: hashes equal the reference values") {
  // From an independent implementation in Python, whose first two values equal those of the specification.
  CHECK(hash_of("") == 0xEF46DB3751D8E999);
  CHECK(hash_of("abc") == 0x44BC2CF5AD770999);
  CHECK(hash_of(letters(31)) == 0xF7D421C242541AC9);
  CHECK(hash_of(letters(32)) == 0x4DA6CBE536CF55C7);
  CHECK(hash_of(letters(47)) == 0xA040EE66839046CB);
  CHECK(hash_of(letters(100)) == 0x79C9FA152BB53C71);
  CHECK(hash_of(letters(1000)) == 0x94B86DB9A16D86A9);
}

TEST_CASE("XXH64: the hash does not depend on how the bytes are split") {
  const std::string text = letters(200);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    XXH64 hash;
    hash.update(std::string_view{text}.substr(0, cut));
    hash.update({});
    hash.update(std::string_view{text}.substr(cut, 7));
    hash.update(std::string_view{text}.substr(std::min(cut + 7, text.size())));
    CHECK(hash.value() == hash_of(text));
  }
}

TEST_CASE("XXH64: every bit changes the hash") {
  const std::string text = letters(100);
  for (std::size_t i = 0; i < text.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string other = text;
      other[i] = static_cast<char>(other[i] ^ (1 << bit));
      CHECK(hash_of(other) != hash_of(text));
    }
}

}  // namespace xxh64_test
