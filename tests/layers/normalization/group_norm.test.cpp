#include "descent/layers/normalization/group_norm.hpp"

#include <limits>

#include "descent/layers/normalization/instance_norm.hpp"
#include "descent/layers/normalization/layer_norm.hpp"
#include "golden.hpp"
#include "support.hpp"

namespace group_norm_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("GroupNorm: forward and backward equal PyTorch", "[layers][golden]") {
  const auto file = golden::read("group_norm");
  for (const auto& c : file.at("cases")) {
    CAPTURE(c.at("id").get<std::string>());
    const Shape in = golden::image_shape(c.at("x"));
    GroupNorm<double> layer{c.at("groups"), in.channels, {.epsilon = c.at("epsilon")}};
    layer.gamma = golden::matrix(c.at("gamma"));
    layer.beta = golden::matrix(c.at("beta"));
    GroupNorm<double> gradient = zeros_like(layer);
    GroupNorm<double>::Cache cache;
    const Matrix<double> x = golden::images(c.at("x")), dy = golden::images(c.at("dy"));
    golden::require_close(layer.forward({x, in}, cache, Pass::training({})), golden::images(c.at("y")),
                          golden::one_step, 1);
    golden::require_close(layer.backward({x, in}, {dy, in}, cache, gradient, Pass::training({})),
                          golden::images(c.at("dx")), golden::one_step, 1);
    golden::require_close(gradient.gamma, golden::matrix(c.at("dgamma")), golden::one_step, 1);
    golden::require_close(gradient.beta, golden::matrix(c.at("dbeta")), golden::one_step, 1);
  }
}

TEST_CASE("InstanceNorm: it is a GroupNorm with a group for each channel", "[layers]") {
  const Shape in{3, 2, 4};
  const Matrix<double> x = Matrix<double>::Random(in.size(), 2), dy = Matrix<double>::Random(in.size(), 2);
  InstanceNorm<double> layer{3};
  GroupNorm<double> group{3, 3};
  layer.gamma = group.gamma = Vector<double>::LinSpaced(3, 1, 2);
  InstanceNorm<double> gradient = layer;
  GroupNorm<double> expected = group;
  InstanceNorm<double>::Cache cache;
  GroupNorm<double>::Cache other;
  CHECK(layer.forward({x, in}, cache, Pass::inference()) == group.forward({x, in}, other, Pass::inference()));
  CHECK(layer.backward({x, in}, {dy, in}, cache, gradient, Pass::inference()) ==
        group.backward({x, in}, {dy, in}, other, expected, Pass::inference()));
  CHECK(gradient.gamma == expected.gamma);
}

TEST_CASE("GroupNorm: one group of plain features is a LayerNorm", "[layers]") {
  const Matrix<double> x = Matrix<double>::Random(7, 3);
  GroupNorm<double>::Cache cache;
  LayerNorm<double>::Cache other;
  CHECK(GroupNorm<double>{1, 7}
            .forward(x, cache, Pass::inference())
            .isApprox(LayerNorm<double>{7}.forward(x, other, Pass::inference()), 1e-14));
}

TEST_CASE("GroupNorm: a large mean does not cancel the digits of the variance", "[layers]") {
  const Shape in{2, 8, 8};
  const Matrix<> x = Matrix<>::Random(in.size(), 1);
  const Matrix<> moved = x.array() + 4096;
  const Matrix<> back = moved.array() - 4096;  // the digits that are left of x
  GroupNorm<>::Cache cache, other;
  const GroupNorm<> layer{2, 2};
  CHECK(layer.forward({moved, in}, cache, Pass::inference())
            .isApprox(layer.forward({back, in}, other, Pass::inference()), 2e-4F));
}

TEST_CASE("GroupNorm: sizes and options that do not fit are refused", "[layers]") {
  CHECK_THAT(support::message_of<ShapeError>([] {
               GroupNorm<>{4, 6};
             }),
             ContainsSubstring("GroupNorm: expected groups that divide 6 channels, got 4; choose a divisor"));
  CHECK_THAT(support::message_of<ShapeError>([] { GroupNorm<>{0, 6}; }), ContainsSubstring("got 0"));
  CHECK_THAT(support::message_of<ShapeError>([] { InstanceNorm<>{0}; }), ContainsSubstring("InstanceNorm: "));
  CHECK_THAT(support::message_of<DataError>([] {
               InstanceNorm<>{2, {.epsilon = -1}};
             }),
             ContainsSubstring("InstanceNorm: expected .epsilon of 0 or more"));
  CHECK_THAT(support::message_of<ShapeError>([] {
               GroupNorm<>{2, 6}.output_shape({5, 2, 2});
             }),
             ContainsSubstring("GroupNorm: expected 6 features, got 5 channels"));
  CHECK_THAT(support::message_of<ShapeError>([] { InstanceNorm<>{6}.output_shape({6}); }),
             ContainsSubstring("InstanceNorm: expected more than one value to normalize"));
}

}  // namespace group_norm_test
