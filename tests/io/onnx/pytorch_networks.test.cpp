#include <filesystem>
#include <sstream>
#include <string>

#include "catch.hpp"
#include "descent/inference/predict.hpp"
#include "descent/io/onnx/load.hpp"
#include "descent/io/onnx/save.hpp"
#include "descent/losses.hpp"
#include "descent/optimizers.hpp"
#include "descent/training/fit.hpp"
#include "golden.hpp"
#include "io/onnx/graphs.hpp"

namespace onnx_pytorch_networks_test {

using namespace descent;
using namespace onnx_graphs;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Loads a network, compares its outputs with those of PyTorch, trains it and compares them again.
void check_network(const golden::Json& file, const golden::Json& c, const Matrix<>& x, const Shape& shape) {
  const std::string name = c.at("file");
  CAPTURE(name);
  DynamicSequential<> net =
      load_onnx(std::filesystem::path{DESCENT_TESTS_DIR} / "golden" / "onnx" / (name + ".onnx"));
  const auto difference = [&](const DynamicSequential<>& of, const char* outputs) {
    const Matrix<> y = golden::batch(c.at(outputs)).cast<float>();
    return (predict(of, Batch{x, shape}) - y).cwiseAbs().maxCoeff();
  };
  CHECK(difference(net, "y") < 1e-5F);
  std::stringstream again;
  save_onnx(again, net, {.shape = shape});
  CHECK(difference(load_onnx(again), "y") < 1e-5F);

  const Dataset<> data{.x = x, .y = golden::labels(c.at("classes")).cast<float>(), .shape = shape};
  fit(net, data, SoftmaxCrossEntropy{}, GradientDescent{.learning_rate = file.at("rate").get<double>()},
      {.epochs = file.at("steps"), .batch_size = x.cols(), .progress = silent});
  CHECK(difference(net, "trained") < 1e-5F);
}

}  // namespace

TEST_CASE("load_onnx: LeNets of PyTorch compute its outputs, and train on as there", "[onnx][golden]") {
  const auto& file = golden::read("onnx_networks");
  for (const auto& c : file.at("images"))
    check_network(file, c, golden::images(c.at("x")).cast<float>(), golden::image_shape(c.at("x")));
}

TEST_CASE("load_onnx: LSTM classifiers of PyTorch compute its outputs, and train on as there",
          "[onnx][golden]") {
  const auto& file = golden::read("onnx_networks");
  for (const auto& c : file.at("sequences")) {
    const Matrix<> x = golden::batch(c.at("x")).cast<float>();
    const Index channels = c.at("channels");
    check_network(file, c, x, {channels, 1, x.rows() / channels});
  }
}

TEST_CASE("load_onnx: a part of a sequence or of its states is refused") {
  const auto complaint = [](std::vector<OnnxNode> nodes, std::vector<OnnxTensor> constants) {
    constants.push_back(numbers("w", {2, 4, 1}, std::vector<double>(8, 0.5)));
    constants.push_back(numbers("r", {2, 4, 1}, std::vector<double>(8, 0.5)));
    nodes.insert(
        nodes.begin(),
        {"LSTM", "lstm", {"t", "w", "r"}, {"all", "h"}, {{"direction", std::string{"bidirectional"}}}, {}});
    nodes.insert(
        nodes.begin(),
        {"Transpose", "time first", {"x"}, {"t"}, {{"perm", std::vector<std::int64_t>{1, 0, 2}}}, {}});
    return error_of(graph({-1, 3, 1}, std::move(nodes), std::move(constants)));
  };
  const auto index = [](const char* name, double value) {
    return numbers(name, {}, {value}, OnnxType::int64);
  };
  // The backward direction comes first.
  const OnnxNode first{"Gather", "first", {"h", "i"}, {"f"}, {}, {}},
      second{"Gather", "second", {"h", "j"}, {"s"}, {}, {}};
  CHECK_THAT(complaint({first, second, node("Concat", {"f", "s"}, {{"axis", std::int64_t{1}}})},
                       {index("i", 1), index("j", 0)}),
             ContainsSubstring("expected the last states of both directions of a recurrent layer"));
  CHECK_THAT(complaint({first, second, node("Concat", {"f", "s"}, {{"axis", std::int64_t{0}}})},
                       {index("i", 0), index("j", 1)}),
             ContainsSubstring("expected the last states of both directions of a recurrent layer"));
  // One direction of two.
  CHECK_THAT(complaint({node("Gather", {"h", "i"})}, {index("i", -1)}),
             ContainsSubstring("expected the last time step of a recurrent layer"));
  const auto ends = [](double end) {
    return std::vector{numbers("starts", {1}, {0}, OnnxType::int64),
                       numbers("ends", {1}, {end}, OnnxType::int64),
                       numbers("axes", {1}, {0}, OnnxType::int64)};
  };
  CHECK_THAT(complaint({node("Slice", {"all", "starts", "ends", "axes"})}, ends(2)),
             ContainsSubstring("expected a slice of all values, got one of some"));
}

}  // namespace onnx_pytorch_networks_test
