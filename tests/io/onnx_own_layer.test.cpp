#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "descent/descent.hpp"
#include "descent/io/onnx.hpp"
#include "models/templates.hpp"

namespace onnx_own_layer_test {

using namespace descent;
using own_layer::Templates;

TEST_CASE(
    "own layer: a row of its own writes it to ONNX, and the network that is read back predicts the same") {
  const Shape image{.channels = 2, .height = 3, .width = 4};
  Rng rng{1};
  Sequential net{Reshape{image}, Templates{image, 6, rng}, Tanh{}, Dense{6, 2, rng}};
  net.layer<1>().mean.setLinSpaced(1, 2);

  OnnxEmitters layers = onnx_layers();
  layers["Reshape"] = [](OnnxBuilder&, const OnnxLayer&, const std::string& x) { return x; };
  layers["Templates"] = [](OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
    const std::string centered = to.node("Sub", {x, to.vector("mean", layer.parameter("mean"))});
    return to.node("Gemm", {centered, to.matrix("kernel", layer.parameter("kernel"))},
                   {{"transB", std::int64_t{1}}});
  };
  const OnnxModel model = to_onnx(net, {.features = image.size(), .layers = layers});
  std::vector<std::string> operators;
  for (const OnnxNode& node : model.nodes) operators.push_back(node.op);
  CHECK(operators == std::vector<std::string>{"Sub", "Gemm", "Tanh", "Gemm"});
  CHECK(model.initializers[0].name == "1.mean");
  CHECK(model.initializers[1].name == "1.kernel");

  std::stringstream file;
  save_onnx(file, net, {.features = image.size(), .layers = layers});
  const Matrix<> x = Matrix<>::Random(image.size(), 5);
  CHECK((predict(load_onnx(file), x) - predict(net, x)).norm() < 1e-5f);
}

}  // namespace onnx_own_layer_test
