#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "descent/descent.hpp"
#include "support.hpp"
#include "temporary_folder.hpp"
#include "thread_ranks.hpp"

// Checkpoints and ranks with networks of images, of sequences of different lengths, and of attention.

namespace images_and_sequences_test {

using namespace descent;
using support::on_ranks;
using support::values_of;

namespace {

using Net = DynamicSequential<double>;

struct Task {
  std::string name;
  Net net;
  Dataset<double> data;
};

Dataset<double> some_data(const Shape& shape) {
  Rng rng{2};
  Dataset<double> data{.x = Matrix<double>(shape.size(), 48), .y = Matrix<double>(1, 48), .shape = shape};
  for (double& v : data.x.reshaped()) v = rng.normal();
  for (double& v : data.y.reshaped()) v = static_cast<double>(rng.below(3));
  return data;
}

std::vector<Task> tasks() {
  Rng rng{1};
  std::vector<Task> all;
  all.push_back({"images",
                 Net{Conv2D<double>{2, 4, rng, {.padding = 1}}, GroupNorm<double>{2, 4}, ReLU<double>{},
                     MaxPool2D<double>{}, Dropout<double>{{.keep = 0.8, .whole_channels = true}},
                     Conv2D<double>{4, 4, rng, {.padding = 1, .groups = 4}},
                     ConvTranspose2D<double>{4, 3, rng, {.kernel = 2, .stride = 2}}, AveragePool2D<double>{},
                     InstanceNorm<double>{3}, GlobalAveragePool<double>{}, Dense<double>{3, 3, rng}},
                 some_data({2, 6, 4})});
  Dataset<double> tokens = some_data({1, 1, 5});
  for (double& v : tokens.x.reshaped()) v = static_cast<double>(rng.below(6));
  for (Index j = 0; j < tokens.samples(); ++j) tokens.lengths.push_back(1 + j % 5);
  all.push_back(
      {"sequences",
       Net{Embedding<double>{6, 3, rng},
           LSTM<double>{3, 4, rng, {.layers = 2, .bidirectional = true, .keep = 0.8}}, RNN<double>{8, 4, rng},
           GRU<double>{4, 4, rng, {.outputs = Outputs::last}}, Dense<double>{4, 3, rng}},
       tokens});
  Net attention{Dense<double>{3, 4, rng}, PositionEmbedding<double>{5, 4, rng}};
  attention.add(encoder_block<double>(4, rng, {.heads = 2, .keep = 0.8}))
      .add(RMSNorm<double>{4})
      .add(GlobalAveragePool<double>{})
      .add(Dense<double>{4, 3, rng});
  Dataset<double> padded = some_data({3, 1, 5});
  padded.lengths = tokens.lengths;
  all.push_back({"attention", std::move(attention), padded});
  return all;
}

FitOptions<Net> options() {
  return {.epochs = 2, .batch_size = 12, .clip = ClipByGlobalNorm{1}, .seed = 3, .progress = silent};
}

template <class O>
std::vector<double> train(const Task& task, const O& optimizer, const FitOptions<Net>& with) {
  Net net = task.net;
  fit(net, task.data, SoftmaxCrossEntropy{}, optimizer, with);
  return values_of(net);
}

}  // namespace

TEST_CASE("checkpoint: a killed run on images and sequences resumes with other threads to the same bits") {
  const Adam adam{.learning_rate = 0.01};
  for (const Task& task : tasks()) {
    CAPTURE(task.name);
    const support::TemporaryFolder folder;
    const std::vector<double> expected = train(task, adam, options());
    FitOptions<Net> with = options();
    with.checkpoint = {.path = (folder.path / "run.ckpt").string(), .every_steps = 1};
    FitOptions<Net> killed = with;
    killed.on_step_end.push_back([](const auto& end) {
      if (end.step > 5) throw std::runtime_error{"killed"};
      return Next::proceed;
    });
    CHECK_THROWS_AS(train(task, adam, killed), std::runtime_error);
    with.resume_from = with.checkpoint.path;
    with.threads = 2;
    CHECK(train(task, adam, with) == expected);
  }
}

TEST_CASE("DataParallel: ranks take the steps of one process on images and sequences") {
  for (const Task& task : tasks()) {
    CAPTURE(task.name);
    FitOptions<Net> with = options();
    with.shuffle = false;
    // Not Adam, which divides by the roots of small gradients, and enlarges their rounding.
    const GradientDescent plain{.learning_rate = 0.1};
    const std::vector<double> expected = train(task, plain, with);
    const auto messages = on_ranks(2, [&](Communicator& world) {
      std::vector<Index> own;  // a half of each mini-batch
      for (Index first = 6 * world.rank(); first < task.data.samples(); first += 12)
        for (Index j = 0; j < 6; ++j) own.push_back(first + j);
      const Task shard{task.name, task.net, task.data.subset(own)};
      FitOptions<Net> of_rank = with;
      of_rank.batch_size = 6;
      of_rank.communicator = &world;
      const std::vector<double> values = train(shard, plain, of_rank);
      double most = 0;
      for (std::size_t i = 0; i < values.size(); ++i)
        most = std::max(most, std::abs(values[i] - expected[i]));
      if (!(most < 1e-12)) throw std::runtime_error{detail::joined("differs by ", most)};
    });
    for (const std::string& message : messages) CHECK(message == "");
  }
}

}  // namespace images_and_sequences_test
