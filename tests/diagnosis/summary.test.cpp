#include "descent/diagnosis/summary.hpp"

#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "descent/descent.hpp"

namespace summary_test {

using namespace descent;

namespace {

std::vector<std::string> paths_of(const Summary& s) {
  std::vector<std::string> paths;
  for (const LayerSummary& layer : s.layers) paths.push_back(layer.path);
  return paths;
}

std::string printed(const Summary& s) {
  std::ostringstream out;
  out << s;
  return out.str();
}

// A layer of one's own: no hooks, not even a name.
struct Shift {
  using Scalar = float;
  struct Cache {
    Matrix<> y;
  };
  Vector<> by = Vector<>::Zero(3);

  static void visit(auto&& f, auto&... tree) { f(Parameter{"by", Role::bias}, tree.by...); }
  Shape output_shape(const Shape& in) const { return in; }
  Batch<> forward(const Batch<>& x, Cache& c, const Pass&) const {
    c.y = x.colwise() + by;
    return x.with_numbers(c.y);
  }
  Batch<> backward(const Batch<>&, const Batch<>& dy, Cache&, Shift& gradient, const Pass&) const {
    gradient.by = dy.rowwise().sum();
    return dy;
  }
};

}  // namespace

TEST_CASE("summary: counts the parameters of published networks as Keras does") {
  Rng rng{1};
  // Chollet: Deep learning with Python (2017), 7.1.1: 2080 + 1056 + 330 = 3466.
  const Summary book =
      summary(Sequential{Dense{64, 32, rng}, ReLU{}, Dense{32, 32, rng}, ReLU{}, Dense{32, 10, rng}}, {64});
  CHECK(book.layers[0].parameters == 2080);
  CHECK(book.layers[1].parameters == 0);
  CHECK(book.layers[2].parameters == 1056);
  CHECK(book.layers[4].parameters == 330);
  CHECK(book.total.parameters == 3466);

  // mnist_mlp.py of keras-team: 401920 + 262656 + 5130 = 669706.
  const Summary mnist =
      summary(DynamicSequential{Dense{784, 512, rng}, ReLU{}, Dropout{{.keep = 0.8}}, Dense{512, 512, rng},
                                ReLU{}, Dropout{{.keep = 0.8}}, Dense{512, 10, rng}},
              {784});
  CHECK(mnist.layers[0].parameters == 401920);
  CHECK(mnist.layers[3].parameters == 262656);
  CHECK(mnist.layers[6].parameters == 5130);
  CHECK(mnist.total.parameters == 669706);
  CHECK(mnist.parameter_bytes() == 4.0 * 669706);
}

TEST_CASE("summary: counts the parameters of images, sequences and attention as other libraries do") {
  Rng rng{1};
  // LeNet-5 in PyTorch: 156 + 2416 + 48120 + 10164 + 850 = 61706.
  const Summary lenet =
      summary(Sequential{Conv2D{1, 6, rng, {.kernel = 5, .padding = 2}}, ReLU{}, MaxPool2D{},
                         Conv2D{6, 16, rng, {.kernel = 5}}, ReLU{}, MaxPool2D{}, Flatten{},
                         Dense{400, 120, rng}, ReLU{}, Dense{120, 84, rng}, ReLU{}, Dense{84, 10, rng}},
              {1, 28, 28});
  CHECK(lenet.layers[0].parameters == 156);
  CHECK(lenet.layers[3].parameters == 2416);
  CHECK(lenet.layers[3].output == Shape{16, 10, 10});
  CHECK(lenet.layers[3].flops == 2.0 * 16 * 6 * 25 * 100);
  CHECK(lenet.total.parameters == 61706);

  // Keras: Embedding(1000, 64) has 64000, LSTM(128) 4 * 128 * (64 + 128 + 1) = 98816, GRU(128) of the 128 features
  // 3 * 128 * (128 + 128 + 2) = 99072.
  const Summary sequences = summary(Sequential{Embedding{1000, 64, rng}, LSTM{64, 128, rng},
                                               GRU{128, 128, rng, {.outputs = Outputs::last}}},
                                    {.channels = 1, .width = 20});
  CHECK(sequences.layers[0].parameters == 64000);
  CHECK(sequences.layers[1].parameters == 98816);
  CHECK(sequences.layers[1].output == Shape{128, 1, 20});
  CHECK(sequences.layers[2].parameters == 99072);
  CHECK(sequences.layers[2].output == Shape{128});

  // TransformerEncoderLayer(128, 4, 512) in PyTorch: 49536 + 16512 + 66048 + 65664 + 2 * 256 = 198272.
  CHECK(summary(encoder_block(128, rng, {.heads = 4}), {128, 1, 16}).total.parameters == 198272);
}

TEST_CASE("summary: a recurrent layer multiplies at each time step, and an embedding at none") {
  Rng rng{1};
  const Sequential net{Embedding{50, 4, rng}, LSTM{4, 8, rng, {.layers = 2, .outputs = Outputs::last}},
                       Dense{8, 3, rng}};
  const Summary s = summary(net, {.channels = 1, .width = 5});
  CHECK(s.layers[0].flops == 0);
  CHECK(s.layers[1].flops == 2 * 5 * (4 * 8 * (4 + 8) + 4 * 8 * (8 + 8)));  // four gates, two layers, 5 steps
  CHECK(s.layers[2].flops == 2 * 24);
  CHECK(summary(GRU{4, 8, rng, {.outputs = Outputs::last}}, {.channels = 4, .width = 5}).total.flops ==
        2 * 5 * 3 * 8 * (4 + 8));
}

TEST_CASE("summary: separates what is learned from running statistics") {
  // Keras lists BatchNormalization over 32 features with 128 parameters, 64 of them non-trainable.
  const Summary s = summary(BatchNorm{32}, {32});
  REQUIRE(s.layers.size() == 1);
  CHECK(s.layers[0].path.empty());
  CHECK(s.layers[0].type == "BatchNorm");
  CHECK(s.total.parameters == 64);
  CHECK(s.total.state == 64);
  CHECK(s.total.flops == 0);
  CHECK(s.parameter_bytes() == 4 * 128);
}

TEST_CASE("summary: names the layers in every composition by their full paths") {
  Rng rng{1};
  DynamicSequential net;
  net.add(Dense{3, 4, rng})
      .add(Residual{Sequential{Dense{4, 4, rng}, Concat{ReLU{}, Tanh{}}, Dense{8, 4, rng}}})
      .add(DynamicSequential{Dense{4, 2, rng}, Softmax{}});
  const Summary s = summary(net, {3});
  CHECK(paths_of(s) == std::vector<std::string>{"0", "1", "1.body", "1.body.0", "1.body.1", "1.body.1.0",
                                                "1.body.1.1", "1.body.2", "2", "2.0", "2.1"});
  const std::vector<std::string> types{"Dense", "Residual", "Sequential",        "Dense", "Concat", "ReLU",
                                       "Tanh",  "Dense",    "DynamicSequential", "Dense", "Softmax"};
  const std::vector<Index> outputs{4, 4, 4, 4, 8, 4, 4, 4, 2, 2, 2};
  // Dense has in * out + out; a composition has those of its layers.
  const std::vector<Index> parameters{16, 56, 56, 20, 0, 0, 0, 36, 10, 10, 0};
  // 2 * in * out
  const std::vector<double> flops{24, 96, 96, 32, 0, 0, 0, 64, 16, 16, 0};
  REQUIRE(s.layers.size() == types.size());
  for (std::size_t i = 0; i < types.size(); ++i) {
    INFO(s.layers[i].path);
    CHECK(s.layers[i].type == types[i]);
    CHECK(s.layers[i].output == Shape{outputs[i]});
    CHECK(s.layers[i].parameters == parameters[i]);
    CHECK(s.layers[i].flops == flops[i]);
    CHECK(s.layers[i].is_composition == (types[i] != "Dense" && i != 5 && i != 6 && i != 10));
  }
  CHECK(s.total.type == "DynamicSequential");
  CHECK(s.total.output == Shape{2});
  CHECK(s.total.parameters == 82);
  CHECK(s.total.parameters == parameter_count(net));
  CHECK(s.total.flops == 136);
  CHECK(s.output_bytes() == 4 * (4 + 4 + 4 + 4 + 4 + 2 + 2));  // 0, 1.body.{0, 1.0, 1.1, 2}, 2.0, 2.1
}

TEST_CASE("summary: counts the products of a layer at every position") {
  Rng rng{1};
  const Shape image{.channels = 2, .height = 3, .width = 4};
  const Summary s =
      summary(Sequential{Dense<double>{2, 8, rng}, Flatten<double>{}, Dense<double>{96, 5, rng}}, image);
  CHECK(s.layers[0].output == Shape{8, 3, 4});
  CHECK(s.layers[0].flops == 2 * 16 * 12);
  CHECK(s.layers[1].output == Shape{96});
  CHECK(s.layers[2].flops == 2 * 480);
  CHECK(s.parameter_bytes() == 8 * (24 + 485));
}

TEST_CASE("summary: a layer without hooks is counted") {
  Rng rng{1};
  const Summary s = summary(Sequential{Dense{2, 3, rng}, Shift{}}, {2});
  CHECK(s.layers[1].type.empty());
  CHECK(s.layers[1].output == Shape{3});
  CHECK(s.layers[1].parameters == 3);
  CHECK(s.layers[1].flops == 0);
}

TEST_CASE("summary: prints a table with totals") {
  Rng rng{1};
  const Residual block{Sequential{Dense{512, 512, rng}, BatchNorm{512}, ReLU{}}};
  CHECK(printed(summary(Sequential{Dense{784, 512, rng}, block, Dense{512, 10, rng}}, {784})) ==
        "layer         type        output  parameters  state      flops\n"
        "0             Dense       512        401,920      0    802,816\n"
        "1             Residual    512        263,680  1,024    524,288\n"
        "  1.body      Sequential  512        263,680  1,024    524,288\n"
        "    1.body.0  Dense       512        262,656      0    524,288\n"
        "    1.body.1  BatchNorm   512          1,024  1,024          0\n"
        "    1.body.2  ReLU        512              0      0          0\n"
        "2             Dense       10           5,130      0     10,240\n"
        "total         Sequential  10         670,730  1,024  1,337,344\n"
        "memory: 2.56 MB of parameters and state, 8.04 KB of outputs per sample\n");
}

TEST_CASE("summary: rejects a shape that the model does not take") {
  Rng rng{1};
  const Sequential net{Dense{4, 3, rng}, ReLU{}};
  CHECK_THROWS_WITH(summary(net, {5}), Catch::Matchers::ContainsSubstring("expected 4 features, got 5"));
  CHECK_THROWS_AS(summary(Sequential{ReLU{}}, {0}), ShapeError);
}

}  // namespace summary_test
