#include "descent/io/onnx/sequences.hpp"

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "descent/inference/predict.hpp"
#include "descent/io/onnx/load.hpp"
#include "descent/io/onnx/save.hpp"
#include "descent/layers.hpp"
#include "descent/models.hpp"
#include "io/onnx/graphs.hpp"

namespace onnx_sequences_test {

using namespace descent;
using Catch::Approx;
using namespace onnx_graphs;
using Catch::Matchers::ContainsSubstring;
using Types = std::vector<std::string>;
using Integers = std::vector<std::int64_t>;

namespace {

Matrix<> random(Index rows, Index cols, std::uint64_t seed = 1) {
  Rng rng{seed};
  Matrix<> x(rows, cols);
  for (float& v : x.reshaped()) v = static_cast<float>(rng.normal());
  return x;
}

/// Saves a layer and what follows it, loads the file, and compares the predictions.
void check_round_trip(DynamicSequential<> net, const Shape& shape, const Matrix<>& x, const Types& expected) {
  Rng rng{3};
  DynamicSequential<>::visit(
      [&](const Parameter& p, auto& leaf) {
        if (p.role == Role::bias)
          for (float& v : leaf.reshaped()) v += static_cast<float>(0.3 * rng.normal());
      },
      net);
  std::stringstream file;
  save_onnx(file, net, {.shape = shape});
  const DynamicSequential<> loaded = load_onnx(file);
  CHECK(types(loaded) == expected);
  CHECK((predict(loaded, Batch{x, shape}) - predict(net, Batch{x, shape})).norm() < 1e-5);
}

/// An LSTM of one hidden value on one feature; the weights of its gates are equal. Its y is c / 2^t below 1/4 each step.
std::vector<OnnxTensor> lstm_of_one() {
  return {numbers("w", {1, 4, 1}, {0, 0, 0, 1}), numbers("r", {1, 4, 1}, {0, 0, 0, 0}),
          numbers("b", {1, 8}, {0, 0, 0, 0, 0, 0, 0, 0})};
}
OnnxNode named(const char* op, const char* name, std::vector<std::string> inputs,
               std::vector<OnnxAttribute> attributes, std::vector<std::string> outputs) {
  OnnxNode n = node(op, std::move(inputs), std::move(attributes));
  n.name = name;
  n.outputs = std::move(outputs);
  return n;
}

}  // namespace

TEST_CASE("OnnxSequences: recurrent layers are written and read with all options") {
  Rng rng{1};
  for (const Index layers : {1, 2})
    for (const bool both : {false, true})
      for (const Outputs outputs : {Outputs::all, Outputs::last})
        for (const Index steps : {5, 1}) {
          CAPTURE(layers, both, outputs == Outputs::last, steps);
          const Shape shape{3, 1, steps};
          const Matrix<> x = random(3 * steps, 4);
          const auto run = [&](auto layer, const std::string& type) {
            DynamicSequential<> net{layer};
            net.add(Tanh{});
            Types expected(static_cast<std::size_t>(layers), type);
            expected.push_back("Tanh");
            check_round_trip(net, shape, x, expected);
          };
          if (steps == 1 && outputs == Outputs::last) continue;  // the same as all outputs
          run(RNN{3, 4, rng, {.layers = layers, .bidirectional = both, .outputs = outputs}}, "RNN");
          run(RNN{3,
                  4,
                  rng,
                  {.layers = layers,
                   .bidirectional = both,
                   .outputs = outputs,
                   .activation = RNNActivation::relu}},
              "RNN");
          run(LSTM{3, 4, rng, {.layers = layers, .bidirectional = both, .outputs = outputs}}, "LSTM");
          run(GRU{3, 4, rng, {.layers = layers, .bidirectional = both, .outputs = outputs}}, "GRU");
          run(GRU{3,
                  4,
                  rng,
                  {.layers = layers,
                   .bidirectional = both,
                   .outputs = outputs,
                   .reset = GRUReset::before,
                   .bias = Bias::none}},
              "GRU");
        }
}

TEST_CASE("OnnxSequences: an embedding is a Gather of tokens") {
  Rng rng{1};
  const Matrix<> tokens{{0, 4}, {3, 2}, {1, 1}};
  check_round_trip(
      DynamicSequential{Embedding{5, 3, rng}, GRU{3, 4, rng, {.outputs = Outputs::last}}, Dense{4, 2, rng}},
      {1, 1, 3}, tokens, {"Embedding", "GRU", "Dense"});
  check_round_trip(DynamicSequential{Embedding{5, 3, rng}, Dense{3, 2, rng}}, {1, 1, 3}, tokens,
                   {"Embedding", "Dense"});
  check_round_trip(DynamicSequential{Embedding{5, 3, rng}, Dense{3, 2, rng}}, {1}, tokens.topRows(1),
                   {"Embedding", "Dense"});
}

TEST_CASE("OnnxSequences: PyTorch's export of a batch-first LSTM and its last output") {
  // x [batch, time, features] -> Transpose -> LSTM -> Squeeze -> Transpose -> [:, -1]
  const std::vector<OnnxNode> nodes{named("Transpose", "a", {"x"}, {{"perm", Integers{1, 0, 2}}}, {"t"}),
                                    named("LSTM", "b", {"t", "w", "r", "b", "", "h", "h"},
                                          {{"hidden_size", std::int64_t{1}}}, {"l", "hn", "cn"}),
                                    named("Squeeze", "c", {"l", "axes"}, {}, {"s"}),
                                    named("Transpose", "d", {"s"}, {{"perm", Integers{1, 0, 2}}}, {"u"}),
                                    named("Gather", "e", {"u", "last"}, {{"axis", std::int64_t{1}}}, {"y"})};
  std::vector<OnnxTensor> constants = lstm_of_one();
  constants.push_back(numbers("axes", {1}, {1}, OnnxType::int64));
  constants.push_back(numbers("last", {}, {-1}, OnnxType::int64));
  constants.push_back(numbers("h", {1, 2, 1}, {0, 0}));
  const auto net = from_onnx(graph({-1, 3, 1}, nodes, constants));
  CHECK(types(net).back() == "LSTM");
  const Matrix<> x{{1}, {0}, {2}};
  // c_t = c_(t-1) / 2 + tanh(x_t) / 2, and y = tanh(c) / 2
  const float c = std::tanh(1.0F) / 8 + std::tanh(2.0F) / 2;
  CHECK(predict(net, Batch{x, Shape{1, 1, 3}})(0, 0) == Approx(std::tanh(c) / 2).epsilon(1e-6));
}

TEST_CASE("OnnxSequences: time before the batch is read, in both layouts") {
  const Matrix<> x{{1}, {0}, {2}};
  const float c = std::tanh(1.0F) / 8 + std::tanh(2.0F) / 2, expected = std::tanh(c) / 2;
  const auto last = [&](Integers dims, std::int64_t layout) {
    const auto net = from_onnx(graph(std::move(dims),
                                     {named("LSTM", "n", {"x", "w", "r"}, {{"layout", layout}}, {"", "y"})},
                                     lstm_of_one()));
    CHECK(types(net).back() == "LSTM");
    return predict(net, Batch{x, Shape{1, 1, 3}});
  };
  CHECK(last({3, -1, 1}, 0)(0, 0) == Approx(expected).epsilon(1e-6));
  CHECK(last({-1, 3, 1}, 1)(0, 0) == Approx(expected).epsilon(1e-6));
}

TEST_CASE("OnnxSequences: what has no layer is refused and named") {
  const auto complaint = [&](std::vector<std::string> inputs, std::vector<OnnxAttribute> attributes) {
    std::vector<OnnxTensor> constants = lstm_of_one();
    constants.push_back(numbers("lengths", {2}, {3, 2}, OnnxType::int32));
    constants.push_back(numbers("ones", {1, 2, 1}, {1, 1}));
    return error_of(graph(
        {3, 2, 1}, {named("LSTM", "n", std::move(inputs), std::move(attributes), {"", "y"})}, constants));
  };
  CHECK_THAT(complaint({"x", "w", "r", "b", "lengths"}, {}),
             ContainsSubstring("expected lengths of all time steps"));
  CHECK_THAT(complaint({"x", "w", "r", "b", "", "ones"}, {}), ContainsSubstring("an initial state of zeros"));
  CHECK_THAT(complaint({"x", "w", "r", "b"}, {{"direction", std::string{"reverse"}}}),
             ContainsSubstring("direction"));
  CHECK_THAT(complaint({"x", "w", "r", "b"}, {{"activations", Types{"Relu", "Tanh", "Tanh"}}}),
             ContainsSubstring("expected the activation Sigmoid, got Relu"));
  CHECK_THAT(complaint({"x", "w", "r", "b"}, {{"clip", 1.0}}), ContainsSubstring("clip"));
  CHECK_THAT(complaint({"x", "w", "b", "b"}, {}), ContainsSubstring("hidden"));
}

}  // namespace onnx_sequences_test
