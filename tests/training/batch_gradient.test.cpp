#include "descent/training/batch_gradient.hpp"

#include <descent/descent.hpp>
#include <descent/diagnosis/gradient_check.hpp>
#include <vector>

#include "catch.hpp"

// Sequences with padding, from the data set to the gradient.

namespace batch_gradient_test {

using namespace descent;
using Catch::Approx;

namespace {

constexpr Index samples = 12, features = 2;

/// Sequences of 0 to 5 time steps in `width` steps, with a class at each, and `padding` elsewhere.
Dataset<double> sequences(Index width, double padding) {
  Rng rng{3};
  Dataset<double> data{.x = Matrix<double>::Constant(features * width, samples, padding),
                       .y = Matrix<double>::Constant(width, samples, padding),
                       .shape = {.channels = features, .width = width}};
  for (Index j = 0; j < samples; ++j) {
    data.lengths.push_back(j % 6);
    for (Index t = 0; t < j % 6; ++t) {
      for (Index i = 0; i < features; ++i) data.x(t * features + i, j) = rng.normal();
      data.y(t, j) = data.x(t * features, j) > 0 ? 1 : 0;
    }
  }
  return data;
}

auto network() {
  Rng rng{1};
  return Sequential{Dense<double>{features, 6, rng},
                    BatchNorm<double>{6},
                    Tanh<double>{},
                    LSTM<double>{6, 5, rng, {.bidirectional = true}},
                    Concat{Identity<double>{}, LayerNorm<double>{10}},
                    Dropout<double>{{.keep = 0.9}},
                    Residual{Dense<double>{20, 20, rng}},
                    Dense<double>{20, 2, rng}};
}

std::vector<double> trained(const Dataset<double>& data, int threads = 1) {
  auto net = network();
  const History history = fit(net, data, SoftmaxCrossEntropy{}, Adam{},
                              {.epochs = 3,
                               .batch_size = 4,
                               .validation = &data,
                               .metrics = {Accuracy{}},
                               .threads = threads,
                               .progress = silent});
  std::vector<double> numbers;
  visit_leaves(net,
               [&](const auto& leaf) { numbers.insert(numbers.end(), leaf.data, leaf.data + leaf.size()); });
  for (const std::string name : {"loss", "accuracy", "val_loss", "val_accuracy"})
    for (const double value : history[name]) numbers.push_back(value);
  return numbers;
}

}  // namespace

TEST_CASE("BatchGradient: no number in the padding changes a bit of the training") {
  const std::vector<double> zeros = trained(sequences(6, 0));
  CHECK(trained(sequences(6, -1e3)) == zeros);
  CHECK(trained(sequences(6, 3e200)) == zeros);
  CHECK(trained(sequences(6, -1e3), 2) == zeros);
}

TEST_CASE("BatchGradient: the gradient of padded sequences is that of the loss") {
  const Dataset<double> data = sequences(6, 0.7);
  Rng rng{1};
  const Sequential net{Dense<double>{features, 4, rng}, BatchNorm<double>{4}, Tanh<double>{},
                       Concat{Identity<double>{}, LayerNorm<double>{4}}, Dense<double>{8, 2, rng}};
  const GradientReport steps = check_gradient(net, SoftmaxCrossEntropy{}, data.inputs(), data.y);
  CAPTURE(steps);
  CHECK(steps.relative_difference < 1e-7);
  const Sequential pooled{net, GlobalAveragePool<double>{}};
  Matrix<double> classes = data.y.topRows(1);
  for (double& c : classes.reshaped()) c = c > 0.5 ? 1 : 0;
  const GradientReport whole = check_gradient(pooled, SoftmaxCrossEntropy{}, data.inputs(), classes);
  CAPTURE(whole);
  CHECK(whole.relative_difference < 1e-7);
}

TEST_CASE("BatchGradient: a mini-batch of empty sequences takes part with weight 0") {
  Dataset<double> data = sequences(6, 0);
  for (std::size_t j = 0; j < 8; ++j) data.lengths[j] = 0;
  Rng rng{1};
  Sequential net{GRU<double>{features, 4, rng}, Dense<double>{4, 2, rng}};
  const History history =
      fit(net, data, SoftmaxCrossEntropy{}, Adam{},
          {.epochs = 2, .batch_size = 4, .metrics = {Accuracy{}}, .shuffle = false, .progress = silent});
  CHECK(history["accuracy"].back() >= 0);
}

TEST_CASE("BatchGradient: the mean is over the time steps of all sequences") {
  const Dataset<double> data = sequences(6, 0);
  const auto net = network();
  const Matrix<double> p = predict(net, data.inputs());
  double sum = 0, right = 0, steps = 0;
  for (Index j = 0; j < samples; ++j)
    for (Index t = 0; t < data.lengths[static_cast<std::size_t>(j)]; ++t, ++steps) {
      const double margin = p(2 * t + 1, j) - p(2 * t, j), sign = data.y(t, j) == 1 ? 1 : -1;
      sum += std::log1p(std::exp(-sign * margin));
      right += sign * margin > 0;
    }
  CHECK(steps == 30);  // 2 (0 + 1 + 2 + 3 + 4 + 5)
  CHECK(evaluate(net, data, SoftmaxCrossEntropy{}) == Approx(sum / steps).epsilon(1e-12));
  CHECK(evaluate(net, data, Accuracy{}) == Approx(right / steps).epsilon(1e-12));
}

TEST_CASE("BatchGradient: sequences of the same width have the loss of their time steps") {
  Dataset<double> data = sequences(6, 0);
  data.lengths.clear();
  data.weights = Vector<double>::LinSpaced(samples, 0, 1);
  const auto net = network();
  const Matrix<double> p = predict(net, data.inputs());
  Dataset<double> steps{.x = p.reshaped(2, 6 * samples), .y = data.y.reshaped(1, 6 * samples)};
  for (Index k = 0; k < 6 * samples; ++k)
    steps.weights.conservativeResize(k + 1), steps.weights[k] = data.weights[k / 6];
  CHECK(evaluate(net, data, SoftmaxCrossEntropy{}) ==
        Approx(evaluate(Identity<double>{}, steps, SoftmaxCrossEntropy{})).epsilon(1e-12));
}

TEST_CASE("predict: outputs in the padding are 0, and classes are those of time steps") {
  const Dataset<double> data = sequences(6, 5);
  const auto net = network();
  const Matrix<double> p = predict(net, data.inputs());
  for (Index j = 0; j < samples; ++j) CHECK(p.col(j).tail(2 * (6 - j % 6)).isZero(0));
  const std::vector<Index> classes = predict_classes(net, data.inputs());
  CHECK(classes.size() == 6 * samples);
  CHECK(classes[6 * 5 + 1] == (p(3, 5) > p(2, 5) ? 1 : 0));
}

TEST_CASE("Dataset: lengths stay with their samples and are checked") {
  Dataset<double> data = sequences(6, 0);
  CHECK(data.subset(std::vector<Index>{5, 0, 4}).lengths == std::vector<Index>{5, 0, 4});
  const auto parts = split(data, {.train = 0.5, .dev = 0.25, .seed = 1});
  for (const Dataset<double>* part : {&parts.train, &parts.dev, &parts.test})
    for (Index j = 0; j < part->samples(); ++j) {
      const Index length = part->inputs().length(j);
      CHECK(part->x.col(j).tail(features * (6 - length)).isZero(0));
      CHECK((length == 0 || part->x(features * length - 1, j) != 0));
    }
  data.lengths[2] = 7;
  CHECK_THROWS_AS(data.inputs(), DataError);
  data.lengths.pop_back();
  CHECK_THROWS_AS(data.inputs(), ShapeError);
  CHECK_THROWS_AS(trained(data), ShapeError);
}

TEST_CASE("Layer: one that combines time steps refuses padding") {
  const Dataset<double> data = sequences(6, 0);
  Rng rng{1};
  const auto refuses = [&](const auto& layer) {
    typename std::remove_cvref_t<decltype(layer)>::Cache cache;
    CHECK_THROWS_AS(layer.forward(data.inputs(), cache, Pass::inference()), ShapeError);
  };
  refuses(Flatten<double>{});
  refuses(Reshape<double>{{.channels = 4, .width = 3}});
  refuses(Dense<double>{12, 1, rng});
  refuses(BatchNorm<double>{12});
  refuses(Conv2D<double>{2, 3, rng, {.kernel = {1, 3}}});
  refuses(MaxPool2D<double>{{.kernel = {1, 2}}});
  refuses(Conv1D<double>{2, 3, rng, {.kernel = 3}});
  refuses(ConvTranspose2D<double>{2, 3, rng, {.kernel = {1, 3}}});
  refuses(Upsample<double>{{.factor = {1, 2}}});
  refuses(ZeroPad2D<double>{1});
  refuses(GroupNorm<double>{1, 2});
  refuses(InstanceNorm<double>{2});
}

TEST_CASE("GlobalAveragePool: the mean is over the time steps without the padding") {
  const Matrix<double> x{{1, 2}, {3, 4}, {5, 1e9}}, dy{{6, 8}};
  const std::vector<Index> lengths{3, 2};
  const Batch<double> batch = Batch<double>{x, Shape{.channels = 1, .width = 3}}.with_lengths(lengths);
  GlobalAveragePool<double> pool, gradient;
  GlobalAveragePool<double>::Cache cache;
  CHECK(pool.forward(batch, cache, Pass::inference()) == Matrix<double>{{3, 3}});
  CHECK(pool.backward(batch, dy, cache, gradient, Pass::inference()) ==
        Matrix<double>{{2, 4}, {2, 4}, {2, 0}});
}

}  // namespace batch_gradient_test
