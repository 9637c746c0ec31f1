#include "descent/inference/check_loss.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "descent/descent.hpp"
#include "support.hpp"
#include "temporary_folder.hpp"

namespace check_loss_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;
using support::values_of;

namespace {

const Dataset<> clouds = support::three_clouds(60);

/// Two classes on a line, separated by the sign.
Dataset<> two_classes() {
  Dataset<> data{.x = Matrix<>(1, 40), .y = Matrix<>(1, 40)};
  for (Index j = 0; j < 40; ++j) {
    data.y(0, j) = static_cast<float>(j % 2);
    data.x(0, j) = (j % 2 == 0 ? -1.0F : 1.0F) * (1 + static_cast<float>(j) / 40);
  }
  return data;
}

template <class... Last>
auto net_ending_in(Last... last) {
  Rng rng{1};
  return Sequential{Dense{2, 8, rng}, ReLU{}, Dense{8, 3, rng}, last...};
}

/// The message of fit, which must leave the model unchanged.
template <class M>
std::string refusal(M net, const auto& loss,
                    const FitOptions<M>& options = {.epochs = 1, .progress = silent}) {
  const auto before = values_of(net);
  const std::string text = message_of<DataError>([&] { fit(net, clouds, loss, Adam{}, options); });
  CHECK(values_of(net) == before);
  return text;
}

/// Softmax that does not declare the kind of its outputs.
struct OwnSoftmax {
  using Scalar = float;
  using Cache = Softmax<>::Cache;
  static void visit(auto&&, auto&...) {}
  Shape output_shape(const Shape& in) const { return in; }
  Batch<> forward(const Batch<>& x, Cache& c, const Pass& pass) const { return softmax.forward(x, c, pass); }
  Batch<> backward(const Batch<>& x, const Batch<>& dy, Cache& c, OwnSoftmax& gradient,
                   const Pass& pass) const {
    return softmax.backward(x, dy, c, gradient.softmax, pass);
  }
  Softmax<> softmax;
};

const std::string leave_out = "; remove the last layer: the loss expects its inputs";
const std::string log_softmax = "; end the network in LogSoftmax, or use SoftmaxCrossEntropy for logits";

}  // namespace

TEST_CASE("fit: probabilities for a loss of logits are rejected before the first step") {
  const std::string problem =
      "expected logits or other scores from the last layer, got probabilities" + leave_out;
  CHECK(refusal(net_ending_in(Softmax{}), SoftmaxCrossEntropy{}) == "SoftmaxCrossEntropy: " + problem);
  CHECK(refusal(DynamicSequential<>{net_ending_in(Softmax{})}, SoftmaxCrossEntropy{}) ==
        "SoftmaxCrossEntropy: " + problem);
  CHECK(refusal(net_ending_in(Sigmoid{}), SoftmaxCrossEntropy{}) == "SoftmaxCrossEntropy: " + problem);

  auto data = two_classes();
  Rng rng{1};
  Sequential single{Dense{1, 1, rng}, Sigmoid{}};
  const auto train = [&](auto loss) { fit(single, data, loss, Adam{}, {.epochs = 1, .progress = silent}); };
  CHECK(message_of<DataError>([&] { train(SigmoidCrossEntropy{}); }) == "SigmoidCrossEntropy: " + problem);
  CHECK(message_of<DataError>([&] { train(Hinge{}); }) == "Hinge: " + problem);
  CHECK(message_of<DataError>([&] { evaluate(single, data, SigmoidCrossEntropy{}); }) ==
        "SigmoidCrossEntropy: " + problem);
}

TEST_CASE("fit: an undeclared softmax is recognized by its values") {
  CHECK(
      refusal(net_ending_in(OwnSoftmax{}), SoftmaxCrossEntropy{}) ==
      "SoftmaxCrossEntropy: expected logits or other scores from the last layer, got probabilities: none is "
      "negative, and they sum to 1" +
          leave_out);
}

TEST_CASE(
    "fit: probabilities and logits for a loss of log-probabilities are rejected before the first step") {
  const std::string expected = "expected log-probabilities from the last layer, got ";
  CHECK(refusal(net_ending_in(Softmax{}), NegativeLogLikelihood{}) ==
        "NegativeLogLikelihood: " + expected + "probabilities" + log_softmax);
  CHECK_THAT(refusal(net_ending_in(OwnSoftmax{}), NegativeLogLikelihood{}),
             ContainsSubstring("NegativeLogLikelihood: " + expected + "numbers from 0"));
  CHECK_THAT(refusal(net_ending_in(), NegativeLogLikelihood{}),
             ContainsSubstring("NegativeLogLikelihood: " + expected + "numbers from -"));

  Dataset<> shares = clouds;
  shares.y = one_hot(clouds.y, 3);
  auto net = net_ending_in(Softmax{});
  CHECK(message_of<DataError>([&] { fit(net, shares, KullbackLeibler{}, Adam{}, {.progress = silent}); }) ==
        "KullbackLeibler: " + expected + "probabilities" + log_softmax);
}

TEST_CASE("fit: logits for a loss of probabilities are rejected before the first step") {
  Dataset<> data = clouds;
  data.y = one_hot(clouds.y, 3);
  auto net = net_ending_in();
  const auto before = values_of(net);
  CHECK_THAT(
      message_of<DataError>([&] { fit(net, data, BinaryCrossEntropy{}, Adam{}, {.progress = silent}); }),
      ContainsSubstring(
          "BinaryCrossEntropy: expected probabilities from the last layer, got numbers from -") &&
          ContainsSubstring("end the network in Sigmoid, or use SigmoidCrossEntropy for logits"));
  CHECK(values_of(net) == before);
}

TEST_CASE("fit: outputs of the kind that the loss expects are accepted") {
  const auto trains = [](auto net, const auto& loss, const Dataset<>& data) {
    CHECK_NOTHROW(fit(net, data, loss, Adam{}, {.epochs = 1, .progress = silent}));
  };
  Dataset<> shares = clouds;
  shares.y = one_hot(clouds.y, 3);
  trains(net_ending_in(), SoftmaxCrossEntropy{}, clouds);
  trains(net_ending_in(LogSoftmax{}), SoftmaxCrossEntropy{}, clouds);  // log-probabilities are logits, too
  trains(net_ending_in(LogSoftmax{}), NegativeLogLikelihood{}, clouds);
  trains(net_ending_in(LogSoftmax{}), KullbackLeibler{}, shares);
  trains(net_ending_in(Sigmoid{}), BinaryCrossEntropy{}, shares);
  trains(net_ending_in(Sigmoid{}), MeanSquaredError{}, shares);
  trains(net_ending_in(), SigmoidCrossEntropy{}, shares);
}

TEST_CASE("fit: multilabel targets are rejected by a softmax loss and by multiclass metrics") {
  Dataset<> data = clouds;
  data.y = one_hot(clouds.y, 3);
  data.y.col(7).setConstant(1);
  auto net = net_ending_in();
  const auto before = values_of(net);
  const auto train = [&](const auto& loss, std::vector<AnyMetric<>> metrics = {}) {
    fit(net, data, loss, Adam{}, {.epochs = 1, .metrics = metrics, .progress = silent});
  };
  CHECK(message_of<DataError>([&] { train(SoftmaxCrossEntropy{}); }) ==
        "SoftmaxCrossEntropy: expected probabilities with a sum of 1, got a sum of 3 for sample 7; take "
        "SigmoidCrossEntropy for several labels per sample");
  CHECK(message_of<DataError>([&] { train(SigmoidCrossEntropy{}, {Accuracy{}}); }) ==
        "accuracy: expected probabilities with a sum of 1, got a sum of 3 for sample 7; take a multilabel "
        "metric for several labels per sample");
  CHECK_THROWS_AS(evaluate(net, data, F1{}), DataError);
  CHECK(values_of(net) == before);
  CHECK_NOTHROW(train(SigmoidCrossEntropy{}, {MultilabelAccuracy{}, MultilabelExactMatch{}, MultilabelF1{}}));
}

TEST_CASE("fit: a loss as a metric is rejected if it expects outputs of another kind") {
  auto net = net_ending_in();
  CHECK_THAT(
      refusal(net, SoftmaxCrossEntropy{}, {.metrics = {NegativeLogLikelihood{}}, .progress = silent}),
      ContainsSubstring("NegativeLogLikelihood: expected log-probabilities from the last layer, got logits"));
}

TEST_CASE("fit: the threshold of metrics follows from the last layer or from the loss") {
  const Dataset<> data = two_classes();
  // With weight 1 and bias 0 the output is above 0 for every sample, and above 1/2 for the samples of class 1.
  const auto separated = [](auto last) {
    Rng rng{1};
    Sequential net{Dense{1, 1, rng}, last};
    net.template layer<0>().weight.setOnes();
    return net;
  };
  const auto measure = [&](auto net, const auto& loss, double expected) {
    const History history = fit(net, data, loss, GradientDescent{.learning_rate = 1e-3},
                                {.epochs = 1,
                                 .validation = &data,
                                 .metrics = {Accuracy{}, Precision{}, Recall{}, F1{}, MultilabelAccuracy{}},
                                 .progress = silent});
    for (const char* name : {"accuracy", "precision", "f1", "multilabel_accuracy"})
      for (const char* prefix : {"", "val_"}) {
        CAPTURE(prefix, name);
        if (expected == 1)
          CHECK(history[prefix + std::string{name}].back() == 1);
        else
          CHECK(history[prefix + std::string{name}].back() < 1);
      }
  };
  const Elementwise own_sigmoid{[](auto x) { return 1 / (1 + exp(-x)); }};
  SECTION("from the last layer") {
    const auto net = separated(Sigmoid{});
    measure(net, BinaryCrossEntropy{}, 1);
    measure(net, MeanSquaredError{}, 1);
    CHECK(evaluate(net, data, Accuracy{}) == 1);
    CHECK(evaluate(net, data, F1{}) == 1);
    CHECK(evaluate(net, data, ConfusionMatrix{2}).counts().trace() == 40);
    CHECK(evaluate(DynamicSequential<>{net}, data, Accuracy{}) == 1);
    const std::vector<Index> classes = predict_classes(net, data.x);
    for (Index j = 0; j < 40; ++j) CHECK(classes[static_cast<std::size_t>(j)] == j % 2);
  }
  SECTION("from the loss if the last layer declares nothing") {
    measure(separated(own_sigmoid), BinaryCrossEntropy{}, 1);
    measure(separated(own_sigmoid), MeanSquaredError{}, 0);
  }
  SECTION("for logits") { measure(separated(Identity{}), SigmoidCrossEntropy{}, 1); }
  SECTION("unless it is set") {
    const auto net = separated(Sigmoid{});
    CHECK(evaluate(net, data, Accuracy{.threshold = 0}) == 0.5);
    CHECK(evaluate(net, data, ConfusionMatrix{2, 0.0}).counts()(0, 1) == 20);
    CHECK(predict_classes(net, data.x, 0.0) == std::vector<Index>(40, 1));
  }
}

TEST_CASE("Trainer: the threshold of metrics is the same in a resumed epoch") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path / "run").string();
  Rng rng{1};
  Sequential net{Dense{1, 1, rng}, Sigmoid{}};
  net.layer<0>().weight.setOnes();
  const Dataset<> data = two_classes();
  FitOptions<decltype(net)> options{
      .epochs = 1, .batch_size = 10, .metrics = {Accuracy{}}, .progress = silent};
  options.on_step_end = {[](const auto& end) { return end.step == 2 ? Next::stop : Next::proceed; }};
  options.checkpoint.path = path;
  const GradientDescent slow{.learning_rate = 1e-3};
  Trainer{net, BinaryCrossEntropy{}, slow, options}.run(data);
  options.on_step_end = {};
  options.resume_from = path;
  Trainer resumed{net, BinaryCrossEntropy{}, slow, options};
  CHECK(resumed.run(data)["accuracy"].back() == 1);
}

}  // namespace check_loss_test
