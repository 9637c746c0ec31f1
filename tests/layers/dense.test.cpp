#include <concepts>
#include <limits>

#include "descent/descent.hpp"
#include "golden.hpp"

namespace dense_test {

using namespace descent;

TEST_CASE("Dense: equals PyTorch", "[layers][golden]") {
  const auto file = golden::read("linear");
  for (const auto& c : file.at("cases")) {
    Rng rng{1};
    Dense<double> layer{c.at("in"), c.at("out"), rng};
    layer.weight = golden::matrix(c.at("W"));
    layer.bias = golden::matrix(c.at("b"));
    Dense<double> gradient = zeros_like(layer);
    Dense<double>::Cache cache;
    const Matrix<double> x = golden::batch(c.at("x"));

    golden::require_close(layer.forward(x, cache, Pass::inference()), golden::batch(c.at("y")),
                          golden::one_step);
    golden::require_close(layer.backward(x, golden::batch(c.at("dy")), cache, gradient, Pass::inference()),
                          golden::batch(c.at("dx")), golden::one_step);
    golden::require_close(gradient.weight, golden::matrix(c.at("dW")), golden::one_step);
    golden::require_close(gradient.bias, golden::matrix(c.at("db")), golden::one_step);
  }
}

TEST_CASE("Dense: without a bias the weight is its only parameter", "[layers]") {
  Rng rng{1};
  const Dense layer{3, 2, rng, Bias::none};
  CHECK(parameter_count(layer) == 6);
  Dense<float>::Cache cache;
  const Matrix<> x = Matrix<>::Ones(3, 4);
  CHECK(layer.forward(x, cache, Pass::inference()) == layer.weight * x);
}

TEST_CASE("Dense: rejects sizes that are not positive", "[layers]") {
  Rng rng{1};
  CHECK_THROWS_AS((Dense{0, 2, rng}), ShapeError);
  CHECK_THROWS_AS((Dense{2, -1, rng}), ShapeError);
}

TEST_CASE("Dense: the given initializer fills the weight", "[layers]") {
  Rng rng{1};
  const Dense zero{3, 2, rng, Zeros{}};
  CHECK(zero.weight.isZero(0));
  Rng a{7}, b{7};
  const Dense by_default{30, 20, a}, he{30, 20, b, HeNormal{}};
  CHECK(by_default.weight == he.weight);
}

TEST_CASE("Dense: backward rejects the cache of a layer with other outputs") {
  Rng rng{1};
  const Dense<> layer{3, 2, rng}, other{3, 4, rng};
  Dense<> gradient = other;
  const Matrix<> x = Matrix<>::Ones(3, 5);
  Dense<>::Cache cache;
  layer.forward(x, cache, Pass::inference());
  CHECK_THROWS_AS(other.backward(x, Matrix<>::Ones(2, 5).eval(), cache, gradient, Pass::inference()),
                  ShapeError);
}

TEST_CASE("Dense: rejects sizes that do not fit into memory") {
  Rng rng{1};
  constexpr Index huge = Index{1} << 40;
  CHECK_THROWS_WITH(
      (Dense{huge, huge, rng}),
      "Dense: expected sizes that fit into memory, got 1099511627776 x 1099511627776 values; choose "
      "smaller sizes");
  CHECK_THROWS_AS(BatchNorm{Index{1} << 60}, DataError);
  CHECK_THROWS_AS(LayerNorm{Index{1} << 60}, DataError);
  CHECK_THROWS_AS(PReLU{Index{1} << 60}, DataError);
  CHECK_THROWS_AS(ConfusionMatrix{huge}, DataError);
  CHECK_THROWS_AS(one_hot(Matrix<>::Zero(1, 3).eval(), Index{1} << 60), DataError);
  CHECK_THROWS_AS(blobs({.samples = Index{1} << 60}), DataError);
  CHECK_THROWS_AS(blobs({.classes = huge, .features = huge}), DataError);
  CHECK_THROWS_AS(noisy_regression({.features = huge}), DataError);
  CHECK_THROWS_AS(moons({.samples = std::numeric_limits<Index>::max()}), DataError);
}

TEST_CASE("Dense: computes W x + b of a given weight and bias") {
  const Dense<double> layer{Matrix<double>{{1, 2}, {3, 4}, {5, 6}}, Vector<double>{{10, 20, 30}}};
  Dense<double>::Cache cache;
  const Matrix<double> x{{1, 0}, {-1, 2}};
  // 1 - 2 + 10, 3 - 4 + 20, 5 - 6 + 30; 2 * 2 + 10, 4 * 2 + 20, 6 * 2 + 30
  CHECK(layer.forward(x, cache, Pass::inference()) == Matrix<double>{{9, 14}, {19, 28}, {29, 42}});

  const Dense without{layer.weight};
  CHECK_FALSE(without.has_bias());
  CHECK(without.forward(x, cache, Pass::inference()) == Matrix<double>{{-1, 4}, {-1, 8}, {-1, 12}});
  CHECK(parameter_count(Dense{without}) == 6);  // a copy, not a layer made of a layer
}

TEST_CASE("Dense: deduces its scalar from an Eigen matrix or expression") {
  const Eigen::MatrixXd w = Eigen::MatrixXd::Identity(2, 2);
  const Eigen::VectorXd b = Eigen::VectorXd::Ones(2);
  const Dense doubles{w, b};
  STATIC_REQUIRE(std::same_as<decltype(doubles), const Dense<double>>);
  CHECK(doubles.weight == w);
  CHECK(doubles.bias == b);

  const Dense sums{2 * w + w.transpose(), b.array().square().matrix()};
  STATIC_REQUIRE(std::same_as<decltype(sums), const Dense<double>>);
  CHECK(sums.weight == 3 * w);
  CHECK(sums.bias == b);

  const Dense fixed{Eigen::Matrix2f{{1, 2}, {3, 4}}, Eigen::Vector2f{5, 6}};
  STATIC_REQUIRE(std::same_as<decltype(fixed), const Dense<float>>);
  CHECK(fixed.bias(1) == 6);

  const Dense column{Eigen::VectorXf::Ones(3)};
  STATIC_REQUIRE(std::same_as<decltype(column), const Dense<float>>);
  CHECK(column.output_shape({1}) == Shape{3});
  CHECK(Sequential{Dense{w, b}, Tanh<double>{}}.output_shape({2}) == Shape{2});
}

TEST_CASE("Dense: rejects a weight and a bias whose shapes do not match") {
  const Matrix<> w = Matrix<>::Ones(2, 3);
  CHECK_THROWS_WITH(
      (Dense{w, Vector<>::Ones(3)}),
      "Dense: expected a bias of 2 x 1 values, got 3 x 1; pass a bias with a number for each row of "
      "the weight, or none");
  CHECK_THROWS_AS((Dense{w, Matrix<>::Ones(2, 2)}), ShapeError);
  CHECK_THROWS_AS((Dense{w, Eigen::RowVectorXf::Ones(2)}), ShapeError);
  CHECK_THROWS_AS((Dense{w, Vector<>{}}), ShapeError);
  CHECK_THROWS_AS((Dense{Matrix<>{}}), ShapeError);
  CHECK_THROWS_AS((Dense{Matrix<>{}, Vector<>{}}), ShapeError);
  CHECK_THROWS_AS((Dense{Matrix<>::Ones(0, 3), Vector<>{}}), ShapeError);
}

TEST_CASE("Dense: an empty batch has the output shape of any other") {
  Rng rng{1};
  const Dense<> per_position{2, 3, rng}, whole{8, 3, rng};
  const Matrix<> none(8, 0);
  const Batch<> images{none, Shape{2, 2, 2}};
  Dense<>::Cache cache;
  CHECK(per_position.forward(images, cache, Pass::inference()).shape() == Shape{3, 2, 2});
  CHECK(whole.forward(images, cache, Pass::inference()).shape() == Shape{3});
}

}  // namespace dense_test
