#include "losses/reference.hpp"

namespace softmax_cross_entropy_test {

using namespace descent;

TEST_CASE("SoftmaxCrossEntropy: equals the reference", "[losses][golden]") {
  int cases = 0;
  const auto file = golden::read("softmax_cross_entropy");
  for (const auto& c : file.at("cases")) {
    if (c.contains("class_weights")) continue;  // PyTorch divides by another weight
    CAPTURE(c.at("id"));
    const Matrix<double> logits = golden::batch(c.at("logits"));
    const Matrix<double> target =
        c.contains("labels") ? golden::labels(c.at("labels")) : golden::batch(c.at("soft_targets"));
    const double expected = c.at("loss_mean");
    const SoftmaxCrossEntropy loss{.label_smoothing = c.at("label_smoothing")};
    Matrix<double> dy;

    CHECK_THAT(mean_of(loss, logits, target),
               Catch::Matchers::WithinAbs(expected, golden::one_step * (1 + expected)));
    CHECK_THAT(mean_of(loss, logits, target, dy),
               Catch::Matchers::WithinAbs(expected, golden::one_step * (1 + expected)));
    golden::require_close(dy, golden::batch(c.at("dlogits_mean")), golden::one_step);
    golden::require_close(softmax(logits), golden::batch(c.at("softmax")), golden::one_step);
    ++cases;
  }
  CHECK(cases == 11);
}

TEST_CASE("SoftmaxCrossEntropy: equals the reference with smoothing and weights", "[losses][golden]") {
  const auto with_options = [](const auto& c) {
    return SoftmaxCrossEntropy{.label_smoothing = c.at("smoothing"), .class_weights = c.at("weights")};
  };
  CHECK(equals_reference(SoftmaxCrossEntropy::name, with_options) == 4);
}

TEST_CASE("SoftmaxCrossEntropy: equals PyTorch for class weights with a mean of 1", "[losses][golden]") {
  const auto file = golden::read("softmax_cross_entropy");
  const auto& c = file.at("cases").back();
  REQUIRE(c.at("id") == "class_weights");
  std::vector<double> weights = c.at("class_weights");
  double sum = 0;
  for (const std::size_t label : c.at("labels")) sum += weights.at(label);
  for (double& w : weights) w *= static_cast<double>(c.at("labels").size()) / sum;

  const SoftmaxCrossEntropy loss{.class_weights = weights};
  Matrix<double> dy;
  CHECK_THAT(mean_of(loss, golden::batch(c.at("logits")), golden::labels(c.at("labels")), dy),
             Catch::Matchers::WithinRel(c.at("loss_mean").get<double>(), golden::one_step));
  golden::require_close(dy, golden::batch(c.at("dlogits_mean")), golden::one_step);
}

TEST_CASE("SoftmaxCrossEntropy: class weights of 1 change nothing", "[losses]") {
  const Matrix<double> logits{{1, -2, 0.5}, {0, 3, 0.25}, {-1, 1, 0}}, classes{{2, 0, 1}};
  Matrix<double> plain, weighted;
  CHECK_THAT(mean_of(SoftmaxCrossEntropy{}, logits, classes, plain),
             Catch::Matchers::WithinRel(
                 (mean_of(SoftmaxCrossEntropy{.class_weights = {1, 1, 1}}, logits, classes, weighted)),
                 golden::one_step));
  golden::require_close(weighted, plain, golden::one_step);
}

TEST_CASE("SoftmaxCrossEntropy: refuses invalid options", "[losses]") {
  using Catch::Matchers::ContainsSubstring;
  const Matrix<double> logits = Matrix<double>::Zero(3, 2), target{{0, 1}};
  Matrix<double> dy;
  for (const double wrong : {-0.1, 1.0, std::nan("")}) {
    const SoftmaxCrossEntropy loss{.label_smoothing = wrong};
    CHECK_THROWS_WITH(loss.check(3, target),
                      ContainsSubstring("SoftmaxCrossEntropy: expected .label_smoothing in [0, 1), got"));
    CHECK_THROWS_AS(mean_of(loss, logits, target), DataError);
  }
  const SoftmaxCrossEntropy two{.class_weights = {1, 2}}, negative{.class_weights = {1, -2, 1}};
  CHECK_THROWS_WITH(
      two.check(3, target),
      ContainsSubstring("SoftmaxCrossEntropy: expected 3 class weights, one per output, got 2"));
  CHECK_THROWS_AS(mean_of(two, logits, target, dy), ShapeError);
  CHECK_THROWS_WITH(negative.check(3, target),
                    ContainsSubstring("SoftmaxCrossEntropy: expected .class_weights of 0 or more, got -2"));
}

TEST_CASE("SoftmaxCrossEntropy: a class and its one-hot vector have the same loss", "[losses]") {
  const Matrix<double> logits{{1, -2, 0.5}, {0, 3, 0.25}, {-1, 1, 0}};
  const Matrix<double> classes{{2, 0, 1}};
  const Matrix<double> one_hot{{0, 1, 0}, {0, 0, 1}, {1, 0, 0}};
  const SoftmaxCrossEntropy loss;
  Matrix<double> a, b;
  CHECK_THAT(mean_of(loss, logits, classes, a),
             Catch::Matchers::WithinAbs(mean_of(loss, logits, one_hot, b), golden::one_step));
  golden::require_close(a, b, golden::one_step);
}

TEST_CASE("SoftmaxCrossEntropy: refuses a class that is out of range", "[losses]") {
  const Matrix<double> logits = Matrix<double>::Zero(3, 2);
  const SoftmaxCrossEntropy loss;
  for (const double wrong : {3.0, -2.0, -0.5, 0.5, std::nan("")}) {
    const Matrix<double> target{{0, wrong}};
    CHECK_THROWS_WITH(
        mean_of(loss, logits, target),
        Catch::Matchers::ContainsSubstring("SoftmaxCrossEntropy: expected a class from 0 to 2, got") &&
            Catch::Matchers::ContainsSubstring("for sample 1"));
    CHECK_THROWS_AS(loss.check(3, target), DataError);
  }
}

TEST_CASE("SoftmaxCrossEntropy: refuses shapes that do not match", "[losses]") {
  const SoftmaxCrossEntropy loss;
  CHECK_THROWS_WITH(mean_of(loss, Matrix<>(3, 2), Matrix<>(1, 4)),
                    Catch::Matchers::ContainsSubstring("expected 2 targets, one per prediction, got 4"));
  CHECK_THROWS_WITH(mean_of(loss, Matrix<>(3, 2), Matrix<>(2, 2)),
                    Catch::Matchers::ContainsSubstring("expected targets of 1 or 3 rows, got 2"));
  CHECK_THROWS_WITH(mean_of(loss, Matrix<>(1, 2), Matrix<>(1, 2)),
                    Catch::Matchers::ContainsSubstring("SigmoidCrossEntropy"));
}

// PyTorch's cross_entropy with ignore_index: the mean over the samples that are not ignored. The classes of equal
// logits have the probability 1/3 and the loss log 3.
TEST_CASE("SoftmaxCrossEntropy: averages over the samples that are not ignored", "[losses]") {
  const Matrix<double> logits{{0, 5, 0}, {0, -1, std::log(2.0)}, {0, 2, 0}}, target{{0, ignored_class, 1}};
  Matrix<double> dy;
  const double expected = (std::log(3.0) + std::log(2.0)) / 2;  // the last one has the probability 2 / 4
  CHECK_THAT(mean_of(SoftmaxCrossEntropy{}, logits, target), Catch::Matchers::WithinRel(expected, 1e-15));
  CHECK_THAT(mean_of(SoftmaxCrossEntropy{}, logits, target, dy), Catch::Matchers::WithinRel(expected, 1e-15));
  golden::require_close(
      dy, Matrix<double>{{-2 / 6.0, 0, 1 / 8.0}, {1 / 6.0, 0, -2 / 8.0}, {1 / 6.0, 0, 1 / 8.0}}, 1e-15);
}

}  // namespace softmax_cross_entropy_test
