#include "descent/layers/embedding.hpp"

#include <descent/descent.hpp>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "golden.hpp"

namespace embedding_test {

using namespace descent;

namespace {

const Matrix<double> tokens{{1, 2}, {0, 3}, {1, 1}};  // two sequences of three tokens
const Shape three{.channels = 1, .width = 3};

Embedding<double> embedding(const EmbeddingOptions& options = {}) {
  Rng rng{1};
  Embedding<double> layer{4, 2, rng, options};
  layer.weight = Matrix<double>{{1, 3, 5, 7}, {2, 4, 6, 8}};
  return layer;
}

}  // namespace

TEST_CASE("Embedding: each token is replaced by its vector") {
  Embedding<double>::Cache cache;
  const Batch<double> y = embedding().forward(Batch<double>{tokens, three}, cache, Pass::inference());
  CHECK(y.shape() == Shape{.channels = 2, .width = 3});
  CHECK(y == Matrix<double>{{3, 5}, {4, 6}, {1, 7}, {2, 8}, {3, 3}, {4, 4}});
}

TEST_CASE("Embedding: forward and the gradient equal PyTorch", "[layers][golden]") {
  for (const auto& c : golden::read("small_layers").at("embedding")) {
    CAPTURE(c.at("id").get<std::string>());
    const Matrix<double> weight = golden::batch(c.at("weight")), x = golden::batch(c.at("x"));
    // [samples, time, features], in which the features vary fastest
    const auto rows = [&](const char* name) {
      golden::Json tensor = c.at(name);
      tensor["shape"] = {x.cols(), x.rows() * weight.rows()};
      return golden::batch(tensor);
    };
    EmbeddingOptions options;
    if (!c.at("padding").is_null()) options.padding = c.at("padding").get<Index>();
    Rng rng{1};
    Embedding<double> layer{weight.cols(), weight.rows(), rng, options};
    layer.weight = weight;
    Embedding<double> gradient = layer;
    Embedding<double>::Cache cache;
    const Batch<double> batch{x, Shape{1, 1, x.rows()}};
    CHECK(layer.forward(batch, cache, Pass::training({})) == rows("y"));
    layer.backward(batch, rows("dy"), cache, gradient, Pass::training({}));
    golden::require_close(gradient.weight, golden::batch(c.at("dweight")), golden::one_step);
  }
}

TEST_CASE("Embedding: the gradient is the sum over the positions of a token") {
  const Matrix<double> dy{{1, 10}, {2, 20}, {3, 30}, {4, 40}, {5, 50}, {6, 60}};
  Embedding<double>::Cache cache;
  Embedding<double> layer = embedding({.padding = 3}), gradient = layer;
  const Batch<double> x{tokens, three};
  layer.forward(x, cache, Pass::training({}));
  CHECK(layer.backward(x, dy, cache, gradient, Pass::training({})).isZero(0));
  CHECK(gradient.weight == Matrix<double>{{3, 1 + 5 + 50, 10, 0}, {4, 2 + 6 + 60, 20, 0}});
}

TEST_CASE("Embedding: the padding token begins as zeros and has no gradient") {
  Rng rng{1};
  const Embedding<double> layer{4, 2, rng, {.padding = 2}};
  CHECK(layer.weight.col(2).isZero(0));
  CHECK(!layer.weight.col(1).isZero(0));
  CHECK(layer.padding() == 2);
  CHECK_THROWS_AS((Embedding<double>{4, 2, rng, {.padding = 4}}), DataError);
}

TEST_CASE("Embedding: tokens in the padding of sequences are not read") {
  Matrix<double> x = tokens;
  x(2, 1) = std::numeric_limits<double>::quiet_NaN();
  x(1, 1) = 99;
  const std::vector<Index> lengths{3, 1};
  Embedding<double>::Cache cache;
  Embedding<double> layer = embedding(), gradient = layer;
  const Batch<double> batch = Batch<double>{x, three}.with_lengths(lengths);
  const Batch<double> y = layer.forward(batch, cache, Pass::training({}));
  CHECK(y.lengths().size() == 2);
  CHECK(y.col(1).tail(4).isZero(0));
  layer.backward(batch, Matrix<double>::Ones(6, 2).eval(), cache, gradient, Pass::training({}));
  CHECK(gradient.weight == Matrix<double>{{1, 2, 1, 0}, {1, 2, 1, 0}});
}

TEST_CASE("Embedding: a number that is no token is named") {
  using Catch::Matchers::ContainsSubstring;
  Embedding<double>::Cache cache;
  for (const double wrong : {-1.0, 4.0, 0.5, std::numeric_limits<double>::infinity()}) {
    Matrix<double> x = tokens;
    x(1, 1) = wrong;
    CHECK_THROWS_WITH(embedding().forward(Batch<double>{x, three}, cache, Pass::inference()),
                      ContainsSubstring("Embedding: expected tokens, whole numbers from 0 to 3, got") &&
                          ContainsSubstring("at position 1 of sample 1"));
  }
  CHECK_THROWS_AS(embedding().output_shape({3}), ShapeError);
  Rng rng{1};
  CHECK_THROWS_AS((Embedding<float>{(Index{1} << 24) + 1, 1, rng}), DataError);
  CHECK_THROWS_AS((Embedding<float>{0, 1, rng}), ShapeError);
}

TEST_CASE("Embedding: a network learns from tokens in both compositions alike") {
  Rng data_rng{1};
  Dataset<> data{
      .x = Matrix<>::Zero(6, 40), .y = Matrix<>::Zero(1, 40), .shape = {.channels = 1, .width = 6}};
  for (Index j = 0; j < 40; ++j) {
    for (Index t = 0; t < 6; ++t) data.x(t, j) = static_cast<float>(data_rng.below(5));
    data.y(0, j) = data.x(0, j) > 1 ? 1.0F : 0.0F;
    data.lengths.push_back(2 + j % 5);
  }
  Rng rng{2};
  const Embedding<> words{5, 8, rng};
  const GRU<> gru{8, 8, rng, {.outputs = Outputs::last}};
  const Dense<> out{8, 2, rng};
  Sequential net{words, gru, out};
  DynamicSequential same{words, gru, out};
  const auto train = [&](auto& model) {
    fit(model, data, SoftmaxCrossEntropy{}, Adam{.learning_rate = 0.03},
        {.epochs = 30, .batch_size = 10, .progress = silent});
    return predict(model, data.inputs());
  };
  const Matrix<> y = train(net);
  CHECK(y == train(same));
  CHECK(evaluate(net, data, Accuracy{}) == 1);
}

}  // namespace embedding_test
