#include "golden.hpp"
#include "support.hpp"

namespace layer_norm_test {

using namespace descent;

TEST_CASE("LayerNorm: forward and backward equal PyTorch", "[layers][golden]") {
  const auto file = golden::read("layer_norm");
  for (const auto& c : file.at("cases")) {
    CAPTURE(c.at("id").get<std::string>());
    const Matrix<double> x = golden::batch(c.at("x"));
    LayerNorm<double> layer{x.rows(), {.epsilon = c.at("eps")}};
    layer.gamma = golden::matrix(c.at("gamma"));
    layer.beta = golden::matrix(c.at("beta"));
    LayerNorm<double> gradient = zeros_like(layer);
    LayerNorm<double>::Cache cache;
    golden::require_close(layer.forward(x, cache, Pass::training({})), golden::batch(c.at("y")),
                          golden::one_step);
    golden::require_close(layer.backward(x, golden::batch(c.at("dy")), cache, gradient, Pass::training({})),
                          golden::batch(c.at("dx")), golden::one_step);
    golden::require_close(gradient.gamma, golden::matrix(c.at("dgamma")), golden::one_step);
    golden::require_close(gradient.beta, golden::matrix(c.at("dbeta")), golden::one_step);
  }
}

TEST_CASE("LayerNorm: a large mean costs no digits", "[layers]") {
  const LayerNorm<> layer{4};
  LayerNorm<>::Cache cache, far_cache;
  const Matrix<> x{{1, 8}, {-3, 2}, {5, -4}, {0, 1}};
  const Matrix<> far = x.array() + 1048576.0F;  // 2^20: the sums are exact
  CHECK(layer.forward(far, far_cache, Pass::inference())
            .isApprox(layer.forward(x, cache, Pass::inference()), 1e-6F));
}

TEST_CASE("LayerNorm: rejects a number of features that is not positive", "[layers]") {
  CHECK_THAT(support::message_of<ShapeError>([] { LayerNorm<>{0}; }),
             Catch::Matchers::ContainsSubstring("LayerNorm: expected a positive number of features, got 0"));
}

}  // namespace layer_norm_test
