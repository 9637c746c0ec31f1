#include "descent/descent.hpp"

#include "support.hpp"

namespace threads_test {

using namespace descent;

namespace {

/// Large enough for several threads: 10 million operations per step.
constexpr Index batch_size = 160;

/// No biases before batch normalization: their gradient is rounding error only, which some optimizers amplify.
auto some_net() {
  Rng rng{1};
  return Sequential{Dense<double>{64, 100, rng, Bias::none},
                    BatchNorm<double>{100},
                    ReLU<double>{},
                    Dropout<double>{{.keep = 0.8}},
                    Dense<double>{100, 50, rng},
                    LayerNorm<double>{50},
                    Tanh<double>{},
                    BatchNorm<double>{50, {.running_variance = Variance::unbiased}},
                    Dense<double>{50, 3, rng}};
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
  return {.epochs = 3,
          .batch_size = batch_size,
          .metrics = {Accuracy{}},
          .regularizer = L2{.lambda = 0.1},
          .threads = threads,
          .seed = 3,
          .progress = silent};
}

double difference(const Net& a, const Net& b) {
  double largest = 0;
  visit_flat([&](auto p, auto q) { largest = std::max(largest, (p - q).abs().maxCoeff()); }, a, b);
  visit_state<Net>(
      [&](const Parameter&, auto& p, auto& q) { largest = std::max(largest, (p - q).cwiseAbs().maxCoeff()); },
      a, b);
  return largest;
}

}  // namespace

// With a learning rate of 1, a step of gradient descent is the negative gradient.
TEST_CASE("Threads: several workers compute the gradient of a single thread up to rounding",
          "[training][threads]") {
  const Dataset data = some_data(batch_size);
  const auto step = [&](int threads) {
    Trainer trainer{some_net(), SoftmaxCrossEntropy{}, GradientDescent{.learning_rate = 1.0}, with(threads)};
    const double objective = trainer.step(data.x, data.y);
    return std::pair{trainer.model, objective};
  };
  const auto [single, objective] = step(1);
  for (const int threads : {2, 3, 5}) {
    const auto [parallel, same_objective] = step(threads);
    CHECK(difference(single, parallel) < 1e-12);
    CHECK(std::abs(objective - same_objective) < 1e-12);
    // Sums in another order round differently: no difference would mean a single thread.
    CHECK(difference(single, parallel) > 0);
  }
}

TEST_CASE("Threads: equal seeds and numbers of threads give equal bits", "[training][threads]") {
  const Dataset data = some_data(3 * batch_size + 150);
  const auto train = [&](int threads) {
    Net net = some_net();
    const History history = fit(net, data, SoftmaxCrossEntropy{}, Adam{}, with(threads));
    return std::pair{net, history["accuracy"]};
  };
  const auto [first, accuracy] = train(2);
  const auto [again, same_accuracy] = train(2);
  CHECK(difference(first, again) == 0);
  CHECK(accuracy == same_accuracy);
  const auto [single, accuracy_of_single] = train(1);
  CHECK(difference(first, single) < 1e-9);  // 12 steps of Adam from gradients that differ by rounding
}

TEST_CASE("Threads: the number may change between runs", "[training][threads]") {
  const Dataset data = some_data(2 * batch_size);
  Trainer trainer{some_net(), SoftmaxCrossEntropy{}, Adam{}, with(2)};
  trainer.run(data, 2);
  const auto snapshot = trainer;
  trainer.options.threads = 1;
  trainer.run(data, 1);
  auto from_snapshot = snapshot;
  from_snapshot.run(data, 1);
  CHECK(difference(trainer.model, from_snapshot.model) < 1e-9);
  CHECK(trainer.history()["loss"].size() == 3);
}

TEST_CASE("Threads: every optimizer takes the step of a single thread", "[training][threads]") {
  const Dataset data = some_data(batch_size);
  const auto agrees = [&](const auto& optimizer) {
    const auto trained = [&](int threads) {
      Trainer trainer{some_net(), SoftmaxCrossEntropy{}, optimizer, with(threads)};
      for (int i = 0; i < 3; ++i) trainer.step(data.x, data.y);
      return trainer.model;
    };
    CHECK(difference(trained(1), trained(2)) < 1e-9);
  };
  agrees(Momentum{});
  agrees(Nesterov{});
  agrees(Adagrad{.learning_rate = 0.01});
  agrees(Adadelta{});
  agrees(RMSprop{.epsilon = 1e-4, .centered = true, .momentum = 0.5});
  agrees(AMSGrad{});
  agrees(AdamW{});
  agrees(Adamax{});
  agrees(Nadam{});
  agrees(LBFGS{.learning_rate = 0.1});
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

TEST_CASE("Threads: errors of a worker reach the caller", "[training][threads]") {
  const Dataset data = some_data(2 * batch_size);
  Net net = some_net();
  CHECK_THROWS_WITH(fit(net, data, SoftmaxCrossEntropy{}, Adam{}, with(0)),
                    Catch::Matchers::ContainsSubstring("expected .threads of at least 1"));
  Matrix<double> y = data.y;
  y(0, batch_size - 1) = 7;  // in the part of the second worker
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
