#include "losses/reference.hpp"

namespace kullback_leibler_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

TEST_CASE("KullbackLeibler: equals the reference", "[losses][golden]") {
  CHECK(equals_reference<KullbackLeibler>() == 1);
}

TEST_CASE("KullbackLeibler: is 0 where prediction and target agree and asymmetric elsewhere", "[losses]") {
  const Matrix<double> t{{0.5, 1, 0.1}, {0.25, 0, 0.2}, {0.25, 0, 0.7}};
  const Matrix<double> log_t = t.array().max(1e-300).log();
  CHECK_THAT(mean_of(KullbackLeibler{}, log_t, t), WithinAbs(0, 1e-15));

  // D(t || p) = 1/2 log(2/1) + 1/2 log(2/3); D(p || t) has another value.
  const Matrix<double> log_p = Matrix<double>{{0.25}, {0.75}}.array().log(), half{{0.5}, {0.5}};
  CHECK_THAT(mean_of(KullbackLeibler{}, log_p, half),
             WithinAbs(0.5 * std::log(2.0) + 0.5 * std::log(2 / 3.0), 1e-15));
}

TEST_CASE("KullbackLeibler: is the cross-entropy minus the entropy of the targets", "[losses]") {
  const Matrix<double> logits{{1, -2}, {0, 3}, {2, 2}}, t{{0.5, 0.1}, {0.25, 0.2}, {0.25, 0.7}};
  const Matrix<double> log_p = softmax(logits).array().log();
  const double entropy = -(t.array() * t.array().log()).sum() / 2;
  CHECK_THAT(mean_of(KullbackLeibler{}, log_p, t),
             WithinAbs(mean_of(SoftmaxCrossEntropy{}, logits, t) - entropy, golden::one_step));
}

TEST_CASE("KullbackLeibler: refuses negative probabilities and shapes that do not match", "[losses]") {
  const Matrix<double> bad{{0.5, 1.5}, {0.5, -0.5}};
  const std::string negative = "KullbackLeibler: expected probabilities of at least 0, got -0.5 for sample 1";
  CHECK_THROWS_WITH(KullbackLeibler{}.check(2, bad), ContainsSubstring(negative));
  CHECK_THROWS_WITH(mean_of(KullbackLeibler{}, Matrix<double>(2, 2), bad), ContainsSubstring(negative));
  CHECK_THROWS_WITH(KullbackLeibler{}.check(3, bad),
                    ContainsSubstring("KullbackLeibler: expected 3 target rows, one per output, got 2"));
}

}  // namespace kullback_leibler_test
