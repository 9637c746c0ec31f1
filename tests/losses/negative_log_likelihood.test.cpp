#include "losses/reference.hpp"

namespace negative_log_likelihood_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;

namespace {

const Matrix<double> logits{{1, -2, 0.5}, {0, 3, 0.25}, {-1, 1, 0}};
const Matrix<double> log_p = softmax(logits).array().log();

}  // namespace

TEST_CASE("NegativeLogLikelihood: equals the reference", "[losses][golden]") {
  CHECK(equals_reference<NegativeLogLikelihood>() == 1);
}

TEST_CASE("NegativeLogLikelihood: equals SoftmaxCrossEntropy of the logits", "[losses]") {
  for (const Matrix<double>& target :
       {Matrix<double>{{2, 0, 1}}, Matrix<double>{{0.5, 1, 0}, {0.25, 0, 0}, {0.25, 0, 1}}}) {
    CHECK_THAT(mean_of(NegativeLogLikelihood{}, log_p, target),
               Catch::Matchers::WithinAbs(mean_of(SoftmaxCrossEntropy{}, logits, target), golden::one_step));
  }
}

TEST_CASE("NegativeLogLikelihood: class weights have the effect that they have in SoftmaxCrossEntropy",
          "[losses]") {
  const std::vector<double> weights{1, 4, 0.5};
  for (const Matrix<double>& target :
       {Matrix<double>{{2, 0, 1}}, Matrix<double>{{0.5, 1, 0}, {0.25, 0, 0}, {0.25, 0, 1}}}) {
    const double expected = mean_of(SoftmaxCrossEntropy{.class_weights = weights}, logits, target);
    CHECK_THAT(mean_of(NegativeLogLikelihood{.class_weights = weights}, log_p, target),
               Catch::Matchers::WithinAbs(expected, golden::one_step));
  }
  Matrix<double> dy;
  mean_of(NegativeLogLikelihood{.class_weights = weights}, log_p, Matrix<double>{{2, 0, 1}}, dy);
  CHECK((dy - Matrix<double>{{0, -1, 0}, {0, 0, -4}, {-0.5, 0, 0}} / 3).cwiseAbs().maxCoeff() < 1e-15);
}

TEST_CASE("NegativeLogLikelihood: refuses class weights that are negative or of another number", "[losses]") {
  const Matrix<double> target{{2, 0, 1}};
  CHECK_THROWS_WITH(mean_of(NegativeLogLikelihood{.class_weights = {1, 2}}, log_p, target),
                    ContainsSubstring("expected 3 class weights, one per output, got 2"));
  CHECK_THROWS_AS(mean_of(NegativeLogLikelihood{.class_weights = {1, 2, -1}}, log_p, target), DataError);
  CHECK_THROWS_AS((NegativeLogLikelihood{.class_weights = {1, 2}}.check(3, target)), ShapeError);
}

TEST_CASE("NegativeLogLikelihood: has the gradient of SoftmaxCrossEntropy after a LogSoftmax", "[losses]") {
  const Matrix<double> target{{2, 0, 1}};
  LogSoftmax<double>::Cache cache;
  LogSoftmax<double> layer, gradient;
  Matrix<double> dq, dz;
  mean_of(NegativeLogLikelihood{}, layer.forward(logits, cache, Pass::inference()), target, dq);
  mean_of(SoftmaxCrossEntropy{}, logits, target, dz);
  golden::require_close(layer.backward(logits, dq, cache, gradient, Pass::inference()), dz, golden::one_step);
}

TEST_CASE("NegativeLogLikelihood: ignores classes of probability 0 even at log 0", "[losses]") {
  const Matrix<double> certain{{0}, {-std::numeric_limits<double>::infinity()}};
  Matrix<double> dy;
  CHECK(mean_of(NegativeLogLikelihood{}, certain, Matrix<double>{{1}, {0}}, dy) == 0);
  CHECK(dy == Matrix<double>{{-1}, {0}});
  CHECK(mean_of(NegativeLogLikelihood{}, certain, Matrix<double>{{0}}, dy) == 0);
}

TEST_CASE("NegativeLogLikelihood: refuses invalid targets", "[losses]") {
  const NegativeLogLikelihood loss;
  for (const double wrong : {3.0, -2.0, -0.5, 0.5, std::nan("")}) {
    const Matrix<double> target{{0, 1, wrong}};
    CHECK_THROWS_WITH(mean_of(loss, log_p, target),
                      ContainsSubstring("NegativeLogLikelihood: expected a class from 0 to 2, got") &&
                          ContainsSubstring("for sample 2"));
    CHECK_THROWS_AS(loss.check(3, target), DataError);
  }
  CHECK_THROWS_WITH(loss.check(3, Matrix<double>{{0}, {1.5}, {-0.5}}),
                    ContainsSubstring("expected probabilities of at least 0, got -0.5 for sample 0"));
  CHECK_THROWS_WITH(loss.check(3, Matrix<double>(2, 3)),
                    ContainsSubstring("expected targets of 1 or 3 rows, got 2"));
}

}  // namespace negative_log_likelihood_test
