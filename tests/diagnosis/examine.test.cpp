#include "descent/diagnosis/examine.hpp"

#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "descent/data/split.hpp"
#include "descent/data/standardize.hpp"
#include "descent/data/synthetic.hpp"
#include "descent/io/csv.hpp"
#include "descent/layers/activations/relu.hpp"
#include "descent/layers/activations/sigmoid.hpp"
#include "descent/layers/activations/softmax.hpp"
#include "descent/layers/convolution/conv2d.hpp"
#include "descent/layers/dense.hpp"
#include "descent/layers/embedding.hpp"
#include "descent/layers/pooling/global_average_pool.hpp"
#include "descent/layers/recurrent/gru.hpp"
#include "descent/layers/recurrent/lstm.hpp"
#include "descent/losses/binary_cross_entropy.hpp"
#include "descent/losses/mean_squared_error.hpp"
#include "descent/losses/softmax_cross_entropy.hpp"
#include "descent/models/dynamic_sequential.hpp"
#include "descent/models/residual.hpp"
#include "descent/models/sequential.hpp"

namespace examine_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;

namespace {

Dataset<> digits() { return read_csv(DESCENT_EXAMPLES_DIR "/data/digits.csv", {.label = "label"}); }

}  // namespace

TEST_CASE("examine: healthy data and a healthy network have no alarm, and the digits two notes") {
  auto [train, dev, test] = split(digits(), {.train = 0.6, .dev = 0.2, .stratify = true, .seed = 1});
  const Standardize scale{train.x};
  scale.apply(train.x), scale.apply(dev.x);
  Rng rng{1};
  const Sequential net{Dense{64, 64, rng}, ReLU{}, Dense{64, 10, rng}};
  const Findings findings = examine(net, train, SoftmaxCrossEntropy{}, {.validation = &dev});
  CHECK(findings.worst() == Severity::note);
  CHECK(findings.find("constant features") != nullptr);  // pixels in the corners
  CHECK(findings.find("wrong labels") != nullptr);       // a few digits that are hard to read
  CHECK(findings.size() == 2);
}

TEST_CASE("examine: a network that scales its inputs takes raw features") {
  const auto data = digits();
  Rng rng{1};
  const auto rest = [&] { return Sequential{Dense{64, 64, rng}, ReLU{}, Dense{64, 10, rng}}; };
  CHECK(examine(rest(), data, SoftmaxCrossEntropy{}).find("feature scale") != nullptr);
  CHECK(examine(Sequential{Standardize{data.x}, rest()}, data, SoftmaxCrossEntropy{}).worst() ==
        Severity::note);
}

TEST_CASE("examine: a fault of the data is a finding, not an exception") {
  Rng rng{1};
  const Dense<> net{3, 2, rng};
  const auto data = blobs({.samples = 60});  // two features
  const Findings shape = examine(net, data, SoftmaxCrossEntropy{});
  REQUIRE(shape.size() == 1);
  CHECK(shape[0].rule == "usable data");
  CHECK(shape[0].severity == Severity::error);
  CHECK_THAT(shape[0].what, ContainsSubstring("expected 3 features, got 2"));

  const Dense<> two{2, 2, rng};  // three classes
  const Findings classes = examine(two, data, SoftmaxCrossEntropy{});
  REQUIRE(classes.find("outputs and loss") != nullptr);
  CHECK_THAT(classes.find("outputs and loss")->what,
             ContainsSubstring("expected a class from 0 to 1, got 2"));
}

TEST_CASE("examine: prints rule, place, observation and cure, the worst first") {
  auto data = blobs({.samples = 300, .spread = 3, .seed = 2});
  data.x.row(1) *= 20;
  data.feature_names = {"width", "height"};
  Rng rng{1};
  std::ostringstream out;
  out << examine(Sequential{Dense{2, 3, rng}, Softmax{}}, data, SoftmaxCrossEntropy{});
  CHECK_THAT(out.str(), ContainsSubstring("error    outputs and loss: SoftmaxCrossEntropy: expected logits"));
  CHECK_THAT(out.str(), ContainsSubstring(
                            "warning  feature scale in \"height\": expected a root mean square of at most 5 "
                            "for the largest feature, got "));
  CHECK(out.str().find("error") < out.str().find("warning"));
}

TEST_CASE("examine: one-hot targets, probabilities and autoencoders are no faults") {
  auto data = blobs({.samples = 300, .classes = 2, .features = 4, .spread = 2, .seed = 4});
  const Standardize scale{data.x};
  scale.apply(data.x);
  Rng rng{1};
  auto one_hot = data;
  one_hot.y = Matrix<>::Zero(2, data.samples());
  for (Index j = 0; j < data.samples(); ++j) one_hot.y(static_cast<Index>(data.y(0, j)), j) = 1;
  CHECK(examine(Sequential{Dense{4, 8, rng}, ReLU{}, Dense{8, 2, rng}}, one_hot, SoftmaxCrossEntropy{})
            .worst() == Severity::note);
  CHECK(examine(Sequential{Dense{4, 8, rng}, ReLU{}, Dense{8, 1, rng}, Sigmoid{}}, data, BinaryCrossEntropy{})
            .worst() == Severity::note);
  auto copy = data;
  copy.y = data.x;
  CHECK(examine(Sequential{Dense{4, 3, rng}, ReLU{}, Dense{3, 4, rng}}, copy, MeanSquaredError{}).worst() ==
        Severity::note);
}

TEST_CASE("examine: a residual branch that begins at zero is no symmetry") {
  auto data = blobs({.samples = 300, .classes = 3, .features = 4, .spread = 2, .seed = 4});
  const Standardize scale{data.x};
  scale.apply(data.x);
  Rng rng{1};
  Sequential net{Dense{4, 8, rng}, Residual{Sequential{Dense{8, 8, rng}, ReLU{}, Dense{8, 8, rng}}},
                 Dense{8, 3, rng}};
  net.layer<1>().body.layer<2>().weight.setZero();
  CHECK(examine(net, data, SoftmaxCrossEntropy{}).find("symmetric units") == nullptr);
}

TEST_CASE("examine: measures images by channel, so that constant pixels are no finding") {
  auto images = digits();
  images.shape = {.channels = 1, .height = 8, .width = 8};
  images.x = (images.x.array() - 5) / 6;
  images.x.topRows(20).setConstant(-1);
  Rng rng{1};
  const Sequential net{Conv2D{1, 8, rng, {.kernel = 3}}, ReLU{}, GlobalAveragePool{}, Dense{8, 10, rng}};
  const Findings findings = examine(net, images, SoftmaxCrossEntropy{});
  CAPTURE(findings);
  CHECK(findings.find("constant features") == nullptr);
  CHECK(findings.worst() == Severity::note);

  Dataset<> two{
      .x = Matrix<>(128, images.samples()), .y = images.y, .shape = {.channels = 2, .height = 8, .width = 8}};
  for (Index i = 0; i < 64; ++i) {
    two.x.row(2 * i) = 10 * images.x.row(i);
    two.x.row(2 * i + 1).setConstant(1);
  }
  const Sequential wide{Conv2D{2, 8, rng, {.kernel = 3}}, ReLU{}, GlobalAveragePool{}, Dense{8, 10, rng}};
  const Findings channels = examine(wide, two, SoftmaxCrossEntropy{});
  REQUIRE(channels.find("constant features") != nullptr);
  CHECK(channels.find("constant features")->place == "channel 1");
  CHECK_THAT(channels.find("constant features")->what, ContainsSubstring("1 of 2 channels are constant"));
  REQUIRE(channels.find("feature scale") != nullptr);
  CHECK(channels.find("feature scale")->place == "channel 0");
}

TEST_CASE("examine: an autoencoder of images with constant pixels is no fault") {
  auto images = digits();
  images.x /= 16;
  images.y = images.x;
  Rng rng{1};
  const Findings findings =
      examine(Sequential{Dense{64, 16, rng}, ReLU{}, Dense{16, 64, rng}}, images, MeanSquaredError{});
  CHECK(findings.find("target scale") == nullptr);
}

TEST_CASE("examine: tokens have neither scale nor distance") {
  // The class is that of the first of 8 tokens; each is one of 30.
  Rng rng{1};
  Dataset<> words{.x = Matrix<>(8, 400), .y = Matrix<>(1, 400), .shape = {.channels = 1, .width = 8}};
  for (float& token : words.x.reshaped()) token = static_cast<float>(rng.below(30));
  words.y = words.x.row(0).unaryExpr([](float token) { return token < 15 ? 0.0F : 1.0F; });
  words.x.col(0) = words.x.col(1), words.x.col(2) = words.x.col(3);
  const Sequential net{Embedding{30, 8, rng}, GRU{8, 12, rng, {.outputs = Outputs::last}}, Dense{12, 2, rng}};
  const Findings findings = examine(net, words, SoftmaxCrossEntropy{});
  CAPTURE(findings);
  CHECK(findings.size() == 0);
}

TEST_CASE("examine: targets of time steps are neither rare nor few") {
  // 30 texts of 40 characters, of which one is rare, each with the next one as its target.
  Rng rng{1};
  Dataset<> text{.x = Matrix<>(40, 30), .y = Matrix<>(40, 30), .shape = {.channels = 1, .width = 40}};
  for (float& token : text.x.reshaped()) token = rng.uniform() < 0.01 ? 4 : static_cast<float>(rng.below(4));
  text.y.topRows(39) = text.x.bottomRows(39), text.y.bottomRows(1).setZero();
  const Sequential net{Embedding{5, 8, rng}, LSTM{8, 12, rng}, Dense{12, 5, rng}};
  const Findings classes = examine(net, text, SoftmaxCrossEntropy{});
  CAPTURE(classes);
  CHECK(classes.size() == 0);

  // A target that is the same at one time step differs at others.
  auto sums = text;
  sums.x = (sums.x.array() - 1.5F);
  sums.y = sums.x / 2;
  sums.y.topRows(1).setConstant(1);
  const Sequential regression{GRU{1, 12, rng}, Dense{12, 1, rng}};
  const Findings numbers = examine(regression, sums, MeanSquaredError{});
  CAPTURE(numbers);
  CHECK(numbers.find("target scale") == nullptr);
  sums.y.array() += 20;
  REQUIRE(examine(regression, sums, MeanSquaredError{}).find("target scale") != nullptr);
}

TEST_CASE("examine: the padding of sequences has no effect") {
  Rng rng{1};
  Dataset<> data{.x = Matrix<>(12, 200), .y = Matrix<>(1, 200), .shape = {.channels = 1, .width = 12}};
  for (float& value : data.x.reshaped()) value = static_cast<float>(rng.normal());
  for (Index j = 0; j < 200; ++j) {
    data.lengths.push_back(4 + j % 5);
    data.y(0, j) = static_cast<float>(j % 2);
    data.x.col(j).head(4).array() += 2 * data.y(0, j) - 1;
  }
  const Sequential net{LSTM{1, 12, rng, {.outputs = Outputs::last}}, Dense{12, 2, rng}};
  const auto text = [&](float padding) {
    auto padded = data;
    for (Index j = 0; j < 200; ++j)
      padded.x.col(j).tail(12 - data.lengths[static_cast<std::size_t>(j)]).setConstant(padding);
    std::ostringstream out;
    out << examine(net, padded, SoftmaxCrossEntropy{}, {.validation = &padded});
    return out.str();
  };
  CHECK(text(0) == text(1e6F));
  CHECK(text(0).find("feature scale") == std::string::npos);
  CHECK(text(0).find("constant features") == std::string::npos);
}

TEST_CASE("examine: a residual branch that ends in ReLU limits no output") {
  auto data = noisy_regression({.samples = 300, .features = 4, .noise = 0.1, .seed = 3});
  Rng rng{1};
  const Sequential net{Dense{4, 1, rng}, Residual{Sequential{Dense{1, 1, rng}, ReLU{}}}};
  CHECK(examine(net, data, MeanSquaredError{}).find("output range") == nullptr);
  const Sequential bounded{Dense{4, 1, rng}, Sequential{Dense{1, 1, rng}, ReLU{}}};
  CHECK(examine(bounded, data, MeanSquaredError{}).find("output range") != nullptr);
}

TEST_CASE("examine: neighbors that know little of a rare class are no wrong labels") {
  // 20 % of class 1, whatever the features: 7.5 % of the samples have 0 or 1 neighbors of their class 1 in 10.
  Rng rng{4};
  Dataset<> data{.x = Matrix<>(6, 1000), .y = Matrix<>(1, 1000)};
  for (float& value : data.x.reshaped()) value = static_cast<float>(rng.normal());
  for (float& label : data.y.reshaped()) label = rng.uniform() < 0.2 ? 1 : 0;
  const Sequential net{Dense{6, 8, rng}, ReLU{}, Dense{8, 2, rng}};
  const Findings findings = examine(net, data, SoftmaxCrossEntropy{});
  REQUIRE(findings.find("wrong labels") != nullptr);
  CHECK(findings.find("wrong labels")->severity == Severity::note);
  CHECK(findings.find("wrong labels")->measured > 0.04);
}

TEST_CASE("examine: leaves data and model as they are") {
  const auto data = blobs({.samples = 60});
  Rng rng{1};
  const DynamicSequential<> net{Dense{2, 4, rng}, ReLU{}, Dense{4, 3, rng}};
  const auto copy = net;
  const auto x = data.x;
  examine(net, data, SoftmaxCrossEntropy{}, {.validation = &data});
  CHECK(data.x == x);
  CHECK(net[0].get_if<Dense<>>()->weight == copy[0].get_if<Dense<>>()->weight);
}

TEST_CASE("likely_wrong_labels: lists the rows whose neighbors agree on another class") {
  auto data = blobs({.samples = 300, .spread = 40, .seed = 7});
  for (const Index row : {7, 100, 250})
    data.y(0, row) = static_cast<float>((static_cast<int>(data.y(0, row)) + 1) % 3);
  const std::vector<Index> rows = likely_wrong_labels(data);
  for (const Index row : {7, 100, 250}) CHECK(std::count(rows.begin(), rows.end(), row) == 1);
  CHECK(rows.size() == 3);
  data.y *= 0.5F;  // no classes
  CHECK(likely_wrong_labels(data).empty());
}

}  // namespace examine_test
