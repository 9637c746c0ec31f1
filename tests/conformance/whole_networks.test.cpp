#include "catch.hpp"
#include "conformance/layer_table.hpp"
#include "conformance/loss_table.hpp"

namespace whole_networks_test {

using namespace conformance;

namespace {

/// The error of central differences in double precision is about 1e-10; the rest is for the depth of the network.
constexpr double gradient_tolerance = 1e-7;

/// A network with residual blocks, branches, both normalizations and all random layers.
DynamicSequential<double> everything(Index outputs) {
  Rng rng{11};
  const auto dense = [&](Index in, Index out) { return Dense<double>{in, out, rng}; };
  return DynamicSequential{
      dense(4, 6),
      BatchNorm<double>{6},
      Tanh<double>{},
      Dropout<double>{{.keep = 0.8}},
      Residual{Sequential{dense(6, 5), LayerNorm<double>{5}, GELU<double>{},
                          GaussianDropout<double>{{.keep = 0.9}}, dense(5, 6)}},
      Concat{Sequential{dense(6, 3), BatchNorm<double>{3}, PReLU<double>{3}},
             DynamicSequential{GaussianNoise<double>{{.deviation = 0.1}}, dense(6, 2), SiLU<double>{}}},
      Residual{DynamicSequential{dense(5, 5), LayerNorm<double>{5}, Softplus<double>{}}},
      dense(5, outputs)};
}

Matrix<double> some_samples(Index samples) {
  Rng rng{3};
  Matrix<double> x(4, samples);
  for (double& v : x.reshaped()) v = rng.normal();
  return x;
}

}  // namespace

TEST_CASE("check_gradient: a network of all kinds of layers is correct for every loss", "[conformance]") {
  for_each(losses, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      DynamicSequential<double> net = everything(row.prediction.rows());
      if (row.kind == Prediction::probability) net.add(Sigmoid<double>{});
      const Matrix<double> target = row.target.replicate(1, 4);
      const auto report = check_gradient(net, row.loss, some_samples(target.cols()), target,
                                         {.regularizer = ElasticNet{.l1 = 0.05, .l2 = 0.3}, .seed = 2});
      CAPTURE(report);
      CHECK(report.verdict == GradientVerdict::correct);
      CHECK(report.relative_difference < gradient_tolerance);
      for (const auto& block : report.blocks) CHECK(block.kinks < block.entries);
    }
  });
}

}  // namespace whole_networks_test
