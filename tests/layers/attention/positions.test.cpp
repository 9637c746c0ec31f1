#include "descent/layers/attention/position_embedding.hpp"
#include "descent/layers/attention/positional_encoding.hpp"
#include "golden.hpp"
#include "support.hpp"

namespace positions_test {

using namespace descent;

TEST_CASE("PositionalEncoding: equals the formula in PyTorch", "[layers][golden]") {
  const auto file = golden::read("attention");
  for (const auto& c : file.at("positional_encoding")) {
    const Matrix<double> x = golden::batch(c.at("x")), dy = golden::batch(c.at("dy"));
    const Shape shape{x.rows() / 7, 1, 7};
    const PositionalEncoding<double> layer;
    PositionalEncoding<double> gradient;
    PositionalEncoding<double>::Cache cache;
    const Batch<double> batch{x, shape};
    golden::require_close(layer.forward(batch, cache, Pass::inference()), golden::batch(c.at("y")),
                          golden::one_step);
    CHECK(layer.backward(batch, dy, cache, gradient, Pass::inference()) == dy);
    // A shorter sequence in the same cache has the same first steps.
    const Matrix<double> fewer = x.topRows(3 * shape.channels);
    golden::require_close(layer.forward({fewer, Shape{shape.channels, 1, 3}}, cache, Pass::inference()),
                          golden::batch(c.at("y")).topRows(3 * shape.channels), golden::one_step);
  }
}

TEST_CASE("PositionalEncoding: refuses a base that is not positive", "[layers]") {
  CHECK(support::message_of<DataError>([] { PositionalEncoding<>{{.base = 0}}; }) ==
        "PositionalEncoding: expected .base above 0, got 0");
}

TEST_CASE("PositionEmbedding: adds the vector of each step and sums its gradient over the samples",
          "[layers]") {
  Rng rng{1};
  PositionEmbedding<double> layer{4, 2, rng};
  layer.weight << 1, 3, 5, 7, 2, 4, 6, 8;
  const Matrix<double> x{{10, 40}, {20, 50}, {30, 60}, {40, 70}}, dy{{1, 10}, {2, 20}, {3, 30}, {4, 40}};
  const Batch<double> batch{x, Shape{2, 1, 2}};
  PositionEmbedding<double>::Cache cache;
  PositionEmbedding<double> gradient = layer;
  CHECK(layer.forward(batch, cache, Pass::inference()) ==
        Matrix<double>{{11, 41}, {22, 52}, {33, 63}, {44, 74}});
  CHECK(layer.backward(batch, dy, cache, gradient, Pass::inference()) == dy);
  CHECK(gradient.weight == Matrix<double>{{11, 33, 0, 0}, {22, 44, 0, 0}});
}

TEST_CASE("PositionEmbedding: the first vectors have a deviation of 0.02", "[layers]") {
  Rng rng{1};
  const PositionEmbedding<> layer{100, 100, rng};
  CHECK(std::abs(layer.weight.norm() / 100 - 0.02F) < 0.001F);  // of 10^4 numbers: the deviation is 0.00014
}

TEST_CASE("PositionEmbedding: errors name what does not fit", "[layers]") {
  Rng rng{1};
  using support::message_of;
  const PositionEmbedding<> layer{4, 2, rng};
  CHECK(message_of<ShapeError>([&] {
          layer.output_shape({2, 1, 5});
        }) ==
        "PositionEmbedding: expected at most 4 steps, got 5; construct the layer for the longest sequence");
  CHECK(message_of<ShapeError>([&] {
          layer.output_shape({3, 1, 4});
        }) == "PositionEmbedding: expected 2 features, got 3 channels x 1 x 4");
  CHECK_THROWS_AS((PositionEmbedding<>{0, 2, rng}), ShapeError);
  CHECK_THROWS_AS((PositionEmbedding<>{2, 0, rng}), ShapeError);
}

}  // namespace positions_test
