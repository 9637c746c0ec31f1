#include "descent/descent.hpp"

#include "support.hpp"

namespace threads_test {

using namespace descent;

namespace {

/// Large enough to be shared: 10 million operations a step.
constexpr Index batch_size = 160;

/// Without biases before batch normalisation: their gradient is all rounding, which some optimizers blow up.
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

// With a learning rate of 1, gradient descent moves the weights by the gradient itself.
TEST_CASE("A team finds the gradient of a single thread, to rounding", "[training][threads]") {
  const Dataset data = some_data(batch_size);
  const auto step = [&](int threads) {
    Trainer trainer{some_net(), SoftmaxCrossEntropy{}, GradientDescent{.learning_rate = 1.0}, with(threads)};
    const double cost = trainer.step(data.x, data.y);
    return std::pair{trainer.model, cost};
  };
  const auto [alone, cost] = step(1);
  for (const int threads : {2, 3, 5}) {
    const auto [shared, same_cost] = step(threads);
    CHECK(difference(alone, shared) < 1e-12);
    CHECK(std::abs(cost - same_cost) < 1e-12);
    CHECK(difference(alone, shared) > 0);  // or it was not shared: sums in another order round otherwise
  }
}

TEST_CASE("The same seed and number of threads give the same bits", "[training][threads]") {
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
  const auto [alone, accuracy_alone] = train(1);
  CHECK(difference(first, alone) < 1e-9);  // 12 steps of Adam from gradients that differ by rounding
}

TEST_CASE("The number of threads may change between runs", "[training][threads]") {
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

TEST_CASE("Every optimizer takes its step in parts", "[training][threads]") {
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

TEST_CASE("A small step is not shared", "[training][threads]") {
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

TEST_CASE("What goes wrong in a thread is told as ever", "[training][threads]") {
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
