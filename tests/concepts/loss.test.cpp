#include "descent/concepts/loss.hpp"

#include "catch.hpp"
#include "descent/losses.hpp"
#include "descent/metrics.hpp"

namespace loss_test {

using namespace descent;

namespace {

struct SumOfErrors {
  WeightedSum value(Batch<> p, Batch<> t, SampleWeights<>) const {
    return {static_cast<double>((p - t).sum()), static_cast<double>(p.cols())};
  }
  WeightedSum value_and_gradient(Batch<> p, Batch<> t, Matrix<>& dy, SampleWeights<> weights) const {
    dy.setOnes(p.rows(), p.cols());
    return value(p, t, weights);
  }
};
struct LossWithoutGradient {
  WeightedSum value(Batch<>, Batch<>, SampleWeights<>) const { return {}; }
};
struct LossWithoutValue {
  WeightedSum value_and_gradient(Batch<>, Batch<>, Matrix<>&, SampleWeights<>) const { return {}; }
};
struct LossIsAMean : SumOfErrors {
  double value(Batch<>, Batch<>, SampleWeights<>) const { return 0; }
};
struct LossWithoutWeights : SumOfErrors {
  WeightedSum value(Batch<>, Batch<>) const { return {}; }
};

}  // namespace

TEST_CASE("Loss: requires value and value_and_gradient") {
  STATIC_REQUIRE(Loss<SumOfErrors, float>);
  STATIC_REQUIRE(Loss<MeanSquaredError, double>);
  STATIC_REQUIRE(Loss<SoftmaxCrossEntropy, float>);
  STATIC_REQUIRE(Loss<SigmoidCrossEntropy, float>);
  STATIC_REQUIRE_FALSE(Loss<SumOfErrors, double>);
  STATIC_REQUIRE_FALSE(Loss<LossWithoutGradient, float>);
  STATIC_REQUIRE_FALSE(Loss<LossWithoutValue, float>);
  STATIC_REQUIRE_FALSE(Loss<LossIsAMean, float>);
  STATIC_REQUIRE_FALSE(Loss<LossWithoutWeights, float>);
  STATIC_REQUIRE_FALSE(Loss<Accuracy, float>);
}

}  // namespace loss_test
