#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <optional>
#include <string>

// The common part of all workers. A worker trains one workload with one library and prints its speed. compare.py
// runs `WORKER WORKLOAD THREADS SECONDS [MODE]` and reads the line
//
//   steps_per_second peak_memory_in_kB share_of_time_in_products
//
// with `-` for an unknown share. This header includes nothing of descent, because the other libraries use it too.

struct Job {
  std::string workload;
  int threads;
  double seconds;
  std::string mode;  ///< an optional fourth argument, for workers with several modes
};

/// An unsupported workload, which is no failure: compare.py leaves it out of the table and prints the reason.
struct Unsupported : std::exception {
  explicit Unsupported(std::string text) : reason{std::move(text)} {}
  const char* what() const noexcept override { return reason.c_str(); }
  std::string reason;
};

inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Calls `step` repeatedly and returns the calls per second. A quarter of the time is warm-up for caches, threads and
/// the processor's frequency. The clock is read rarely, so that it does not slow down even a step of a microsecond.
double steps_per_second(double seconds, auto&& step) {
  const auto run = [&](double duration, std::int64_t between_looks) {
    std::int64_t steps = 0;
    const double begin = now();
    double elapsed = 0;
    do {
      for (std::int64_t i = 0; i < between_looks; ++i) step();
      steps += between_looks;
      elapsed = now() - begin;
    } while (elapsed < duration);
    return static_cast<double>(steps) / elapsed;
  };
  const double warm = run(seconds / 4, 1);
  return run(seconds, std::max<std::int64_t>(1, static_cast<std::int64_t>(warm / 1000)));
}

/// The peak memory of this process in kB. On Linux getrusage includes the peak of the parent process, so the value is
/// read from /proc instead.
inline long peak_memory() {
  std::ifstream status{"/proc/self/status"};
  for (std::string word; status >> word;) {
    long peak = 0;
    if (word == "VmHWM:" && status >> peak) return peak;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
  return usage.ru_maxrss / 1024;  // in bytes on macOS
#else
  return usage.ru_maxrss;
#endif
}

struct Result {
  double steps_per_second;
  std::optional<double> share_in_products = {};
};

/// The main function of a worker: `work` turns a Job into a Result.
int run_worker(int argc, char** argv, auto&& work) try {
  if (argc < 4) {
    std::fprintf(stderr, "usage: %s WORKLOAD THREADS SECONDS [MODE]\n", argv[0]);
    return 2;
  }
  const Result result = work(Job{argv[1], std::atoi(argv[2]), std::atof(argv[3]), argc > 4 ? argv[4] : ""});
  std::printf("%.6g %ld ", result.steps_per_second, peak_memory());
  if (result.share_in_products)
    std::printf("%.4f\n", *result.share_in_products);
  else
    std::printf("-\n");
  return 0;
} catch (const Unsupported& missing) {
  std::fprintf(stderr, "%s\n", missing.what());
  return 77;  // the conventional exit status of a skipped test
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
