#include "descent/descent.hpp"

#include "support.hpp"
#include "temporary_folder.hpp"

namespace threads_test {

using namespace descent;

namespace {

/// Large enough that every kind of operation is divided, and odd, so that the parts are unequal.
constexpr Index batch_size = 333;

auto some_net() {
  Rng rng{1};
  return Sequential{Dense<double>{64, 150, rng, Bias::none},
                    BatchNorm<double>{150},
                    ReLU<double>{},
                    Dropout<double>{{.keep = 0.8}},
                    Dense<double>{150, 130, rng},
                    LayerNorm<double>{130},
                    Tanh<double>{},
                    Residual{Dense<double>{130, 130, rng}},
                    PReLU<double>{130},
                    BatchNorm<double>{130, {.running_variance = Variance::unbiased}},
                    Dense<double>{130, 3, rng}};
}
using Net = decltype(some_net());

Dataset<double> some_data(Index samples) {
  Rng rng{2};
  Dataset<double> data{.x = Matrix<double>(64, samples), .y = Matrix<double>(1, samples)};
  for (double& v : data.x.reshaped()) v = 5 + rng.normal();
  for (double& v : data.y.reshaped()) v = static_cast<double>(rng.below(3));
  return data;
}

FitOptions<Net> with(int threads) {
  return {.epochs = 2,
          .batch_size = batch_size,
          .metrics = {Accuracy{}},
          .regularizer = ElasticNet{.l1 = 0.01, .l2 = 0.1},
          .clip = ClipByGlobalNorm{.limit = 0.5},
          .constraint = MaxNorm{.limit = 1},
          .accumulate = 2,
          .average_weights = 0.9,
          .threads = threads,
          .seed = 3,
          .progress = silent};
}

/// All numbers of a model, state included.
std::vector<double> numbers(const Net& net) {
  std::vector<double> all;
  visit_leaves(net, [&](const Leaf<const double>& leaf) {
    all.insert(all.end(), leaf.data, leaf.data + leaf.size());
  });
  return all;
}

}  // namespace

TEST_CASE("Threads: any number of threads trains to the same bits", "[training][threads]") {
  const Dataset data = some_data(5 * batch_size + 150), dev = some_data(700);
  const auto train = [&](int threads) {
    FitOptions<Net> options = with(threads);
    options.validation = &dev;
    Trainer trainer{some_net(), SoftmaxCrossEntropy{}, Adam{}, options};
    trainer.run(data);
    return std::tuple{numbers(trainer.model), numbers(trainer.best_model()), trainer.history()["accuracy"],
                      trainer.history()["loss"], trainer.history()["val_loss"]};
  };
  const auto expected = train(1);
  for (const int threads : {2, 3, 5, 8}) {
    CAPTURE(threads);
    CHECK(train(threads) == expected);
  }
}

TEST_CASE("Threads: a run resumes with another number of threads to the same bits", "[training][threads]") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path / "run").string();
  const Dataset data = some_data(3 * batch_size);
  Trainer whole{some_net(), SoftmaxCrossEntropy{}, Adam{}, with(1)};
  whole.run(data, 4);

  Trainer first{some_net(), SoftmaxCrossEntropy{}, Adam{}, with(3)};
  first.run(data, 2);
  first.save(path);
  FitOptions<Net> options = with(2);
  options.resume_from = path;
  Trainer second{some_net(), SoftmaxCrossEntropy{}, Adam{}, options};
  second.run(data, 1);
  second.options.threads = 1;
  second.run(data, 1);
  CHECK(numbers(second.model) == numbers(whole.model));
}

TEST_CASE("Threads: augmentation gives the same bits", "[training][threads]") {
  Rng rng{1};
  const Sequential net{Dense<double>{3 * 12 * 12, 200, rng}, ReLU<double>{}, Dense<double>{200, 3, rng}};
  Dataset<double> data = some_data(400);
  data.x = Matrix<double>::NullaryExpr(3 * 12 * 12, 400, [&] { return rng.normal(); });
  const auto train = [&](int threads) {
    auto copy = net;
    fit(copy, data, SoftmaxCrossEntropy{}, Adam{},
        {.epochs = 1,
         .batch_size = 200,
         .augment =
             Augment{{.channels = 3, .height = 12, .width = 12}, RandomFlip{}, RandomNoise{.deviation = 0.1}},
         .threads = threads,
         .progress = silent});
    return Matrix<double>{copy.layer<0>().weight};
  };
  const auto expected = train(1);
  for (const int threads : {2, 3}) CHECK(train(threads) == expected);
}

TEST_CASE("Threads: a loss of many outputs gives the same bits", "[training][threads]") {
  Rng rng{1};
  const Sequential net{Dense<double>{64, 32, rng}, Tanh<double>{}, Dense<double>{32, 400, rng}};
  const Matrix<double> x = some_data(batch_size).x, y = Matrix<double>::Constant(400, batch_size, 0.25);
  const auto train = [&](const auto& loss, int threads) {
    Trainer trainer{net, loss, Adam{}, {.threads = threads, .progress = silent}};
    const double first = trainer.step(x, y), second = trainer.step(x, y);
    return std::tuple{first, second, trainer.model.template layer<2>().weight};
  };
  for (const int threads : {2, 3, 5}) {
    CHECK(train(MeanSquaredError{}, threads) == train(MeanSquaredError{}, 1));
    CHECK(train(SigmoidCrossEntropy{}, threads) == train(SigmoidCrossEntropy{}, 1));
  }
}

TEST_CASE("Threads: a small batch is computed by a single thread", "[training][threads]") {
  Rng rng{1};
  const Sequential net{Dense<double>{2, 3, rng}};
  const Matrix<double> x = Matrix<double>::Random(2, 8), y = Matrix<double>::Random(3, 8);
  const auto step = [&](int threads) {
    Trainer trainer{net, MeanSquaredError{}, Adam{}, {.threads = threads, .progress = silent}};
    trainer.step(x, y);
    return trainer.model;
  };
  CHECK(step(1).layer<0>().weight == step(4).layer<0>().weight);
}

TEST_CASE("Threads: many short runs end with the same bits", "[training][threads]") {
  // A pool of threads per run, and more threads than the machine has. The batch is just large enough to be divided.
#ifdef __OPTIMIZE__
  constexpr int runs = 1000;
#else
  constexpr int runs = 30;  // without optimization and with a sanitizer a run takes 100 times as long
#endif
  Rng rng{1};
  const Sequential net{Dense<float>{64, 256, rng}, ReLU<float>{}, Dense<float>{256, 3, rng}};
  Dataset<float> data{.x = Matrix<float>(64, 201), .y = Matrix<float>(1, 201)};
  for (float& v : data.x.reshaped()) v = static_cast<float>(rng.normal());
  for (float& v : data.y.reshaped()) v = static_cast<float>(rng.below(3));
  const auto train = [&](int threads) {
    auto copy = net;
    fit(copy, data, SoftmaxCrossEntropy{}, Adam{},
        {.epochs = 1, .batch_size = 100, .threads = threads, .seed = 4, .progress = silent});
    return std::pair{copy.layer<0>().weight, copy.layer<2>().weight};
  };
  const auto expected = train(1);
  int differ = 0;
  for (int run = 0; run < runs; ++run) differ += train(2 + run % 7) != expected;
  CHECK(differ == 0);
}

TEST_CASE("Threads: errors of a worker reach the caller", "[training][threads]") {
  const Dataset data = some_data(2 * batch_size);
  Net net = some_net();
  CHECK_THROWS_WITH(fit(net, data, SoftmaxCrossEntropy{}, Adam{}, with(0)),
                    Catch::Matchers::ContainsSubstring("expected .threads of at least 1"));
  Matrix<double> y = data.y;
  y(0, batch_size - 1) = 7;
  Trainer trainer{net, SoftmaxCrossEntropy{}, Adam{}, with(2)};
  CHECK_THROWS_AS(trainer.step(data.x.leftCols(batch_size), Matrix<double>{y.leftCols(batch_size)}),
                  DataError);
  Matrix<double> x = data.x.leftCols(batch_size);
  x(3, batch_size - 1) = std::numeric_limits<double>::quiet_NaN();
  y = data.y.leftCols(batch_size);
  CHECK_THROWS_WITH(trainer.step(x, y), Catch::Matchers::ContainsSubstring("the output of layer \"0\""));
  x = data.x.leftCols(batch_size);
  CHECK(std::isfinite(trainer.step(x, y)));
}

}  // namespace threads_test
