#include "descent/parallel/thread_workers.hpp"

#include <atomic>
#include <chrono>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "descent/parallel/partition.hpp"

namespace thread_workers_test {

using namespace descent;

TEST_CASE("ThreadWorkers: run calls the job once in each worker", "[parallel][threads]") {
  ThreadWorkers workers{3};
  std::vector<int> calls(3);
  for (int run = 1; run <= 200; ++run) {
    workers.run([&](Worker& worker) { ++calls[static_cast<std::size_t>(worker.rank())]; });
    REQUIRE(calls == std::vector<int>(3, run));
  }
}

TEST_CASE("ThreadWorkers: sleeping workers wake up", "[parallel][threads]") {
  ThreadWorkers workers{2};
  int calls = 0;
  for (int run = 0; run < 3; ++run) {
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
    workers.run([&](Worker& worker) {
      if (worker.rank() == 1) {
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
        ++calls;
      }
    });
  }
  CHECK(calls == 3);
}

TEMPLATE_TEST_CASE("ThreadWorkers: all_reduce_sum adds in the order of ranks", "[parallel][threads]", float,
                   double) {
  ThreadWorkers workers{4};
  std::vector<std::vector<TestType>> sums(4);
  workers.run([&](Worker& worker) {
    auto& values = sums[static_cast<std::size_t>(worker.rank())];
    for (int sum = 0; sum < 50; ++sum) {
      // The last bit shows the order of the terms.
      values = {TestType(worker.rank() == 0 ? 1 : 1e-8), TestType(sum)};
      worker.all_reduce_sum(values);
    }
  });
  const TestType first = TestType(1) + TestType(1e-8);
  for (const auto& values : sums)
    CHECK(values == std::vector<TestType>{first + TestType(1e-8) + TestType(1e-8), 196});
}

TEST_CASE("ThreadWorkers: run rethrows an exception of a worker and can be called again",
          "[parallel][threads]") {
  ThreadWorkers workers{3};
  for (int run = 0; run < 20; ++run) {
    const auto fails = [&](Worker& worker) {
      if (worker.rank() > 0) throw std::runtime_error{"worker " + std::to_string(worker.rank())};
      if (run % 2 == 0)
        std::this_thread::sleep_for(std::chrono::milliseconds{2});  // arrives when the others have failed
      std::vector<double> values{1};
      worker.all_reduce_sum(values);  // which the others never reach
    };
    CHECK_THROWS_WITH(workers.run(fails), "worker 1");
    std::vector<double> total{0};
    workers.run([&](Worker& worker) {
      std::vector<double> one{1};
      worker.all_reduce_sum(one);
      if (worker.rank() == 0) total = one;
    });
    CHECK(total[0] == 3);
  }
}

TEST_CASE("part_of: the parts cover the range in order and begin at multiples", "[parallel]") {
  struct Rank {
    int r, n;
    int rank() const { return r; }
    int size() const { return n; }
  };
  for (const Index multiple : {1, 64})
    for (const Index total : {0, 1, 5, 63, 64, 65, 1000})
      for (const int size : {1, 2, 3, 7}) {
        Index next = 0;
        for (int rank = 0; rank < size; ++rank) {
          const Part part = part_of(total, Rank{rank, size}, multiple);
          REQUIRE(part.first == next);
          REQUIRE(part.count >= 0);
          REQUIRE((part.first % multiple == 0 || part.first == total));
          next += part.count;
        }
        REQUIRE(next == total);
      }
}

TEST_CASE("Threads: the default is the calling thread alone") {
  const Threads threads;
  CHECK(threads == 1);
  int rank = -1, size = -1;
  const auto workers = threads.start();
  workers->run([&](Worker& worker) { rank = worker.rank(), size = worker.size(); });
  CHECK(rank == 0);
  CHECK(size == 1);
}

TEST_CASE("Threads: n starts n workers", "[threads]") {
  const Threads threads = 3;
  CHECK(threads == 3);
  std::atomic<int> ranks = 0;
  const auto workers = threads.start();
  CHECK(workers->size() == 3);
  workers->run([&](Worker& worker) { ranks += 1 << worker.rank(); });
  CHECK(ranks == 0b111);
}

TEST_CASE("ThreadWorkers: a number of threads out of range is refused", "[threads]") {
  for (const int threads : {0, -1, 5000, std::numeric_limits<int>::max()})
    CHECK_THROWS_AS(ThreadWorkers{threads}, DataError);
}

}  // namespace thread_workers_test
