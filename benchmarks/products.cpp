// The upper bound of training steps per second: the matrix products of a step alone, which the threads share as in
// training.

#include <descent/parallel/thread_workers.hpp>

#include "product_loop.hpp"
#include "worker.hpp"

int main(int argc, char** argv) {
  return run_worker(argc, argv, [](const Job& job) -> Result {
    for (const Sizes& sizes : {size_s, size_m, size_m_plus, size_l}) {
      if (sizes.name != job.workload) continue;
      const auto workers = descent::Threads{job.threads}.start();
      ProductLoop products{sizes, sizes.batch};
      return {steps_per_second(job.seconds, [&] { products.step(*workers); })};
    }
    throw Unsupported{"no workload " + job.workload};
  });
}
