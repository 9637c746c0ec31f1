#include "descent/parallel/thread_workers.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"

namespace thread_workers_test {

using namespace descent;

TEST_CASE("ThreadWorkers: run calls the job once in each worker", "[parallel][threads]") {
  ThreadWorkers workers{3};
  std::vector<int> calls(3);
  for (int run = 1; run <= 200; ++run) {
    workers.run([&](int rank) { ++calls[static_cast<std::size_t>(rank)]; });
    REQUIRE(calls == std::vector<int>(3, run));
  }
}

TEST_CASE("ThreadWorkers: sleeping workers wake up", "[parallel][threads]") {
  ThreadWorkers workers{2};
  int calls = 0;
  for (int run = 0; run < 3; ++run) {
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
    workers.run([&](int rank) {
      if (rank == 1) {
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
        ++calls;
      }
    });
  }
  CHECK(calls == 3);
}

TEST_CASE("ThreadWorkers: run rethrows the exception of the lowest rank and can be called again",
          "[parallel][threads]") {
  ThreadWorkers workers{3};
  for (int run = 0; run < 20; ++run) {
    std::atomic<int> calls = 0;
    const auto fails = [&](int rank) {
      ++calls;
      if (rank > 0) throw std::runtime_error{"worker " + std::to_string(rank)};
      if (run % 2 == 0) std::this_thread::sleep_for(std::chrono::milliseconds{2});  // ends after the others
    };
    CHECK_THROWS_WITH(workers.run(fails), "worker 1");
    CHECK(calls == 3);
    workers.run([&](int) { ++calls; });
    CHECK(calls == 6);
  }
}

TEST_CASE("ThreadWorkers: a run inside a run makes all its calls", "[parallel][threads]") {
  ThreadWorkers workers{3};
  std::vector<int> calls(3);
  workers.run([&](int outer) { workers.run([&](int) { ++calls[static_cast<std::size_t>(outer)]; }); });
  CHECK(calls == std::vector<int>{3, 3, 3});
}

TEST_CASE("ThreadWorkers: two threads may use one pool", "[parallel][threads]") {
  ThreadWorkers workers{3};
  const auto count = [&](int& calls) {
    for (int run = 0; run < 200; ++run) {
      std::atomic<int> own = 0;
      workers.run([&](int) { ++own; });
      calls += own;
    }
  };
  int first = 0, second = 0;
  { const std::jthread one{count, std::ref(first)}, other{count, std::ref(second)}; }
  CHECK(first == 600);
  CHECK(second == 600);
}

TEST_CASE("ThreadWorkers: more threads than processors end", "[parallel][threads]") {
  ThreadWorkers workers{4 * static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))};
  std::atomic<int> calls = 0;
  for (int run = 0; run < 100; ++run) workers.run([&](int) { ++calls; });
  CHECK(calls == 100 * workers.size());
}

TEST_CASE("Threads: the default is the calling thread alone") {
  const Threads threads;
  CHECK(threads == 1);
  int rank = -1, size = -1;
  const auto workers = threads.start();
  workers->run([&](int own) { rank = own, size = workers->size(); });
  CHECK(rank == 0);
  CHECK(size == 1);
}

TEST_CASE("Threads: n starts n workers", "[threads]") {
  const Threads threads = 3;
  CHECK(threads == 3);
  std::atomic<int> ranks = 0;
  const auto workers = threads.start();
  CHECK(workers->size() == 3);
  workers->run([&](int rank) { ranks += 1 << rank; });
  CHECK(ranks == 0b111);
}

TEST_CASE("ThreadWorkers: a number of threads out of range is refused", "[threads]") {
  for (const int threads : {0, -1, 5000, std::numeric_limits<int>::max()})
    CHECK_THROWS_AS(ThreadWorkers{threads}, DataError);
}

}  // namespace thread_workers_test
