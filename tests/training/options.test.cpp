#include "descent/training/options.hpp"

#include <cmath>
#include <set>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "descent/descent.hpp"
#include "support.hpp"

namespace options_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace {

Dense<double> some_dense() {
  Rng rng{1};
  return {2, 3, rng};
}
/// Counts the different predictions, of which it takes the first in each mini-batch.
struct Different {
  static constexpr std::string_view name = "different";
  std::set<double> predictions;
  void update(Batch<double> prediction, Batch<double>, SampleWeights<double>) {
    predictions.insert(prediction(0, 0));
  }
  void merge(const Different& other) {
    predictions.insert(other.predictions.begin(), other.predictions.end());
  }
  double value() const { return static_cast<double>(predictions.size()); }
};
const auto clouds = [](Index samples) { return support::three_clouds<double>(samples); };

}  // namespace

TEST_CASE("FitOptions: accumulated gradients give the step of one large batch") {
  // 50 samples in batches of 8: steps of 32 and 18 samples, with a smaller last batch.
  const Dataset<double> data = clouds(50);
  Dense<double> small = some_dense(), large = some_dense();
  const GradientDescent descent{.learning_rate = 0.5};
  FitOptions<Dense<double>> options{.epochs = 2, .batch_size = 8, .shuffle = false, .progress = silent};
  options.accumulate = 4;
  options.regularizer = L2{.lambda = 1};
  fit(small, data, SoftmaxCrossEntropy{}, descent, options);
  options.accumulate = 1;
  options.batch_size = 32;
  fit(large, data, SoftmaxCrossEntropy{}, descent, options);
  CHECK((small.weight - large.weight).norm() < 1e-14);  // the order of summation
  CHECK((small.bias - large.bias).norm() < 1e-14);
}

TEST_CASE("FitOptions: each accumulated mini-batch has its own dropout mask") {
  const Dataset<double> data{.x = Matrix<double>::Ones(16, 8), .y = Matrix<double>::Zero(1, 8)};
  Rng rng{1};
  Sequential net{Dropout<double>{{.keep = 0.5}}, Dense<double>{16, 1, rng}};
  const History history =
      fit(net, data, MeanSquaredError{}, GradientDescent{},
          {.epochs = 1, .batch_size = 1, .metrics = {Different{}}, .accumulate = 8, .progress = silent});
  CHECK(history["different"].back() >= 7);
}

TEST_CASE("FitOptions: the gradient is clipped before the step and the weights are constrained after it") {
  const Dataset<double> data = clouds(30);
  const Dense<double> before = some_dense();
  Dense<double> clipped = before;
  FitOptions<Dense<double>> options{.epochs = 1, .batch_size = full_batch, .progress = silent};
  options.clip = ClipByGlobalNorm{.limit = 1e-3};
  fit(clipped, data, SoftmaxCrossEntropy{}, GradientDescent{.learning_rate = 1}, options);
  const double moved =
      std::sqrt((clipped.weight - before.weight).squaredNorm() + (clipped.bias - before.bias).squaredNorm());
  CHECK_THAT(moved, WithinAbs(1e-3, 1e-15));

  Dense<double> limited = before;
  options.constraint = MaxNorm{.limit = 0.01};
  fit(limited, data, SoftmaxCrossEntropy{}, GradientDescent{}, options);
  CHECK(limited.weight.rowwise().norm().maxCoeff() <= 0.01 * (1 + 1e-12));
}

TEST_CASE("FitOptions: the average of the weights is evaluated and returned") {
  const Dataset<double> data = clouds(40);
  const auto train = [&](double share) {
    Trainer trainer{
        some_dense(), SoftmaxCrossEntropy{}, GradientDescent{.learning_rate = 1},
        FitOptions<Dense<double>>{.epochs = 1, .batch_size = 10, .validation = &data, .progress = silent}};
    trainer.options.average_weights = share;
    std::vector<Matrix<double>> path;
    trainer.options.on_step_end = {[&](const auto&) { path.push_back(trainer.model.weight); }};
    trainer.run(data);
    return std::pair{trainer, path};
  };
  const auto [trainer, path] = train(0.5);
  Matrix<double> mean = path[0];
  for (std::size_t i = 1; i < path.size(); ++i) mean = 0.5 * mean + 0.5 * path[i];
  CHECK((trainer.evaluated_model().weight - mean).norm() < 1e-14);
  CHECK(trainer.history()["val_loss"].back() ==
        evaluate(trainer.evaluated_model(), data, SoftmaxCrossEntropy{}));
  CHECK(trainer.model.weight == train(0).first.model.weight);  // training is unaffected

  Dense<double> net = some_dense();
  FitOptions<Dense<double>> options{.epochs = 1, .batch_size = 10, .progress = silent};
  options.average_weights = 0.5;
  fit(net, data, SoftmaxCrossEntropy{}, GradientDescent{.learning_rate = 1}, options);
  CHECK(net.weight == trainer.evaluated_model().weight);
}

TEST_CASE(
    "Augmentation: it receives each batch with the indices of its samples and does not change the data") {
  Dataset<double> data{.x = Matrix<double>(1, 5), .y = Matrix<double>::Zero(1, 5)};
  data.x << 0, 1, 2, 3, 4;
  const Matrix<double> before = data.x;
  Rng rng{1};
  Dense<double> net{1, 1, rng};
  FitOptions<Dense<double>> options{.epochs = 2, .batch_size = 2, .seed = 9, .progress = silent};
  std::vector<std::int64_t> epochs;
  options.augment = [&](Matrix<double>& x, std::span<const Index> samples, std::uint64_t seed,
                        std::int64_t epoch) {
    for (std::size_t j = 0; j < samples.size(); ++j)
      CHECK(x(0, static_cast<Index>(j)) == static_cast<double>(samples[j]));
    CHECK(seed == 9);
    epochs.push_back(epoch);
    x.setConstant(100);
  };
  fit(net, data, MeanSquaredError{}, GradientDescent{.learning_rate = 0}, options);
  CHECK(epochs == std::vector<std::int64_t>{0, 0, 0, 1, 1, 1});
  CHECK(data.x == before);
}

TEST_CASE("FitOptions: invalid options are rejected by name") {
  const Dataset<double> data = clouds(40);
  Dense<double> net = some_dense();
  const auto message = [&](auto change) {
    FitOptions<Dense<double>> options{.progress = silent};
    change(options);
    return support::message_of<DataError>([&] { fit(net, data, SoftmaxCrossEntropy{}, Adam{}, options); });
  };
  CHECK_THAT(message([](auto& o) { o.accumulate = 0; }),
             ContainsSubstring("expected .accumulate of at least 1, got 0"));
  CHECK_THAT(message([](auto& o) {
               o.metrics = {Accuracy{}, Accuracy{}};
             }),
             ContainsSubstring("expected metrics with different names, got two of \"accuracy\""));
  CHECK_THAT(message([](auto& o) { o.average_weights = 1; }),
             ContainsSubstring("expected .average_weights in [0, 1), got 1"));
  CHECK_THAT(message([](auto& o) { o.reduce_on_plateau = ReduceOnPlateau{.factor = 2}; }),
             ContainsSubstring("ReduceOnPlateau: expected .factor in [0, 1), got 2"));
  CHECK_THAT(message([](auto& o) { o.early_stopping = EarlyStopping{.monitor = "loss", .patience = -1}; }),
             ContainsSubstring("expected .patience of 0 or more, got -1"));
}

}  // namespace options_test
