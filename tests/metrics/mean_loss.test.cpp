#include "descent/metrics/mean_loss.hpp"

#include <cmath>
#include <vector>

#include "catch.hpp"
#include "descent/inference/evaluate.hpp"
#include "descent/losses/mean_absolute_error.hpp"
#include "descent/losses/softmax_cross_entropy.hpp"
#include "descent/metrics/any_metric.hpp"
#include "descent/optimizers/adam.hpp"
#include "descent/training/fit.hpp"
#include "support.hpp"

namespace mean_loss_test {

using namespace descent;
using Catch::Matchers::WithinRel;

namespace {

/// A custom loss without a name.
struct Nameless {
  WeightedSum value(Batch<>, Batch<>, SampleWeights<>) const { return {}; }
  WeightedSum value_and_gradient(Batch<>, Batch<>, Matrix<>&, SampleWeights<>) const { return {}; }
};

}  // namespace

TEST_CASE("MeanLoss: is the mean over samples for any split into batches") {
  MeanLoss metric{MeanAbsoluteError{}};
  metric.update(Matrix<double>{{1, 2, 3}}, Matrix<double>{{0, 0, 0}});
  metric.update(Matrix<double>{{10}}, Matrix<double>{{0}});
  CHECK(metric.value() == 16 / 4.0);
  CHECK(std::isnan(MeanLoss{MeanAbsoluteError{}}.value()));
}

TEST_CASE("MeanLoss: has the name of the loss in snake case") {
  CHECK(MeanLoss{MeanAbsoluteError{}}.name == "mean_absolute_error");
  CHECK(MeanLoss<SoftmaxCrossEntropy>{.loss = {}, .name = "log_loss"}.name == "log_loss");
}

TEST_CASE("AnyMetric: converts from a loss") {
  const std::vector<AnyMetric<>> metrics{SoftmaxCrossEntropy{.label_smoothing = 0.1}, MeanAbsoluteError{}};
  CHECK(metrics[0].name() == "softmax_cross_entropy");
  CHECK(metrics[1].name() == "mean_absolute_error");
  STATIC_REQUIRE(Loss<Nameless, float>);
}

TEST_CASE("fit: measures a loss other than the training loss") {
  const auto data = support::three_clouds(60);
  auto net = support::plain_net();
  const History history =
      fit(net, data, SoftmaxCrossEntropy{.label_smoothing = 0.2}, Adam{},
          {.epochs = 2, .validation = &data, .metrics = {SoftmaxCrossEntropy{}}, .progress = silent});
  CHECK_THAT(history["val_softmax_cross_entropy"].back(),
             WithinRel(evaluate(net, data, SoftmaxCrossEntropy{}), 1e-6));
}

}  // namespace mean_loss_test
