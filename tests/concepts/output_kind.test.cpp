#include "descent/concepts/output_kind.hpp"

#include "catch.hpp"
#include "descent/descent.hpp"
#include "support.hpp"

namespace output_kind_test {

using namespace descent;

TEST_CASE("output_kind: layers declare it and compositions take that of their last layer") {
  CHECK(output_kind(Sigmoid{}) == OutputKind::probabilities);
  CHECK(output_kind(HardSigmoid{}) == OutputKind::probabilities);
  CHECK(output_kind(Softmax{}) == OutputKind::probabilities);
  CHECK(output_kind(LogSoftmax{}) == OutputKind::log_probabilities);
  CHECK(output_kind(ReLU{}) == OutputKind::unknown);

  CHECK(output_kind(Sequential{ReLU{}, Sigmoid{}}) == OutputKind::probabilities);
  CHECK(output_kind(Sequential{Sigmoid{}, ReLU{}}) == OutputKind::unknown);
  CHECK(output_kind(Sequential{ReLU{}, Sequential{ReLU{}, LogSoftmax{}}}) == OutputKind::log_probabilities);
  CHECK(output_kind(DynamicSequential{ReLU{}, Sigmoid{}}) == OutputKind::probabilities);
  CHECK(output_kind(DynamicSequential<>{}) == OutputKind::unknown);
  CHECK(output_kind(AnyLayer<>{Softmax{}}) == OutputKind::probabilities);
  CHECK(output_kind(Concat{Sigmoid{}, Softmax{}}) == OutputKind::probabilities);
  CHECK(output_kind(Concat{Sigmoid{}, ReLU{}}) == OutputKind::unknown);
}

TEST_CASE("expected_kind: returns the kind that a loss declares") {
  CHECK(expected_kind<BinaryCrossEntropy>() == OutputKind::probabilities);
  CHECK(expected_kind<SigmoidCrossEntropy>() == OutputKind::scores);
  CHECK(expected_kind<SoftmaxCrossEntropy>() == OutputKind::scores);
  CHECK(expected_kind<NegativeLogLikelihood>() == OutputKind::log_probabilities);
  CHECK(expected_kind<KullbackLeibler>() == OutputKind::log_probabilities);
  CHECK(expected_kind<Hinge>() == OutputKind::scores);
  CHECK(expected_kind<MeanSquaredError>() == OutputKind::unknown);
}

}  // namespace output_kind_test
