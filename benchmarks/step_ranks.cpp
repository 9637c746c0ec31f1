// Training steps per second of several ranks, each with its own mini-batch; `./dev bench ranks` runs it by mpirun.
//
//   mpirun -n RANKS step_ranks WORKLOAD BATCH SECONDS
//
// Rank 0 prints the steps per second, the seconds of a sum of the gradient over the ranks, and the number of parameters.

#include <cstdio>
#include <cstdlib>
#include <descent/descent.hpp>
#include <descent/distributed.hpp>
#include <vector>

#include "workloads.hpp"

namespace {

/// Returns the time of a call that all ranks make the same number of times, after one to warm up.
double seconds_per_call(descent::Communicator& world, double seconds, auto&& call) {
  const auto time = [&](std::int64_t calls) {
    world.barrier();
    const double begin = now();
    for (std::int64_t i = 0; i < calls; ++i) call();
    return (now() - begin) / static_cast<double>(calls);
  };
  time(1);
  const double once = time(3);
  const auto calls = world.max(static_cast<std::int64_t>(seconds / once));
  return time(std::max<std::int64_t>(1, calls));
}

template <class W>
void measure(descent::Communicator& world, descent::Index batch, double seconds) {
  descent::Rng rng{1};
  auto net = W::network(rng);
  Batches batches{W::sizes, batch};
  descent::Trainer trainer{net, W::loss(), W::optimizer(), {.batch_size = batch, .communicator = &world}};
  const double step = seconds_per_call(world, seconds, [&] {
    const auto [x, y] = batches.next();
    trainer.step(x, y);
  });

  std::vector<float> gradient(static_cast<std::size_t>(descent::parameter_count(net)));
  const double sum = seconds_per_call(world, seconds / 4, [&] { world.all_reduce_sum(gradient); });
  if (world.rank() == 0) std::printf("%.6g %.6g %zu\n", 1 / step, sum, gradient.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: mpirun -n RANKS %s WORKLOAD BATCH SECONDS\n", argv[0]);
    return 2;
  }
  descent::Mpi mpi;
  descent::MpiCommunicator world;
  with_workload(argv[1], [&]<class W>(W) { measure<W>(world, std::atoi(argv[2]), std::atof(argv[3])); });
}
