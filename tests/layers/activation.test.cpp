#include "golden.hpp"

using namespace descent;

namespace {

/// Values and derivatives at 27 points from -1e4 to 1e4.
template <class L>
void equals_reference(const L& layer, const std::string& name) {
  const auto file = golden::read("activations");
  const Matrix<double> x = golden::batch(file.at("x")), dy = golden::batch(file.at("dy"));
  for (const auto& c : file.at("cases")) {
    if (c.at("activation") != name) continue;
    CAPTURE(name);
    L gradient = layer;
    typename L::Cache cache;
    golden::require_close(layer.forward(x, cache, Pass::inference()), golden::batch(c.at("y")), golden::one_step);
    golden::require_close(layer.backward(x, dy, cache, gradient), golden::batch(c.at("dx")), golden::one_step);
    return;
  }
  FAIL("no reference for " << name);
}

}  // namespace

TEST_CASE("activations equal the reference", "[layers][golden]") {
  equals_reference(ReLU<double>{}, "relu");
  equals_reference(Sigmoid<double>{}, "sigmoid");
  equals_reference(Tanh<double>{}, "tanh");
}
