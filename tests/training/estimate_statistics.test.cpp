#include "descent/training/estimate_statistics.hpp"

#include "golden.hpp"
#include "support.hpp"

namespace estimate_statistics_test {

using namespace descent;

namespace {

golden::Json population() {
  const auto file = golden::read("batchnorm");
  for (const auto& c : file.at("cases"))
    if (c.at("id") == "population_statistics") return c;
  throw std::runtime_error{"no case population_statistics"};
}

/// Mean and biased variance of each row.
struct Moments {
  Matrix<double> mean, variance;
  explicit Moments(const Matrix<double>& x)
      : mean(x.rowwise().mean()),
        variance((x.colwise() - x.rowwise().mean()).array().square().rowwise().mean()) {}
};

auto deep_net() {
  Rng rng{1};
  return Sequential{Dense<double>{4, 5, rng},
                    BatchNorm<double>{5},
                    Tanh<double>{},
                    Dropout<double>{},
                    Sequential{Dense<double>{5, 3, rng}, BatchNorm<double>{3}},
                    GaussianNoise<double>{},
                    Dense<double>{3, 2, rng},
                    BatchNorm<double>{2}};
}

}  // namespace

TEST_CASE("estimate_statistics: the statistics equal the reference", "[training][golden]") {
  const auto c = population();
  const Matrix<double> x = golden::batch(c.at("x_all"));
  for (const bool biased : {true, false}) {
    Sequential net{
        BatchNorm<double>{4, {.running_variance = biased ? Variance::biased : Variance::unbiased}}};
    estimate_statistics(net, x);
    golden::require_close(net.layer<0>().running_mean, golden::matrix(c.at("mean")), golden::one_step);
    golden::require_close(net.layer<0>().running_variance,
                          golden::matrix(c.at(biased ? "var_biased" : "var_unbiased")), golden::one_step);
  }
}

TEST_CASE("estimate_statistics: each layer sees the inference outputs of the layers before it",
          "[training]") {
  const Matrix<double> x = golden::batch(population().at("x_all"));
  auto net = deep_net();
  const auto before = net;
  estimate_statistics(net, x);

  // The expected values, layer by layer: each one sees the inference outputs of the layers before it.
  const auto expect_normal_output = [&](const auto& part, const BatchNorm<double>& last,
                                        const Matrix<double>& in) {
    const Matrix<double> y = predict(part, in);
    const Moments moments{y};
    const Matrix<double> expected = last.running_variance.array() / (last.running_variance.array() + 1e-5);
    golden::require_close(moments.mean, Matrix<double>::Zero(y.rows(), 1), golden::one_step, 1);
    golden::require_close(moments.variance, expected, golden::one_step);
    return y;
  };
  const Matrix<double> first =
      expect_normal_output(Sequential{net.layer<0>(), net.layer<1>()}, net.layer<1>(), x);
  const Matrix<double> second =
      expect_normal_output(net.layer<4>(), net.layer<4>().layer<1>(), first.array().tanh());
  expect_normal_output(Sequential{net.layer<6>(), net.layer<7>()}, net.layer<7>(), second);

  CHECK(net.layer<0>().weight == before.layer<0>().weight);
  CHECK(net.layer<1>().gamma == before.layer<1>().gamma);
}

TEST_CASE("estimate_statistics: a DynamicSequential gives the statistics of a Sequential", "[training]") {
  const Dataset<double> data = support::three_clouds<double>(60);
  auto fixed = support::rich_net<double>();
  auto dynamic = support::rich_network<double>();
  estimate_statistics(fixed, data.x);
  estimate_statistics(dynamic, data.x);
  CHECK(support::values_of(fixed) == support::values_of(dynamic));
  CHECK(support::values_of(fixed) != support::values_of(support::rich_net<double>()));
}

TEST_CASE("estimate_statistics: data without statistics is rejected and the model is unchanged",
          "[training]") {
  auto net = support::rich_net<double>();
  const auto before = support::values_of(net);
  CHECK_THROWS_AS(estimate_statistics(net, Matrix<double>{{1}, {2}}), DataError);
  CHECK_THROWS_AS(estimate_statistics(net, Matrix<double>(2, 0)), DataError);
  CHECK_THROWS_AS(estimate_statistics(net, Matrix<double>::Ones(3, 4).eval()), ShapeError);
  CHECK(support::values_of(net) == before);
}

}  // namespace estimate_statistics_test
