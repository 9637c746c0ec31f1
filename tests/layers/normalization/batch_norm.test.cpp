#include "golden.hpp"
#include "support.hpp"

namespace batch_norm_test {

using namespace descent;
using golden::batch, golden::matrix, golden::require_close;

namespace {

constexpr double tolerance = golden::one_step;

golden::Json find_case(const std::string& id) {
  const auto file = golden::read("batchnorm");
  for (const auto& c : file.at("cases"))
    if (c.at("id") == id) return c;
  throw std::runtime_error{"no case " + id};
}

void expect_three_steps(Variance variance, const char* running_key, const char* y_key) {
  const auto c = find_case("bn1d_train_3_steps_then_eval");
  BatchNorm<double> layer{4, {.momentum = 0.9, .epsilon = c.at("eps"), .running_variance = variance}};
  layer.gamma = matrix(c.at("gamma"));
  layer.beta = matrix(c.at("beta"));
  BatchNorm<double> gradient = zeros_like(layer);
  BatchNorm<double>::Cache cache;

  for (const auto& step : c.at("steps")) {
    const Matrix<double> x = batch(step.at("x"));
    require_close(layer.forward(x, cache, Pass::training({})), batch(step.at("y")), tolerance);
    require_close(layer.backward(x, batch(step.at("dy")), cache, gradient, Pass::training({})),
                  batch(step.at("dx")), tolerance);
    require_close(gradient.gamma, matrix(step.at("dgamma")), tolerance);
    require_close(gradient.beta, matrix(step.at("dbeta")), tolerance);
    layer.update_state(cache);
    require_close(layer.running_mean, matrix(step.at("running_mean")), tolerance);
    require_close(layer.running_variance, matrix(step.at(running_key)), tolerance);
  }
  require_close(layer.forward(batch(c.at("eval").at("x")), cache, Pass::inference()),
                batch(c.at("eval").at(y_key)), tolerance);
}

}  // namespace

TEST_CASE("BatchNorm: equals the reference with the biased running variance", "[layers][golden]") {
  expect_three_steps(Variance::biased, "running_var_biased_convention", "y_if_running_var_biased");
}

TEST_CASE("BatchNorm: equals the reference with the unbiased running variance", "[layers][golden]") {
  expect_three_steps(Variance::unbiased, "running_var_pytorch (accumulates UNBIASED var)", "y_pytorch");
}

TEST_CASE("BatchNorm: the gradient in inference takes the statistics as constants", "[layers][golden]") {
  const auto c = find_case("bn1d_train_3_steps_then_eval");
  const auto& last = c.at("steps").back();
  BatchNorm<double> layer{4, {.epsilon = c.at("eps")}};
  layer.gamma = matrix(c.at("gamma"));
  layer.beta = matrix(c.at("beta"));
  layer.running_mean = matrix(last.at("running_mean"));
  layer.running_variance = matrix(last.at("running_var_pytorch (accumulates UNBIASED var)"));
  BatchNorm<double> gradient = zeros_like(layer);
  BatchNorm<double>::Cache cache;
  const auto& eval = c.at("eval");
  const Matrix<double> x = batch(eval.at("x"));

  layer.forward(x, cache, Pass::inference());
  require_close(layer.backward(x, batch(eval.at("dy")), cache, gradient, Pass::inference()),
                batch(eval.at("dx_pytorch")), tolerance);
  require_close(gradient.gamma, matrix(eval.at("dgamma")), tolerance);
  require_close(gradient.beta, matrix(eval.at("dbeta")), tolerance);
}

TEST_CASE("BatchNorm: a large mean costs no digits", "[layers][golden]") {
  const auto c = find_case("bn1d_large_offset");
  const Matrix<double> x = batch(c.at("x"));
  BatchNorm<double> layer{x.rows(), {.epsilon = c.at("eps")}};
  BatchNorm<double>::Cache cache;
  require_close(layer.forward(x, cache, Pass::training({})), batch(c.at("y_exact_50_digits")),
                c.at("tolerance"));
}

TEST_CASE("BatchNorm: a constant feature gives finite results", "[layers][golden]") {
  const auto c = find_case("bn1d_zero_variance");
  const Matrix<double> x = batch(c.at("x"));
  BatchNorm<double> layer{x.rows(), {.epsilon = c.at("eps")}};
  layer.gamma = matrix(c.at("gamma"));
  layer.beta = matrix(c.at("beta"));
  BatchNorm<double> gradient = zeros_like(layer);
  BatchNorm<double>::Cache cache;
  require_close(layer.forward(x, cache, Pass::training({})), batch(c.at("y")), tolerance);
  require_close(layer.backward(x, batch(c.at("dy")), cache, gradient, Pass::training({})), batch(c.at("dx")),
                tolerance);
}

TEST_CASE("BatchNorm: accepts a single sample in inference and rejects it in training", "[layers]") {
  const BatchNorm<double> layer{3};
  BatchNorm<double>::Cache cache;
  const Matrix<double> x = Matrix<double>::Ones(3, 1);
  CHECK(layer.forward(x, cache, Pass::inference()).cols() == 1);
  CHECK_THROWS_AS(layer.forward(x, cache, Pass::training({})), DataError);
}

TEST_CASE("BatchNorm: rejects options out of range", "[layers]") {
  CHECK(support::message_of<ShapeError>([] { BatchNorm{0}; }) ==
        "BatchNorm: expected a positive number of features, got 0; pass the number of features before the "
        "layer");
  CHECK(support::message_of<DataError>([] {
          BatchNorm{2, {.momentum = 1.5}};
        }) ==
        "BatchNorm: expected .momentum in [0, 1], got 1.5; pass the weight of the old value, 0.9 for "
        "PyTorch's 0.1");
  CHECK(support::message_of<DataError>([] {
          BatchNorm{2, {.epsilon = -1}};
        }) == "BatchNorm: expected .epsilon of 0 or more, got -1");
  CHECK_NOTHROW(BatchNorm{2, {.momentum = 1, .epsilon = 0}});
}

TEST_CASE("BatchNorm: rejects an empty training batch and another number of features") {
  const BatchNorm layer{3};
  BatchNorm<>::Cache cache;
  CHECK_THROWS_AS(layer.forward(Matrix<>(3, 0), cache, Pass::training({})), DataError);
  CHECK_THROWS_AS(layer.forward(Matrix<>::Ones(2, 4).eval(), cache, Pass::inference()), ShapeError);
}

}  // namespace batch_norm_test
