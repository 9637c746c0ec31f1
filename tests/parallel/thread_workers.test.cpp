#include "descent/parallel/thread_workers.hpp"

#include <atomic>
#include <chrono>
#include <numeric>
#include <stdexcept>
#include <string>

#include <limits>
#include "catch.hpp"

namespace thread_workers_test {

using namespace descent;

TEST_CASE("A team calls each worker once a run", "[core][threads]") {
  ThreadWorkers workers{3};
  std::vector<int> calls(3);
  for (int run = 1; run <= 200; ++run) {
    workers.run([&](Worker& worker) { ++calls[static_cast<std::size_t>(worker.rank())]; });
    REQUIRE(calls == std::vector<int>(3, run));
  }
}

TEST_CASE("A team that has fallen asleep wakes up", "[core][threads]") {
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

TEMPLATE_TEST_CASE("A team adds in the order of ranks, the same in all", "[core][threads]", float, double) {
  ThreadWorkers workers{4};
  std::vector<std::vector<TestType>> sums(4);
  workers.run([&](Worker& worker) {
    auto& values = sums[static_cast<std::size_t>(worker.rank())];
    for (int sum = 0; sum < 50; ++sum) {
      // Such that the order of the terms can be seen in the last bit.
      values = {TestType(worker.rank() == 0 ? 1 : 1e-8), TestType(sum)};
      worker.all_reduce_sum(values);
    }
  });
  const TestType first = TestType(1) + TestType(1e-8);
  for (const auto& values : sums)
    CHECK(values == std::vector<TestType>{first + TestType(1e-8) + TestType(1e-8), 196});
}

TEST_CASE("What a worker throws comes out of run, and the team works on", "[core][threads]") {
  ThreadWorkers workers{3};
  for (int run = 0; run < 20; ++run) {
    const auto fails = [&](Worker& worker) {
      if (worker.rank() > 0) throw std::runtime_error{"worker " + std::to_string(worker.rank())};
      if (run % 2 == 0) std::this_thread::sleep_for(std::chrono::milliseconds{2});  // comes when all is over
      std::vector<double> waits{1};
      worker.all_reduce_sum(waits);  // which the others never come to
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

TEST_CASE("Parts cover a range in order, and begin at multiples", "[core]") {
  struct Place {
    int r, n;
    int rank() const { return r; }
    int size() const { return n; }
  };
  for (const Index multiple : {1, 64})
    for (const Index total : {0, 1, 5, 63, 64, 65, 1000})
      for (const int size : {1, 2, 3, 7}) {
        Index next = 0;
        for (int rank = 0; rank < size; ++rank) {
          const Part part = part_of(total, Place{rank, size}, multiple);
          REQUIRE(part.first == next);
          REQUIRE(part.count >= 0);
          REQUIRE((part.first % multiple == 0 || part.first == total));
          next += part.count;
        }
        REQUIRE(next == total);
      }
}

TEST_CASE("Threads: by default one worker, which is the caller") {
  const Threads threads;
  CHECK(threads == 1);
  int rank = -1, size = -1;
  const auto workers = threads.start();
  workers->run([&](Worker& worker) { rank = worker.rank(), size = worker.size(); });
  CHECK(rank == 0);
  CHECK(size == 1);
}

TEST_CASE("Threads: a number starts so many", "[threads]") {
  const Threads threads = 3;
  CHECK(threads == 3);
  std::atomic<int> ranks = 0;
  const auto workers = threads.start();
  CHECK(workers->size() == 3);
  workers->run([&](Worker& worker) { ranks += 1 << worker.rank(); });
  CHECK(ranks == 0b111);
}

TEST_CASE("ThreadWorkers: a number of threads that cannot be is refused", "[threads]") {
  for (const int threads : {0, -1, 5000, std::numeric_limits<int>::max()})
    CHECK_THROWS_AS(ThreadWorkers{threads}, DataError);
}

}  // namespace thread_workers_test
