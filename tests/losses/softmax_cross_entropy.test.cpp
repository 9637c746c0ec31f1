#include "golden.hpp"

using namespace descent;

TEST_CASE("SoftmaxCrossEntropy equals the reference", "[losses][golden]") {
  int cases = 0;
  const auto file = golden::read("softmax_cross_entropy");
  for (const auto& c : file.at("cases")) {
    if (c.at("label_smoothing") != 0.0 || c.contains("class_weights")) continue;
    CAPTURE(c.at("id"));
    const Matrix<double> logits = golden::batch(c.at("logits"));
    const Matrix<double> target =
        c.contains("labels") ? golden::labels(c.at("labels")) : golden::batch(c.at("soft_targets"));
    const double expected = c.at("loss_mean");
    const SoftmaxCrossEntropy loss;
    Matrix<double> dy;

    CHECK_THAT(loss.value(logits, target), Catch::Matchers::WithinAbs(expected, golden::one_step * (1 + expected)));
    CHECK_THAT(loss.value_and_gradient(logits, target, dy),
               Catch::Matchers::WithinAbs(expected, golden::one_step * (1 + expected)));
    golden::require_close(dy, golden::batch(c.at("dlogits_mean")), golden::one_step);
    golden::require_close(softmax(logits), golden::batch(c.at("softmax")), golden::one_step);
    ++cases;
  }
  CHECK(cases == 10);
}

TEST_CASE("a class and its one-hot vector cost the same", "[losses]") {
  const Matrix<double> logits{{1, -2, 0.5}, {0, 3, 0.25}, {-1, 1, 0}};
  const Matrix<double> classes{{2, 0, 1}};
  const Matrix<double> one_hot{{0, 1, 0}, {0, 0, 1}, {1, 0, 0}};
  const SoftmaxCrossEntropy loss;
  Matrix<double> a, b;
  CHECK_THAT(loss.value_and_gradient(logits, classes, a),
             Catch::Matchers::WithinAbs(loss.value_and_gradient(logits, one_hot, b), golden::one_step));
  golden::require_close(a, b, golden::one_step);
}

TEST_CASE("SoftmaxCrossEntropy refuses a class that is out of range", "[losses]") {
  const Matrix<double> logits = Matrix<double>::Zero(3, 2);
  const SoftmaxCrossEntropy loss;
  for (const double wrong : {3.0, -1.0, 0.5, std::nan("")}) {
    const Matrix<double> target{{0, wrong}};
    CHECK_THROWS_WITH(loss.value(logits, target),
                      Catch::Matchers::ContainsSubstring("SoftmaxCrossEntropy: expected a class from 0 to 2, got") &&
                          Catch::Matchers::ContainsSubstring("for sample 1"));
    CHECK_THROWS_AS(loss.check(3, target), DataError);
  }
}

TEST_CASE("SoftmaxCrossEntropy names shapes that do not fit", "[losses]") {
  const SoftmaxCrossEntropy loss;
  CHECK_THROWS_WITH(loss.value(Matrix<>(3, 2), Matrix<>(1, 4)),
                    Catch::Matchers::ContainsSubstring("expected 2 targets, one a prediction, got 4"));
  CHECK_THROWS_WITH(loss.value(Matrix<>(3, 2), Matrix<>(2, 2)),
                    Catch::Matchers::ContainsSubstring("expected targets of 1 or 3 rows, got 2"));
  CHECK_THROWS_WITH(loss.value(Matrix<>(1, 2), Matrix<>(1, 2)),
                    Catch::Matchers::ContainsSubstring("SigmoidCrossEntropy"));
}
