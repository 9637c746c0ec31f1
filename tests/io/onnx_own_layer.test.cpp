#include <cstdint>
#include <string>
#include <vector>

#include "catch.hpp"
#include "descent/descent.hpp"
#include "descent/io/onnx.hpp"
#include "models/templates.hpp"

namespace onnx_own_layer_test {

using namespace descent;
using own_layer::Templates;

TEST_CASE("own layer: a row of its own writes it to ONNX, with four dimensions") {
  const Shape image{.channels = 2, .height = 3, .width = 4};
  Rng rng{1};
  Sequential net{Templates{image, 6, rng}, Tanh{}};
  net.layer<0>().mean.setLinSpaced(1, 2);

  OnnxEmitters layers = onnx_layers();
  // The dot product with a template is a convolution at a single position; [batch, 6, 1, 1] is the sequence [batch, 1, 6].
  layers["Templates"] = [](OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
    const std::string centered = to.node("Sub", {x, to.constant("mean", layer.tensor("mean"))});
    const std::string dots = to.node("Conv", {centered, to.constant("kernel", layer.tensor("kernel"))});
    return to.node("Reshape", {dots, to.constant("shape", {{}, {3}, {-1, 1, 6}, OnnxType::int64})});
  };
  const OnnxModel model = to_onnx(net, {.shape = image, .layers = layers});
  std::vector<std::string> operators;
  for (const OnnxNode& node : model.nodes) operators.push_back(node.op);
  CHECK(operators == std::vector<std::string>{"Sub", "Conv", "Reshape", "Tanh"});

  using Sizes = std::vector<std::int64_t>;
  const OnnxTensor &mean = model.initializers[0], &kernel = model.initializers[1];
  CHECK(mean.name == "0.mean");
  CHECK(mean.dims == Sizes{2, 3, 4});
  CHECK(kernel.name == "0.kernel");
  CHECK(kernel.dims == Sizes{6, 2, 3, 4});
  // In ONNX the last dimension varies fastest, in a sample the channels, then the width.
  for (Index c = 0; c < 2; ++c)
    for (Index row = 0; row < 3; ++row)
      for (Index column = 0; column < 4; ++column) {
        const auto onnx = static_cast<std::size_t>((c * 3 + row) * 4 + column);
        const Index ours = c + 2 * (column + 4 * row);
        CHECK(mean.values[onnx] == static_cast<double>(net.layer<0>().mean(ours)));
        for (Index o = 0; o < 6; ++o)
          CHECK(kernel.values[static_cast<std::size_t>(o) * 24 + onnx] ==
                static_cast<double>(net.layer<0>().kernel(o, ours)));
      }
}

}  // namespace onnx_own_layer_test
