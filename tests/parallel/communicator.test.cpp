#include "descent/parallel/communicator.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "descent/parallel/together.hpp"
#include "thread_ranks.hpp"

namespace communicator_test {

using namespace descent;

TEST_CASE("Solo: a single process keeps its numbers", "[parallel]") {
  CHECK(solo.rank() == 0);
  CHECK(solo.size() == 1);
  std::vector<double> numbers{1, 2};
  solo.all_reduce_sum(numbers);
  CHECK(numbers == std::vector<double>{1, 2});
  CHECK(solo.max(3) == 3);
  CHECK(solo.any(true));
  CHECK(!solo.any(false));
  std::string all;
  solo.all_gather("own", [&](std::string_view bytes) { all += bytes; });
  CHECK(all == "own");
}

TEST_CASE("Communicator: an error on one rank is an error on all", "[parallel]") {
  const auto messages = support::on_ranks(3, [](Communicator& ranks) {
    detail::together(ranks, [] {});
    detail::together(ranks, [&] {
      if (ranks.rank() > 0) throw std::runtime_error{"no file " + std::to_string(ranks.rank())};
    });
  });
  CHECK(messages ==
        std::vector<std::string>{"Communicator: expected no error on any rank, got one on rank 1: no file 1",
                                 "no file 1", "no file 2"});
}

}  // namespace communicator_test
