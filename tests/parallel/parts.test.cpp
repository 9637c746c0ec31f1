#include "descent/parallel/parts.hpp"

#include <atomic>
#include <cmath>
#include <vector>

#include "catch.hpp"
#include "descent/parallel/thread_workers.hpp"

namespace parts_test {

using namespace descent;

TEST_CASE("part_of: the parts cover the range in order and begin at multiples", "[parallel]") {
  for (const Index multiple : {1, 64})
    for (const Index total : {0, 1, 5, 63, 64, 65, 1000})
      for (const int parts : {1, 2, 3, 7}) {
        Index next = 0;
        for (int rank = 0; rank < parts; ++rank) {
          const Part part = part_of(total, rank, parts, multiple);
          REQUIRE(part.first == next);
          REQUIRE(part.count >= 0);
          REQUIRE((part.first % multiple == 0 || part.first == total));
          next += part.count;
        }
        REQUIRE(next == total);
      }
}

TEST_CASE("for_parts: each item is in one part", "[parallel][threads]") {
  for (const int threads : {1, 2, 3, 5}) {
    ThreadWorkers workers{threads};
    for (const Index count : {0, 1, 30, 1000, 1001}) {
      std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count));
      std::atomic<int> parts = 0;
      for_parts(workers, {.count = count, .values_each = 100, .multiple = 16}, [&](const Part& part) {
        ++parts;
        for (Index i = part.first; i < part.first + part.count; ++i) ++visits[static_cast<std::size_t>(i)];
      });
      for (const auto& visit : visits) REQUIRE(visit == 1);
      if (count >= 1000) CHECK(parts == threads);  // 100,000 numbers are worth that many threads
      if (count <= 30) CHECK(parts == 1);
    }
  }
}

TEST_CASE("sum_over_numbers: any number of threads computes the same bits", "[parallel][threads]") {
  for (const Index count : {0, 1, 8192, 8193, 1'000'003}) {
    const auto sum = [&](Workers& workers) {
      return sum_over_numbers(workers, count, [](const Part& part) {
        double total = 0;
        for (Index i = part.first; i < part.first + part.count; ++i) total += 1 / static_cast<double>(i + 1);
        return total;
      });
    };
    const double expected = sum(single_thread);
    // The harmonic number by Euler and Maclaurin: ln n + gamma + 1 / 2n - 1 / 12n^2, up to 1e-13 of it.
    if (count > 1000) {
      const auto n = static_cast<double>(count);
      CHECK(std::abs(expected / (std::log(n) + 0.57721566490153286 + 1 / (2 * n) - 1 / (12 * n * n)) - 1) <
            1e-12);
    }
    for (const int threads : {2, 3, 8}) {
      ThreadWorkers workers{threads};
      CHECK(sum(workers) == expected);
    }
  }
}

}  // namespace parts_test
