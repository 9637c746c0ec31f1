#include "descent/concepts/pass.hpp"

#include <set>

#include "catch.hpp"
#include "descent/parallel/thread_workers.hpp"

namespace pass_test {

using namespace descent;

TEST_CASE("Pass: the mode is kept inside a composition") {
  CHECK_FALSE(Pass::inference().is_training());
  CHECK_FALSE(Pass::inference().inside(3).is_training());
  CHECK(Pass::training({}).is_training());
  CHECK(Pass::training({}).inside(3).is_training());
}

TEST_CASE("Pass: random numbers can be drawn again in any order") {
  const Pass pass = Pass::training({.seed = 7, .step = 3});
  const RandomBlock first = pass.random(5, 2);
  pass.random(0, 0);
  CHECK(pass.random(5, 2) == first);
  CHECK(Pass::training({.seed = 7, .step = 3}).random(5, 2) == first);
}

TEST_CASE("Pass: random numbers differ by seed and step and layer and sample and block") {
  constexpr std::int64_t beyond_32_bits = std::int64_t{1} << 32;
  const auto at = [](std::uint64_t seed, std::int64_t step) {
    return Pass::training({.seed = seed, .step = step});
  };
  const std::set<RandomBlock> blocks{
      at(1, 1).random(1, 1),                      //
      at(2, 1).random(1, 1),                      // another seed
      at(1, 2).random(1, 1),                      // another step
      at(1, 1 + beyond_32_bits).random(1, 1),     // another step with the same low bits
      at(1, 1).random(2, 1),                      // another sample
      at(1, 1).random(1, 2),                      // another block
      at(1, 1).inside(0).random(1, 1),            // inside a composition
      at(1, 1).inside(1).random(1, 1),            // another layer of it
      at(1, 1).inside(0).inside(0).random(1, 1),  // nested deeper
      at(1, 1).inside(0).inside(1).random(1, 1),
      at(1, 1).inside(1).inside(0).random(1, 1),
  };
  CHECK(blocks.size() == 11);
}

TEST_CASE("Pass: random numbers do not depend on how the mini-batch is partitioned") {
  const Pass whole = Pass::training({.seed = 1, .step = 2}).inside(4);
  const Pass second_part = Pass::training({.seed = 1, .step = 2, .first_sample = 10}).inside(4);
  CHECK(second_part.random(3, 0) == whole.random(13, 0));
}

TEST_CASE("Pass: the generator of a sample does not depend on how the mini-batch is partitioned") {
  const Pass whole = Pass::training({.seed = 1, .step = 2}).inside(4);
  const Pass second_part = Pass::training({.seed = 1, .step = 2, .first_sample = 10}).inside(4);
  CHECK(second_part.rng(3).bits() == whole.rng(13).bits());
  CHECK(whole.rng(3).bits() != whole.rng(4).bits());
}

TEST_CASE("Pass: a measuring pass uses batch statistics but does not train") {
  CHECK_FALSE(Pass::measuring().is_training());
  CHECK(Pass::measuring().uses_batch_statistics());
  CHECK(Pass::measuring().inside(2).uses_batch_statistics());
  CHECK(Pass::training({}).uses_batch_statistics());
  CHECK_FALSE(Pass::inference().uses_batch_statistics());
}

TEST_CASE("Pass: random_u16 returns the halves of the random blocks", "[concepts]") {
  const Pass pass = Pass::training({.seed = 3, .step = 5, .first_sample = 7}).inside(2);
  const auto numbers = pass.random_u16(4, 2);
  for (std::size_t k = 0; k < 16; ++k) {
    const RandomBlock block = pass.random(4, 32 + static_cast<Index>(k));
    for (std::size_t w = 0; w < 4; ++w) {
      REQUIRE(numbers[32 * w + k] == (block[w] & 0xFFFF));
      REQUIRE(numbers[32 * w + 16 + k] == block[w] >> 16);
    }
  }
}

TEST_CASE("Pass: with_workers replaces the threads alone") {
  ThreadWorkers workers{2};
  const Pass pass = Pass::training({.seed = 3, .step = 4}).inside(1), other = pass.with_workers(workers);
  CHECK(&other.workers() == &workers);
  CHECK(other.is_training());
  CHECK(other.random(5, 6) == pass.random(5, 6));
}

}  // namespace pass_test
