#include "descent/training/data_parallel.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "descent/layers/normalization/batch_norm.hpp"
#include "descent/losses/mean_squared_error.hpp"
#include "descent/losses/softmax_cross_entropy.hpp"
#include "descent/metrics/accuracy.hpp"
#include "descent/metrics/f1.hpp"
#include "descent/metrics/roc_auc.hpp"
#include "descent/optimizers/adam.hpp"
#include "descent/optimizers/gradient_descent.hpp"
#include "descent/regularizers/l2.hpp"
#include "descent/training/fit.hpp"
#include "descent/transforms/clip_by_global_norm.hpp"
#include "support.hpp"
#include "temporary_folder.hpp"
#include "thread_ranks.hpp"

namespace data_parallel_test {

using namespace descent;
using support::on_ranks;
using support::three_clouds;
using support::values_of;

/// Returns the samples with these indices.
Dataset<double> chosen(const Dataset<double>& all, const std::vector<Index>& samples) {
  Dataset<double> some;
  gather(all.x, samples, some.x);
  gather(all.y, samples, some.y);
  gather(all.weights, samples, some.weights);
  return some;
}

/// Returns the samples of a rank, so that the mini-batches of all ranks, one after the other, are those of one process
/// with the given batch size.
Dataset<double> shard_of(const Dataset<double>& all, Index batch_size, int rank, int size) {
  std::vector<Index> samples;
  for (Index first = 0; first < all.samples(); first += batch_size) {
    const Index each = std::min(batch_size, all.samples() - first) / size;
    for (Index j = 0; j < each; ++j) samples.push_back(first + rank * each + j);
  }
  return chosen(all, samples);
}

/// Returns 60 samples with weights.
Dataset<double> weighted_clouds() {
  Dataset<double> data = three_clouds<double>(60);
  data.weights = Vector<double>::LinSpaced(60, 0.5, 2);
  return data;
}

auto dropout_net() {
  Rng rng{3};
  return Sequential{Dense<double>{2, 8, rng}, ReLU<double>{}, Dropout<double>{{.keep = 0.8}},
                    Dense<double>{8, 3, rng}};
}

/// The outcome of a rank.
struct Outcome {
  std::vector<double> values;
  History history;
  bool operator==(const Outcome&) const = default;
};

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

/// Trains on `size` ranks with a batch of 24 in total. Changes the options by `change`.
template <class Net>
std::vector<Outcome> train(const Net& begin, int size, auto&& change) {
  const Dataset<double> all = weighted_clouds(), dev = three_clouds<double>(24, 2);
  std::vector<Outcome> outcomes(static_cast<std::size_t>(size));
  const auto messages = on_ranks(size, [&](Communicator& world) {
    Net net = begin;
    const Dataset<double> shard = shard_of(all, 24, world.rank(), size);
    const Dataset<double> part = shard_of(dev, 24, world.rank(), size);
    FitOptions<Net> options{.epochs = 3,
                            .batch_size = 24 / size,
                            .validation = &part,
                            .metrics = {Accuracy{}, F1{}},
                            .regularizer = L2{0.1},
                            .clip = ClipByGlobalNorm{0.5},
                            .communicator = &world,
                            .shuffle = false,
                            .progress = silent};
    change(options);
    const History history = fit(net, shard, SoftmaxCrossEntropy{}, Adam{.learning_rate = 0.01}, options);
    outcomes[static_cast<std::size_t>(world.rank())] = {values_of(net), history};
  });
  for (const std::string& message : messages) CHECK(message == "");
  return outcomes;
}

TEST_CASE("DataParallel: ranks take the steps of one process with their samples", "[training]") {
  const int accumulate = GENERATE(1, 2);
  const auto change = [&](auto& options) { options.accumulate = accumulate; };
  const Outcome one = train(dropout_net(), 1, change).front();
  CHECK(one.values != values_of(dropout_net()));
  for (const int size : {2, 3, 4}) {
    CAPTURE(size, accumulate);
    const std::vector<Outcome> ranks = train(dropout_net(), size, change);
    for (const Outcome& rank : ranks) {
      CHECK(rank == ranks.front());
      CHECK(largest_difference(rank.values, one.values) < 1e-12);
      for (const auto& [name, values] : one.history) {
        CAPTURE(name);
        CHECK(largest_difference(rank.history[name], values) < 1e-12);
      }
    }
    CHECK(train(dropout_net(), size, change) == ranks);
  }
}

TEST_CASE("DataParallel: .sync_batch_norm normalizes by the samples of all ranks", "[training]") {
  Rng rng{3};
  const Sequential net{
      Dense<double>{2, 8, rng, Bias::none},  // its gradient would be rounding errors, which Adam enlarges
      BatchNorm<double>{8, {.running_variance = Variance::unbiased}}, ReLU<double>{},
      Dense<double>{8, 3, rng}};
  const auto sync = [](auto& options) { options.sync_batch_norm = true; };
  const Outcome one = train(net, 1, sync).front();
  for (const int size : {2, 3, 4}) {
    CAPTURE(size);
    const std::vector<Outcome> ranks = train(net, size, sync);
    for (const Outcome& rank : ranks) {
      CHECK(rank == ranks.front());
      CHECK(largest_difference(rank.values, one.values) < 1e-12);
    }
  }
  CHECK(largest_difference(train(net, 2, [](auto&) {}).front().values, one.values) > 1e-3);

  const auto messages = on_ranks(2, [&](Communicator& world) {
    const Dataset<double> shard = three_clouds<double>(world.rank() == 0 ? 12 : 9);
    Trainer trainer{net,
                    SoftmaxCrossEntropy{},
                    GradientDescent{},
                    {.communicator = &world, .sync_batch_norm = true, .progress = silent}};
    trainer.run(shard);
  });
  CHECK(messages[0] ==
        "fit: expected as many samples on each rank with .sync_batch_norm, got 12 on rank 0 and at most 12; "
        "give all ranks shards and mini-batches of equal size");
  CHECK(messages[1].find("got 9 on rank 1") != std::string::npos);
}

TEST_CASE("DataParallel: ranks shuffle in orders of their own", "[training]") {
  const Dataset<double> all = weighted_clouds();
  const auto order_on = [&](int rank) { return shuffled_order(20, detail::seed_of_rank(7, rank), 0); };
  CHECK(order_on(0) == shuffled_order(20, 7, 0));
  CHECK(order_on(1) != order_on(0));
  CHECK(order_on(1) != order_on(2));
  const auto shuffle = [](auto& options) { options.shuffle = true; };
  const auto outcomes = train(dropout_net(), 3, shuffle);
  CHECK(outcomes[1] == outcomes[0]);
  CHECK(outcomes[2] == outcomes[0]);
  CHECK(train(dropout_net(), 3, shuffle) == outcomes);
}

TEST_CASE("DataParallel: ranks whose shard is shorter take part without samples", "[training]") {
  // Steps of 4 samples a rank: 0-3, 10-13, 14-17; then 4-7 and 18-20; then 8, 9.
  const Dataset<double> all = three_clouds<double>(21);
  const std::vector<std::vector<Index>> shards{
      {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {10, 11, 12, 13}, {14, 15, 16, 17, 18, 19, 20}};
  const std::vector<std::vector<Index>> steps{
      {0, 1, 2, 3, 10, 11, 12, 13, 14, 15, 16, 17}, {4, 5, 6, 7, 18, 19, 20}, {8, 9}};
  Trainer one{support::plain_net<double>(), SoftmaxCrossEntropy{}, GradientDescent{.learning_rate = 0.1}};
  for (int epoch = 0; epoch < 2; ++epoch)
    for (const auto& step : steps) {
      const Dataset<double> batch = chosen(all, step);
      one.step(batch.x, batch.y);
    }
  std::vector<std::vector<double>> values(3);
  const auto messages = on_ranks(3, [&](Communicator& world) {
    auto net = support::plain_net<double>();
    const auto rank = static_cast<std::size_t>(world.rank());
    fit(net, chosen(all, shards[rank]), SoftmaxCrossEntropy{}, GradientDescent{.learning_rate = 0.1},
        {.epochs = 2,
         .batch_size = 4,
         .metrics = {Accuracy{}},
         .communicator = &world,
         .shuffle = false,
         .progress = silent});
    values[rank] = values_of(net);
  });
  CHECK(messages == std::vector<std::string>(3));
  CHECK(largest_difference(values[0], values_of(one.model)) < 1e-12);
  CHECK(values[1] == values[0]);
  CHECK(values[2] == values[0]);
}

TEST_CASE("DataParallel: a hand-written loop takes the steps of all ranks", "[training]") {
  const Dataset<double> all = weighted_clouds();
  Trainer one{dropout_net(), SoftmaxCrossEntropy{}, GradientDescent{}, {.regularizer = L2{0.1}}};
  const double objective = one.step(all.x, all.y, all.weights);
  std::vector<std::vector<double>> values(2);
  const auto messages = on_ranks(2, [&](Communicator& world) {
    const Dataset<double> shard = shard_of(all, 60, world.rank(), 2);
    Trainer trainer{dropout_net(),
                    SoftmaxCrossEntropy{},
                    GradientDescent{},
                    {.regularizer = L2{0.1}, .communicator = &world}};
    const double own = trainer.step(shard.x, shard.y, shard.weights);
    values[static_cast<std::size_t>(world.rank())] = values_of(trainer.model);
    if (std::abs(own - objective) > 1e-12) throw std::runtime_error{"another objective"};
  });
  CHECK(messages == std::vector<std::string>(2));
  CHECK(largest_difference(values[0], values_of(one.model)) < 1e-12);
  CHECK(values[1] == values[0]);
}

TEST_CASE("DataParallel: running statistics are averaged over the ranks", "[training]") {
  // The first step moves the running mean from 0 by 1 - momentum = 0.1 of the batch's mean, the variance from 1.
  const Matrix<double> x{{1, 3, 5, 11}}, y{{0, 0, 0, 0}};
  const auto messages = on_ranks(2, [&](Communicator& world) {
    Trainer trainer{
        Sequential{BatchNorm<double>{1}}, MeanSquaredError{}, GradientDescent{}, {.communicator = &world}};
    const Index first = 2 * world.rank();
    trainer.step(x.middleCols(first, 2), y.middleCols(first, 2));
    const std::vector<double> values = values_of(trainer.model);  // scale, shift, mean, variance
    // Means 2 and 8, biased variances 1 and 9, unbiased 2 and 18.
    if (std::abs(values[2] - 0.1 * 5) > 1e-12) throw std::runtime_error{"mean " + std::to_string(values[2])};
    if (std::abs(values[3] - (0.9 + 0.1 * 5)) > 1e-12 && std::abs(values[3] - (0.9 + 0.1 * 10)) > 1e-12)
      throw std::runtime_error{"variance " + std::to_string(values[3])};
  });
  CHECK(messages == std::vector<std::string>(2));
}

TEST_CASE("DataParallel: all ranks begin with the weights of rank 0", "[training]") {
  std::vector<std::vector<double>> values(3);
  on_ranks(3, [&](Communicator& world) {
    const Trainer trainer{support::plain_net(static_cast<std::uint64_t>(5 + world.rank())),
                          SoftmaxCrossEntropy{},
                          Adam{},
                          {.communicator = &world}};
    values[static_cast<std::size_t>(world.rank())] = values_of(trainer.model);
  });
  CHECK(values == std::vector<std::vector<double>>(3, values_of(support::plain_net(5))));
}

TEST_CASE("DataParallel: early stopping and the learning rate agree on all ranks", "[training]") {
  const auto outcomes = train(dropout_net(), 3, [](auto& options) {
    options.epochs = 50;
    options.early_stopping = EarlyStopping{.patience = 2, .min_delta = 0.02};
    options.reduce_on_plateau = ReduceOnPlateau{.patience = 1, .min_delta = 0.05};
  });
  CHECK(outcomes[0].history.epochs() < 50);
  CHECK(outcomes[0].history.learning_rate().back() < 0.01);
  CHECK(outcomes[1] == outcomes[0]);
  CHECK(outcomes[2] == outcomes[0]);
}

TEST_CASE("DataParallel: a callback of one rank stops all ranks", "[training]") {
  const auto outcomes = train(dropout_net(), 3, [](auto& options) {
    const bool stops = options.communicator.ranks().rank() == 1;
    options.on_step_end = {[=](const auto& e) { return stops && e.step == 4 ? Next::stop : Next::proceed; }};
  });
  CHECK(outcomes[0].history.epochs() == 2);
  CHECK(outcomes[1] == outcomes[0]);
  CHECK(outcomes[2] == outcomes[0]);
}

/// Returns the messages of two ranks of which the second has something else.
std::vector<std::string> refusals(auto&& run) {
  return on_ranks(2, [&](Communicator& world) { run(world, world.rank() == 1); });
}

TEST_CASE("DataParallel: different models are rejected by name", "[training]") {
  const auto trainer = [](Communicator& world, auto net) {
    Trainer{net, MeanSquaredError{}, Adam{}, {.communicator = &world}};
  };
  const std::string cure = "; give all ranks the same model and the same options";
  CHECK(refusals([&](Communicator& world, bool second) {
          Rng rng{1};
          trainer(world, DynamicSequential<>{Dense{2, second ? 4 : 3, rng}});
        }) == std::vector<std::string>(2,
                                       "fit: expected parameter \"0.weight\" 3 x 2 on rank 1 as on rank 0, "
                                       "got parameter \"0.weight\" 4 x 2" +
                                           cure));
  const auto messages = refusals([&](Communicator& world, bool second) {
    trainer(world, Sequential{Dropout{{.keep = second ? 0.5 : 0.75}}});
  });
  CHECK(
      messages.front() ==
      "fit: expected layer \"0\" Dropout .keep 0.75 .enabled 1 .whole_channels 0 on rank 1 as on rank 0, got "
      "layer \"0\" Dropout .keep 0.5 .enabled 1 .whole_channels 0" +
          cure);
}

TEST_CASE("DataParallel: different options are rejected by name", "[training]") {
  const Dataset<> data = three_clouds(12);
  const auto with = [&](auto&& change) {
    return refusals([&](Communicator& world, bool second) {
      auto net = support::plain_net();
      FitOptions<decltype(net)> options{.epochs = 1, .communicator = &world, .progress = silent};
      if (second) change(options);
      fit(net, data, SoftmaxCrossEntropy{}, Adam{}, options);
    });
  };
  const std::string begin = "fit: expected ", end = "; give all ranks the same model and the same options";
  CHECK(
      with([](auto& options) { options.batch_size = 16; }) ==
      std::vector<std::string>(2, begin + ".batch_size 32 on rank 1 as on rank 0, got .batch_size 16" + end));
  CHECK(with([](auto& options) { options.seed = 1; }).front() ==
        begin + ".seed 0 on rank 1 as on rank 0, got .seed 1" + end);
  CHECK(with([](auto& options) { options.metrics = {Accuracy{}}; }).back() ==
        begin + ".accumulate 1 on rank 1 as on rank 0, got .metrics accuracy" + end);
  CHECK(with([](auto& options) { options.regularizer = L2{0.1}; })
            .front()
            .find(".regularizer with a penalty of 0 on rank 1") != std::string::npos);
}

TEST_CASE("DataParallel: an empty shard is rejected on all ranks", "[training]") {
  const auto messages = refusals([&](Communicator& world, bool second) {
    auto net = support::plain_net();
    fit(net, second ? Dataset<>{} : three_clouds(12), SoftmaxCrossEntropy{}, Adam{},
        {.epochs = 1, .communicator = &world, .progress = silent});
  });
  CHECK(messages[1].find("fit: ") == 0);
  CHECK(messages[0] == "Communicator: expected no error on any rank, got one on rank 1: " + messages[1]);
}

TEST_CASE("DataParallel: a rank that throws ends all ranks", "[training]") {
  const auto messages = refusals([&](Communicator& world, bool second) {
    auto net = support::plain_net();
    fit(net, three_clouds(40), SoftmaxCrossEntropy{}, Adam{},
        {.epochs = 2,
         .batch_size = 4,
         .on_step_end = {[=](const auto& e) {
           if (second && e.step == 3) throw std::runtime_error{"no more"};
         }},
         .communicator = &world,
         .progress = silent});
  });
  CHECK(messages == std::vector<std::string>{"ended by another rank", "no more"});
}

TEST_CASE("DataParallel: a job that ends within an epoch resumes to the same bits", "[training]") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path / "run.ckpt").string();
  const int size = GENERATE(2, 3);
  const Dataset<double> all = weighted_clouds(), dev = three_clouds<double>(24, 2);
  const auto train_until = [&](std::int64_t step, std::vector<Outcome>& outcomes) {
    outcomes.assign(static_cast<std::size_t>(size), {});
    return on_ranks(size, [&](Communicator& world) {
      auto net = support::rich_net<double>();
      const Dataset<double> shard = shard_of(all, 12, world.rank(), size),
                            part = shard_of(dev, 12, world.rank(), size);
      const History history =
          fit(net, shard, SoftmaxCrossEntropy{}, Adam{.learning_rate = 0.01},
              {.epochs = 3,
               .batch_size = 12 / size,
               .validation = &part,
               .metrics = {Accuracy{}, F1{}},
               .average_weights = 0.9,
               .early_stopping = EarlyStopping{.monitor = "val_loss"},
               .on_step_end = {[&](const auto& e) {
                 if (world.rank() == size - 1 && e.step == step) throw std::runtime_error{"killed"};
               }},
               .checkpoint = {.path = path, .every_steps = 1, .every_seconds = 0},
               // Rank 0 alone has the file.
               .resume_from = world.rank() == 0 && std::filesystem::exists(path) ? path : "",
               .communicator = &world,
               .progress = silent});
      outcomes[static_cast<std::size_t>(world.rank())] = {values_of(net), history};
    });
  };
  std::vector<Outcome> expected, resumed;
  CHECK(train_until(-1, expected) == std::vector<std::string>(static_cast<std::size_t>(size)));
  CHECK(expected.front().history.epochs() == 3);
  std::filesystem::remove(path);
  CHECK(train_until(3, resumed).back() == "killed");
  CHECK(std::filesystem::exists(path));
  CHECK(train_until(8, resumed).back() == "killed");
  CHECK(train_until(-1, resumed) == std::vector<std::string>(static_cast<std::size_t>(size)));
  CHECK(resumed == expected);
  CHECK(resumed.back() == expected.front());
}

TEST_CASE("DataParallel: a checkpoint within an epoch is for the same number of ranks", "[training]") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path / "run.ckpt").string();
  const auto run = [&](int size, std::int64_t until) {
    return on_ranks(size, [&](Communicator& world) {
      auto net = support::plain_net();
      fit(net, three_clouds(12), SoftmaxCrossEntropy{}, Adam{},
          {.epochs = 1,
           .batch_size = 4,
           .metrics = {Accuracy{}},
           .on_step_end = {[&](const auto& e) {
             if (e.step == until) throw std::runtime_error{"killed"};
           }},
           .checkpoint = {.path = path, .every_steps = 1},
           .resume_from = std::filesystem::exists(path) ? path : "",
           .communicator = &world,
           .progress = silent});
    });
  };
  run(2, 2);
  CHECK(run(3, -1).front() ==
        "checkpoint: expected the metrics of 3 ranks, got 2; resume within an epoch with the number of ranks "
        "of the run");
}

TEST_CASE("DataParallel: metrics are those of all samples", "[training]") {
  // Scores of class 1 and labels of two ranks; of the 4 pairs of a 0 and a 1, 3 are in order.
  const std::vector<Matrix<double>> x{Matrix<double>{{0.9, 0.3}}, Matrix<double>{{0.5, 0.1}}};
  const std::vector<Matrix<double>> y{Matrix<double>{{1, 1}}, Matrix<double>{{0, 0}}};
  std::vector<double> values(2);
  const auto messages = on_ranks(2, [&](Communicator& world) {
    const auto rank = static_cast<std::size_t>(world.rank());
    using Net = Sequential<Dense<double>>;
    const DataParallel<Net> ranks{&world};
    std::vector<AnyMetric<double>> metrics{RocAuc{}};
    metrics[0].update(x[rank], y[rank]);
    ranks.merge(metrics);
    values[rank] = metrics[0].value();
  });
  CHECK(messages == std::vector<std::string>(2));
  CHECK(values == std::vector<double>{0.75, 0.75});
}

}  // namespace data_parallel_test
