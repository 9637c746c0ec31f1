// The upper bound of training steps per second: the matrix products of a step alone. Each thread computes its part of
// the batch, as in training.

#include <barrier>
#include <thread>
#include <vector>

#include "product_loop.hpp"
#include "worker.hpp"

int main(int argc, char** argv) {
  return run_worker(argc, argv, [](const Job& job) -> Result {
    for (const Sizes& sizes : {size_s, size_m, size_m_plus, size_l}) {
      if (sizes.name != job.workload) continue;

      // The first thread measures the time; barriers keep the others in step.
      std::vector<ProductLoop> parts;
      parts.reserve(static_cast<std::size_t>(job.threads));
      for (int i = 0; i < job.threads; ++i) parts.emplace_back(sizes, sizes.batch / job.threads);
      std::barrier begin{job.threads}, end{job.threads};
      bool done = false;
      std::vector<std::jthread> others;
      for (std::size_t i = 1; i < parts.size(); ++i)
        others.emplace_back([&, i] {
          while (true) {
            begin.arrive_and_wait();
            if (done) return;
            parts[i].step();
            end.arrive_and_wait();
          }
        });

      const Result result{steps_per_second(job.seconds, [&] {
        if (job.threads > 1) begin.arrive_and_wait();
        parts.front().step();
        if (job.threads > 1) end.arrive_and_wait();
      })};
      done = true;
      begin.arrive_and_wait();
      return result;
    }
    throw Unsupported{"no workload " + job.workload};
  });
}
