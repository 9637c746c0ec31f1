#include <cstdint>
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

namespace {

/// Copies images from the order of ONNX, where the width varies fastest, to rows in which the channels do.
void from_onnx_order(Matrix<>& ours, const OnnxTensor& tensor, const Shape& image) {
  std::size_t i = 0;
  for (Index sample = 0; sample < ours.rows(); ++sample)
    for (Index channel = 0; channel < image.channels; ++channel)
      for (Index position = 0; position < image.positions(); ++position)
        ours(sample, position * image.channels + channel) = static_cast<float>(tensor.values[i++]);
}

}  // namespace

TEST_CASE("save_onnx: a custom layer with several tensors predicts the same after saving and loading") {
  const Shape image{.channels = 2, .height = 3, .width = 4};
  Rng rng{1};
  Sequential net{Reshape{image}, Templates{image, 6, rng}, Tanh{}, Dense{6, 2, rng}};
  net.layer<1>().mean.setLinSpaced(1, 2);

  OnnxEmitters layers = onnx_layers();
  layers["Templates"] = [](OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
    const OnnxTensor mean = onnx_broadcast(layer.tensor("mean"), layer.input_shape());
    const OnnxTensor& kernel = layer.tensor("kernel");
    const std::string centered = to.node("Sub", {x, to.constant("mean", mean)});
    const std::string y = to.node("Conv", {centered, to.constant("kernel", kernel)});  // [batch, 6, 1, 1]
    const std::vector<double> sequence{-1, 1, 6};
    return to.node("Reshape", {y, to.constant("shape", {{}, {3}, sequence, OnnxType::int64})});
  };
  const OnnxModel model = to_onnx(net, {.shape = {image.size()}, .layers = layers});
  std::vector<std::string> operators;
  for (const OnnxNode& node : model.nodes) operators.push_back(node.op);
  CHECK(operators == std::vector<std::string>{"Reshape", "Transpose", "Sub", "Conv", "Reshape", "Tanh",
                                              "Reshape", "Gemm"});
  CHECK(model.initializers[1].name == "1.mean");
  CHECK(model.initializers[1].dims == std::vector<std::int64_t>{2, 3, 4});
  CHECK(model.initializers[2].name == "1.kernel");
  CHECK(model.initializers[2].dims == std::vector<std::int64_t>{6, 2, 3, 4});

  OnnxImporters<> patterns = onnx_patterns();
  patterns.insert(patterns.begin(), {"Reshape(Conv(Sub(x, mean), kernel), shape)", [](OnnxImport<>& in) {
                                       Rng unused{1};
                                       Templates<> layer{in.shape(), in.tensor("kernel").dims[0], unused};
                                       Matrix<> mean(1, layer.mean.size());
                                       from_onnx_order(layer.kernel, in.tensor("kernel"), layer.image);
                                       from_onnx_order(mean, in.tensor("mean"), layer.image);
                                       layer.mean = mean.transpose();
                                       in.add(layer);
                                     }});
  std::stringstream file;
  save_onnx(file, net, {.shape = {image.size()}, .layers = layers});
  const Matrix<> x = Matrix<>::Random(image.size(), 5);
  CHECK((predict(load_onnx(file, patterns), x) - predict(net, x)).norm() < 1e-5f);
}

}  // namespace onnx_own_layer_test
