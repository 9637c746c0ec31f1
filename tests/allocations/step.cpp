#include "allocations/count.hpp"
#include "catch.hpp"
#include "descent/descent.hpp"
#include "descent/inference/snapshots.hpp"

using namespace descent;

namespace {

/// Large enough for two threads, and for products whose blocks Eigen by itself would allocate on the heap.
constexpr Index features = 784, batch_size = 160;

auto some_net(auto compose) {
  Rng rng{1};
  return compose(Dense{features, 256, rng}, BatchNorm{256}, ReLU{}, Dropout{{.keep = 0.8}},
                 Dense{256, 128, rng}, Tanh{}, Dense{128, 3, rng});
}

Dataset<> some_data() {
  Rng rng{2};
  Dataset<> data{.x = Matrix<>(features, 3 * batch_size), .y = Matrix<>(1, 3 * batch_size)};
  for (float& v : data.x.reshaped()) v = static_cast<float>(rng.normal());
  for (float& v : data.y.reshaped()) v = static_cast<float>(rng.below(3));
  return data;
}

/// The number of allocations in the second epoch of `fit`, from the end of its first step to the end of its last.
int allocations_in_fit(auto net, int threads, const Dataset<>& data = some_data()) {
  std::optional<CountAllocations> count;
  int own = -1;
  const auto watch = [&](const auto& end) {
    if (end.step == 4) count.emplace();
    if (end.step == 6) {
      own = count->own();
      count.reset();
    }
    return Next::proceed;
  };
  fit(net, data, SoftmaxCrossEntropy{}, Adam{},
      {.epochs = 2,
       .batch_size = batch_size,
       .metrics = {Accuracy{}},
       .regularizer = L2{.lambda = 0.1},
       .clip = ClipByGlobalNorm{.limit = 1},
       .on_step_end = {watch},
       .threads = threads,
       .progress = silent});
  return own;
}

}  // namespace

TEST_CASE("CountAllocations: an allocation is counted") {
  const CountAllocations count;
  CHECK(count.own() == 0);
  const Matrix<> matrix = Matrix<>::Ones(10, 10);
  CHECK(count.own() == 1);
}

TEST_CASE("fit: a step after warm-up allocates nothing") {
  const auto sequential = some_net([](auto... layers) { return Sequential{layers...}; });
  const auto network = some_net([](auto... layers) { return DynamicSequential{layers...}; });
  for (const int threads : {1, 2}) {
    CAPTURE(threads);
    CHECK(allocations_in_fit(sequential, threads) == 0);
    CHECK(allocations_in_fit(network, threads) == 0);
  }
}

TEST_CASE("fit: a step with sample weights allocates nothing after warm-up") {
  const auto net = some_net([](auto... layers) { return Sequential{layers...}; });
  Dataset<> data = some_data();
  data.weights = Vector<>::LinSpaced(data.samples(), 0, 1);
  data.y(0, 7) = ignored_class;
  for (const int threads : {1, 2}) CHECK(allocations_in_fit(net, threads, data) == 0);
}

TEST_CASE("Conv2D: a step allocates nothing after warm-up") {
  Rng rng{1};
  const Sequential net{Conv2D{1, 6, rng, {.padding = 1}},
                       ReLU{},
                       MaxPool2D{{.kernel = 2}},
                       Conv2D{6, 4, rng, {.stride = 2, .groups = 2}},
                       Conv2D{4, 4, rng, {.padding = 1, .groups = 4}},
                       AveragePool2D{{.kernel = 2}},
                       ConvTranspose2D{4, 4, rng, {.kernel = 2, .stride = 2}},
                       GroupNorm{2, 4},
                       ZeroPad2D{{1, 1, 0, 0}},
                       Upsample{{.interpolation = Interpolation::bilinear}},
                       InstanceNorm{4},
                       GlobalAveragePool{},
                       Dense{4, 3, rng}};
  Dataset<> data = some_data();
  data.shape = {1, 28, 28};
  for (const int threads : {1, 2}) CHECK(allocations_in_fit(net, threads, data) == 0);
}

TEST_CASE("MultiHeadAttention: a step allocates nothing after warm-up") {
  Rng rng{1};
  const Sequential net{
      Dense{28, 16, rng},   PositionEmbedding{28, 16, rng},
      PositionalEncoding{}, encoder_block(16, rng, {.heads = 2, .keep = 0.9, .rotary = Rotary::halves}),
      RMSNorm{16},          GlobalAveragePool{},
      Dense{16, 3, rng}};
  Dataset<> data = some_data();
  data.shape = {28, 1, 28};
  for (const int threads : {1, 2}) CHECK(allocations_in_fit(net, threads, data) == 0);
}

TEST_CASE("Recurrent: a step on sequences of different lengths allocates nothing after warm-up") {
  Rng rng{1};
  Dataset<> data = some_data();
  data.shape = {.channels = 1, .width = 28};
  data.x = data.x.topRows(28).eval();
  data.y = data.y.replicate(28, 1).eval();
  for (float& v : data.x.reshaped()) v = static_cast<float>(rng.below(5));
  for (Index j = 0; j < data.samples(); ++j) data.lengths.push_back(rng.below(29));
  const Sequential net{
      Embedding{5, 8, rng}, LSTM{8, 12, rng, {.layers = 2, .bidirectional = true, .keep = 0.9}},
      GRU{24, 16, rng},     GRU{16, 16, rng, {.reset = GRUReset::before}},
      RNN{16, 16, rng},     Dense{16, 3, rng}};
  for (const int threads : {1, 2}) CHECK(allocations_in_fit(net, threads, data) == 0);
}

TEST_CASE("Trainer: a step with frozen layers, and its published model, allocate nothing after warm-up") {
  const Dataset<> data = some_data();
  const auto count_in = [&](auto net) {
    FitOptions<decltype(net)> options{.regularizer = L2{}};
    options.frozen = {"0", "1"};
    options.rate_factors = {{"4", 0.5}};
    Trainer trainer{net, SoftmaxCrossEntropy{}, Adam{}, options};
    Snapshots snapshots{trainer.model};
    trainer.step(data.x, data.y);
    snapshots.publish(trainer.model);
    trainer.step(data.x, data.y);
    const CountAllocations count;
    trainer.step(data.x, data.y);
    snapshots.publish(trainer.model);
    snapshots.newest();
    return count.own();
  };
  CHECK(count_in(some_net([](auto... layers) { return Sequential{layers...}; })) == 0);
  CHECK(count_in(some_net([](auto... layers) { return DynamicSequential<>{layers...}; })) == 0);
}

TEST_CASE("Sequential: inference with a reused cache allocates nothing") {
  const auto net = some_net([](auto... layers) { return Sequential{layers...}; });
  decltype(net)::Cache cache;
  const Matrix<> x = Matrix<>::Ones(features, 1);
  net.forward(x, cache, Pass::inference());
  const CountAllocations count;
  net.forward(x, cache, Pass::inference());
  CHECK(count.own() == 0);
}
