#include "descent/autodiff/formula_loss.hpp"

#include <cmath>
#include <thread>

#include "autodiff/models.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace formula_loss_test {

using namespace autodiff_models;
using Catch::Matchers::WithinRel;
using support::message_of;

namespace {

const FormulaLoss squared_error{[](auto p, auto t) { return mean(square(p - t), Over::features); }};
const FormulaLoss cross_entropy{[](auto z, auto t) { return log_sum_exp(z) - pick(z, t); }};

}  // namespace

TEST_CASE("FormulaLoss: is a loss") {
  STATIC_REQUIRE(Loss<std::remove_cvref_t<decltype(squared_error)>, float>);
  STATIC_REQUIRE(Loss<std::remove_cvref_t<decltype(squared_error)>, double>);
}

TEST_CASE("FormulaLoss: formulas of losses of the library have their values and gradients") {
  const Matrix<double> p = random_batch(3, 7, 1), t = random_batch(3, 7, 2);
  Matrix<double> classes(1, 7), dy, expected;
  classes << 0, 2, 1, 1, 0, 2, 2;
  const Vector<double> weights{{1, 2, 0, 0.5, 1, 1, 3}};
  const auto compare = [&](const auto& formula, const auto& loss, const Matrix<double>& target) {
    const WeightedSum sum = formula.value_and_gradient(p, target, dy, weights);
    const WeightedSum of_loss = loss.value_and_gradient(p, target, expected, weights);
    CHECK_THAT(sum.sum, WithinRel(of_loss.sum, 1e-14));
    CHECK(sum.weight == of_loss.weight);
    CHECK((dy - expected).cwiseAbs().maxCoeff() < 1e-14);
    CHECK_THAT(formula.value(p, target, weights).sum, WithinRel(of_loss.sum, 1e-14));
  };
  compare(squared_error, MeanSquaredError{}, t);
  compare(cross_entropy, SoftmaxCrossEntropy{}, classes);
}

TEST_CASE("FormulaLoss: a formula that returns one number for several samples is an error") {
  const Matrix<double> p = random_batch(2, 3, 1);
  Matrix<double> dy;
  const FormulaLoss all{[](auto a, auto t) { return mean(square(a - t)); }};
  CHECK(message_of<ShapeError>([&] { all.value_and_gradient(p, p, dy); }) ==
        "FormulaLoss: expected a formula that returns a number for each of 3 samples, got scale [1, 1]; "
        "reduce over "
        "features only: mean(..., Over::features)");
  CHECK_THROWS_AS(all.value(p, p), ShapeError);
  CHECK(all.value(p.col(0), p.col(0)).sum == 0);
  const FormulaLoss none{[](auto a, auto t) { return square(a - t); }};
  CHECK_THROWS_AS(none.value(p, p), ShapeError);
  CHECK_THROWS_AS(all.check(2, p), ShapeError);
  CHECK_THROWS_AS(cross_entropy.check(2, p), ShapeError);  // a target of two rows
  CHECK_NOTHROW(squared_error.check(2, p));
}

TEST_CASE("FormulaLoss: two threads compute with one const loss", "[threads]") {
  const Matrix<double> p = random_batch(4, 500, 1), t = random_batch(4, 500, 2);
  Matrix<double> expected;
  const double sum = squared_error.value_and_gradient(p, t, expected).sum;
  bool equal[2] = {false, false};
  const auto run = [&](bool& all) {
    Matrix<double> dy;
    all = true;
    for (int i = 0; i < 50; ++i) {
      all = all && squared_error.value_and_gradient(p, t, dy).sum == sum && dy == expected;
      all = all && std::abs(squared_error.value(p, t).sum - sum) < 1e-9;
    }
  };
  {
    const std::jthread a{[&] { run(equal[0]); }}, b{[&] { run(equal[1]); }};
  }
  CHECK(equal[0]);
  CHECK(equal[1]);
}

TEST_CASE("FormulaLoss: trains as the loss of the library does") {
  const Dataset<> train = support::three_clouds(300);
  const auto trained = [&](const auto& loss) {
    auto net = support::plain_net();
    fit(net, train, loss, Adam{.learning_rate = 0.01}, {.epochs = 20, .batch_size = 64, .progress = silent});
    return evaluate(net, train, Accuracy{});
  };
  CHECK(trained(cross_entropy) > 0.95);
  const FormulaLoss copied = cross_entropy;
  CHECK(trained(copied) == trained(cross_entropy));
}

}  // namespace formula_loss_test
