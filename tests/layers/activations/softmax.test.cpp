#include "descent/layers/activations/softmax.hpp"
#include "descent/layers/activations/log_softmax.hpp"
#include "descent/losses/softmax_cross_entropy.hpp"
#include "golden.hpp"

namespace softmax_test {

using namespace descent;

namespace {

void equals_reference(auto layer, const std::string& name) {
  const auto c = golden::read("activations").at("softmax_layer");
  const Matrix<double> x = golden::batch(c.at("x"));
  typename decltype(layer)::Cache cache;
  golden::require_close(layer.forward(x, cache, Pass::inference()), golden::batch(c.at(name)),
                        golden::one_step);
  golden::require_close(layer.backward(x, golden::batch(c.at("dy")), cache, layer, Pass::inference()),
                        golden::batch(c.at(name + "_dx")), golden::one_step);
}

}  // namespace

TEST_CASE("Softmax: it and LogSoftmax equal PyTorch for logits up to 1e4", "[layers][golden]") {
  equals_reference(Softmax<double>{}, "softmax");
  equals_reference(LogSoftmax<double>{}, "log_softmax");
}

TEST_CASE("Softmax: it and LogSoftmax are finite in float", "[layers]") {
  const Matrix<> x{{1e4F, -1e4F, 0}, {-1e4F, -1e4F, 1e4F}};
  Softmax<float>::Cache cache;
  LogSoftmax<float>::Cache log_cache;
  CHECK(Softmax{}.forward(x, cache, Pass::inference()) == Matrix<>{{1, 0.5F, 0}, {0, 0.5F, 1}});
  CHECK(all_finite(LogSoftmax{}.forward(x, log_cache, Pass::inference())));
  CHECK(log_cache.y(1, 0) == -2e4F);
}

TEST_CASE("Softmax: it and LogSoftmax reject samples without features") {
  Softmax<>::Cache cache;
  LogSoftmax<>::Cache log_cache;
  const Matrix<> none(0, 3);
  CHECK_THROWS_AS(Softmax{}.forward(none, cache, Pass::inference()), ShapeError);
  CHECK_THROWS_AS(LogSoftmax{}.forward(none, log_cache, Pass::inference()), ShapeError);
  CHECK_THROWS_AS(softmax(none), ShapeError);
}

}  // namespace softmax_test
