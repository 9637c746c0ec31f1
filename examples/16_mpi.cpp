// Lesson 16: train on several machines. Each process, a rank, has a part of the data, its shard, and all take the same
// steps: after each mini-batch their gradients are summed.
//
//   mpirun -n 4 16_mpi
//
// docs/guide/several_machines.md has the rest: Slurm, the time of a step, unequal shards, checkpoints.

#include <descent/descent.hpp>
#include <descent/distributed.hpp>
#include <iostream>
#include <vector>

using namespace descent;

/// Returns every size-th sample, beginning with sample `rank`. A program with large data would read a file per rank.
Dataset<> shard_of(const Dataset<>& all, const Communicator& world) {
  std::vector<Index> samples;
  for (Index j = world.rank(); j < all.samples(); j += world.size()) samples.push_back(j);
  Dataset<> shard;
  gather(all.x, samples, shard.x);
  gather(all.y, samples, shard.y);
  return shard;
}

int main() {
  Mpi mpi;
  MpiCommunicator world;

  const auto data = blobs({.samples = 2400, .classes = 4, .features = 8, .spread = 2, .seed = 1});
  const auto [train, dev, test] = split(data, {.train = 0.75, .dev = 0.25, .seed = 1});
  const Dataset<> own = shard_of(train, world), own_dev = shard_of(dev, world);

  // Any first weights will do on the other ranks: they get those of rank 0.
  Rng rng{1};
  Sequential net{Dense{8, 32, rng}, ReLU{}, Dropout{{.keep = 0.9}}, Dense{32, 4, rng}};
  const History history = fit(net, own, SoftmaxCrossEntropy{}, Adam{},
                              {.epochs = 5,
                               .batch_size = 64 / world.size(),  // 64 samples a step on all ranks together
                               .validation = &own_dev,
                               .metrics = {Accuracy{}},
                               .communicator = &world});

  // Metrics and weights are the same on all ranks, so that one of them can report and save.
  if (world.rank() == 0)
    std::cout << world.size() << " ranks of " << own.samples() << " samples: accuracy "
              << history["val_accuracy"].back() << '\n';
}
