// A job of several ranks; run.cmake calls it and says what is expected:
//
//   ranks MODE [CHECKPOINT WEIGHTS KILL_AT_STEP]
//   ranks search FOLDER TABLE

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <descent/descent.hpp>
#include <descent/distributed.hpp>
#include <descent/search.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace descent;

namespace {

void expect(bool condition, std::string_view claim) {
  if (!condition) throw std::runtime_error{"expected that " + std::string{claim}};
}

/// Numbers whose sum depends on the order of the terms.
template <class T>
std::vector<T> numbers_of(int rank, std::size_t count) {
  std::vector<T> numbers(count);
  for (std::size_t i = 0; i < count; ++i)
    numbers[i] =
        T(rank % 2 == 0 ? 1 : 1000) / static_cast<T>(1 + (7 * i + 3 * static_cast<std::size_t>(rank)) % 1009);
  return numbers;
}

template <class T>
void check_sums(Communicator& world) {
  // One message, two messages, and several blocks of at most 2^22 numbers.
  for (const std::size_t count : {1u, 2u, 1000u, 100'003u, (1u << 22) + 5u}) {
    std::vector<T> numbers = numbers_of<T>(world.rank(), count), expected = numbers_of<T>(0, count);
    for (int rank = 1; rank < world.size(); ++rank) {
      const std::vector<T> other = numbers_of<T>(rank, count);
      for (std::size_t i = 0; i < count; ++i) expected[i] += other[i];
    }
    world.all_reduce_sum(std::span<T>{numbers});
    expect(numbers == expected, "sums are those in the order of the ranks");
  }
}

void sums(Communicator& world) {
  check_sums<float>(world);
  check_sums<double>(world);
  std::vector<std::string> all, expected;
  for (int rank = 0; rank < world.size(); ++rank)
    expected.push_back(std::string(static_cast<std::size_t>(100 * rank), 'x'));
  world.all_gather(expected[static_cast<std::size_t>(world.rank())],
                   [&](std::string_view bytes) { all.emplace_back(bytes); });
  expect(all == expected, "all_gather returns the bytes of each rank");
  std::string text = world.rank() == 0 ? "from rank 0" : "another";
  world.broadcast(text);
  expect(text == "from rank 0", "broadcast returns the bytes of rank 0");
  expect(world.any(world.rank() == world.size() - 1), "any is true if one is");
  expect(!world.any(false), "any is false if none is");
  world.barrier();
}

Dataset<double> samples_of(const Dataset<double>& all, Index batch_size, const Communicator& world) {
  std::vector<Index> samples;
  for (Index first = 0; first < all.samples(); first += batch_size) {
    const Index each = std::min(batch_size, all.samples() - first) / world.size();
    for (Index j = 0; j < each; ++j) samples.push_back(first + world.rank() * each + j);
  }
  Dataset<double> shard;
  gather(all.x, samples, shard.x);
  gather(all.y, samples, shard.y);
  return shard;
}

Dataset<double> clouds() {
  return blobs<double>({.samples = 60, .classes = 3, .features = 4, .spread = 1, .seed = 1});
}

/// Trains on the shard of this rank of a job. Every process of `size` 1 has all samples.
std::vector<double> trained(Communicator& world) {
  Rng rng{1};
  Sequential net{Dense<double>{4, 16, rng}, Tanh<double>{}, Dropout<double>{{.keep = 0.8}},
                 Dense<double>{16, 3, rng}};
  const Dataset<double> shard = samples_of(clouds(), 24, world);
  const History history = fit(net, shard, SoftmaxCrossEntropy{}, Adam{.learning_rate = 0.01},
                              {.epochs = 5,
                               .batch_size = 24 / world.size(),
                               .validation = &shard,
                               .metrics = {Accuracy{}},
                               .regularizer = L2{0.1},
                               .communicator = &world,
                               .shuffle = false,
                               .progress = silent});
  std::vector<double> values = history["val_loss"];
  values.push_back(history["accuracy"].back());
  decltype(net)::visit(
      [&](const auto&, const auto& leaf) {
        values.insert(values.end(), leaf.data(), leaf.data() + leaf.size());
      },
      net);
  return values;
}

void equals(Communicator& world) {
  const std::vector<double> one = trained(solo), all = trained(world);
  for (std::size_t i = 0; i < one.size(); ++i)
    expect(std::abs(all[i] - one[i]) < 1e-12, "ranks take the steps of one process");
  expect(trained(world) == all, "ranks compute the same bits again");
  std::string bytes{reinterpret_cast<const char*>(all.data()), sizeof(double) * all.size()};
  const std::string own = bytes;
  world.broadcast(bytes);
  expect(bytes == own, "all ranks have the same weights");
}

struct SearchSettings {
  double rate = 0;
  Index width = 0;
  static void visit(auto&& f, auto& s) {
    f(Range{"rate", 1e-3, 10, Scale::log}, s.rate);
    f(Range{"width", 4, 32, Scale::log}, s.width);
  }
};

/// Searches for hyper-parameters on all ranks, and writes the table of each.
void search_on_ranks(Communicator& world, const char* folder, const char* table) {
  const Dataset<double> data = clouds();
  int starts = 0;
  const auto start = [&](const SearchSettings& s, std::uint64_t seed) {
    ++starts;
    Rng rng{seed};
    return trial(
        Trainer{Sequential{Dense<double>{4, s.width, rng}, Tanh<double>{}, Dense<double>{s.width, 3, rng}},
                SoftmaxCrossEntropy{},
                Momentum{.learning_rate = s.rate},
                {.metrics = {Accuracy{}}, .seed = seed}},
        data);
  };
  const auto trials = search<SearchSettings>(start, {.trials = 18,
                                                     .epochs = 9,
                                                     .monitor = "loss",
                                                     .repeats = 1,
                                                     .threads = 2,
                                                     .communicator = &world,
                                                     .folder = folder,
                                                     .progress = silent});
  expect(starts <= 18 / world.size() + 1 + 3, "a rank runs its share of the trials");
  std::ofstream out{std::string{table} + std::to_string(world.rank()), std::ios::binary};
  trials.write_json(out);
}

/// Trains with a checkpoint after each step; the last rank kills itself at a step.
void train(Communicator& world, char** arguments) {
  const std::string checkpoint = arguments[2], weights = arguments[3];
  const int kill_at = std::atoi(arguments[4]);
  const auto all = blobs({.samples = 480, .classes = 4, .features = 64, .spread = 3, .seed = 1});
  Dataset<> shard;
  const Part part = part_of(all.samples(), world.rank(), world.size());
  shard.x = all.x.middleCols(part.first, part.count);
  shard.y = all.y.middleCols(part.first, part.count);
  Rng rng{1};
  Sequential net{Dense{64, 256, rng}, BatchNorm{256}, ReLU{}, Dropout{{.keep = 0.8}}, Dense{256, 4, rng}};
  fit(net, shard, SoftmaxCrossEntropy{}, Adam{},
      {.epochs = 3,
       .batch_size = 120 / world.size(),
       .validation = &shard,
       .metrics = {Accuracy{}, F1{}},
       .early_stopping = EarlyStopping{.patience = 2},
       .on_step_end = {[&](const auto& e) {
         if (e.step == kill_at && world.rank() == world.size() - 1) std::raise(SIGKILL);
       }},
       .checkpoint = {.path = checkpoint, .every_steps = 1, .every_seconds = 0},
       .resume_from = std::filesystem::exists(checkpoint) ? checkpoint : "",
       .communicator = &world,
       .threads = 2,
       .progress = silent});
  if (world.rank() != 0) return;
  std::ofstream out{weights, std::ios::binary};
  const auto write = [&](const auto&, const auto& leaf) {
    out.write(reinterpret_cast<const char*>(leaf.data()),
              static_cast<std::streamsize>(sizeof(float)) * leaf.size());
  };
  decltype(net)::visit(write, net);
  visit_state<decltype(net)>(write, net);
}

/// A job of which the last or the second rank does something else than the others.
void fail(Communicator& world, std::string_view mode) {
  const bool last = world.rank() == world.size() - 1;
  if (mode == "outside" && world.rank() == 1) throw std::runtime_error{"rank 1 reads no file"};
  Rng rng{1};
  DynamicSequential<double> net{Dense<double>{4, 3, rng}};
  if (mode == "models") net = DynamicSequential<double>{Dense<double>{2, last ? 4 : 3, rng}};
  fit(net, mode == "empty" && last ? Dataset<double>{} : clouds(), SoftmaxCrossEntropy{}, Adam{},
      {.on_step_end = {[&](const auto& e) {
         if (e.step == 3 && world.rank() == 1) throw std::runtime_error{"no more samples"};
       }},
       .communicator = &world,
       .progress = silent});
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view mode = count > 1 ? arguments[1] : "";
  Mpi mpi;
  try {
    MpiCommunicator world;
    if (mode == "sums")
      sums(world);
    else if (mode == "equals")
      equals(world);
    else if (mode == "search" && count == 4)
      search_on_ranks(world, arguments[2], arguments[3]);
    else if (mode == "train" && count == 5)
      train(world, arguments);
    else
      fail(world, mode);
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
}
