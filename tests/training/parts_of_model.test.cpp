#include "descent/training/parts_of_model.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "descent/inference/predict.hpp"
#include "descent/layers/activations/relu.hpp"
#include "descent/layers/dense.hpp"
#include "descent/layers/normalization/batch_norm.hpp"
#include "descent/losses/mean_squared_error.hpp"
#include "descent/losses/softmax_cross_entropy.hpp"
#include "descent/models/dynamic_sequential.hpp"
#include "descent/models/residual.hpp"
#include "descent/models/sequential.hpp"
#include "descent/optimizers/adam.hpp"
#include "descent/optimizers/adamw.hpp"
#include "descent/optimizers/gradient_descent.hpp"
#include "descent/optimizers/momentum.hpp"
#include "descent/regularizers/l2.hpp"
#include "descent/training/fit.hpp"
#include "descent/training/trainer.hpp"
#include "descent/transforms/clip_by_global_norm.hpp"
#include "descent/transforms/max_norm.hpp"
#include "support.hpp"
#include "temporary_folder.hpp"

namespace parts_of_model_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using support::message_of;
using support::values_of;

namespace {

auto network(std::uint64_t seed = 1) {
  Rng rng{seed};
  return Sequential{Dense{2, 8, rng}, BatchNorm{8}, ReLU{}, Dense{8, 3, rng}};
}

template <class M>
FitOptions<M> options_for(const M&) {
  return {.epochs = 3, .batch_size = 8, .seed = 1, .progress = silent};
}

/// A layer with one weight: y = w x, so that steps can be computed by hand.
Dense<double> line(double w) { return Dense<double>{Matrix<double>::Constant(1, 1, w)}; }

}  // namespace

TEST_CASE("fit: frozen layers keep every bit under weight decay, constraint, L2 and averaging") {
  const auto data = support::three_clouds(50);
  const auto before = network();
  auto options = options_for(before);
  options.frozen = {"0", "1"};
  options.regularizer = L2{.lambda = 5};
  options.constraint = MaxNorm{.limit = 0.1};
  options.average_weights = 0.9;
  options.accumulate = 2;
  auto net = before;
  fit(net, data, SoftmaxCrossEntropy{}, AdamW{.weight_decay = 0.3, .decays = Decays::all}, options);
  CHECK(values_of(net.layer<0>()) == values_of(before.layer<0>()));
  CHECK(values_of(net.layer<1>()) == values_of(before.layer<1>()));  // its running statistics too
  CHECK(values_of(net.layer<3>()) != values_of(before.layer<3>()));
}

TEST_CASE("fit: a single parameter can be frozen") {
  const auto data = support::three_clouds(50);
  const auto before = network();
  auto options = options_for(before);
  options.frozen = {"3.bias"};
  auto net = before;
  fit(net, data, SoftmaxCrossEntropy{}, Adam{}, options);
  CHECK(net.layer<3>().bias == before.layer<3>().bias);
  CHECK(net.layer<3>().weight != before.layer<3>().weight);
  CHECK(net.layer<0>().bias != before.layer<0>().bias);
}

TEST_CASE("fit: layers of a network that is built at run time are frozen by the same names") {
  const auto data = support::three_clouds(50);
  Rng rng{1};
  DynamicSequential<> net{Residual{Sequential{Dense{2, 2, rng}}}, Dense{2, 3, rng}};
  const auto before = net;
  auto options = options_for(net);
  options.frozen = {"0.body"};
  fit(net, data, SoftmaxCrossEntropy{}, Momentum{.learning_rate = 0.1}, options);
  CHECK(values_of(net[0]) == values_of(before[0]));
  CHECK(values_of(net[1]) != values_of(before[1]));
}

TEST_CASE("fit: a frozen BatchNorm normalizes by its running statistics") {
  const auto data = support::three_clouds(50);
  auto net = network();
  net.layer<1>().running_mean.setConstant(0.5F);
  auto options = options_for(net);
  options.frozen = {"0", "1"};
  Trainer trainer{net, SoftmaxCrossEntropy{}, GradientDescent{.learning_rate = 0.0}, options};
  // With a learning rate of 0, the objective of the step is the loss in inference.
  const double objective = trainer.step(data.x, data.y);
  CHECK_THAT(objective, WithinRel(evaluate(net, data, SoftmaxCrossEntropy{}), 1e-6));
  CHECK(trainer.step(data.x.leftCols(1), data.y.leftCols(1)) > 0);  // even a single sample is enough
}

TEST_CASE("fit: the penalty and the clipped norm are those of the parts that are not frozen") {
  // y = b a x with a = 2, b = 3, x = 1 and the target 5: the error is 1.
  Sequential net{line(2), line(3)};
  FitOptions<decltype(net)> options{.regularizer = L2{.lambda = 2}, .progress = silent};
  options.frozen = {"0"};
  const Matrix<double> x = Matrix<double>::Constant(1, 1, 1), y = Matrix<double>::Constant(1, 1, 5);
  SECTION("penalty") {
    // lambda / 2m * b^2 = 2 / 2 * 9, to which a would add 4.
    const double loss = evaluate(net, Dataset<double>{x, y}, MeanSquaredError{});
    Trainer trainer{net, MeanSquaredError{}, GradientDescent{.learning_rate = 0.1}, options};
    CHECK_THAT(trainer.step(x, y), WithinRel(loss + 9, 1e-12));
  }
  SECTION("norm") {
    // The gradient of b alone is clipped to length 1; with that of a it would become shorter.
    options.regularizer = {};
    options.clip = ClipByGlobalNorm{.limit = 1};
    Trainer trainer{net, MeanSquaredError{}, GradientDescent{.learning_rate = 0.1}, options};
    trainer.step(x, y);
    CHECK_THAT(trainer.model.layer<1>().weight(0, 0), WithinRel(3 - 0.1, 1e-12));
  }
}

TEST_CASE("fit: a rate factor multiplies the learning rate of a layer, for every optimizer") {
  const auto data = support::three_clouds<double>(24);
  Rng rng{1};
  const Sequential before{Dense<double>{2, 4, rng}, Dense<double>{4, 3, rng}};
  const auto check = [&](auto slow, auto fast) {
    auto options = options_for(before);
    Trainer scaled{before, SoftmaxCrossEntropy{}, fast, options};
    scaled.options.rate_factors = {{"0", 0.25}};
    Trainer whole{before, SoftmaxCrossEntropy{}, slow, options};
    scaled.step(data.x, data.y);
    whole.step(data.x, data.y);
    CHECK((scaled.model.template layer<0>().weight - whole.model.template layer<0>().weight).norm() < 1e-14);
    CHECK((scaled.model.template layer<1>().weight - whole.model.template layer<1>().weight).norm() > 1e-6);
  };
  check(GradientDescent{.learning_rate = 0.1}, GradientDescent{.learning_rate = 0.4});
  check(Adam{.learning_rate = 0.01}, Adam{.learning_rate = 0.04});
  check(AdamW{.learning_rate = 0.01, .weight_decay = 0.5}, AdamW{.learning_rate = 0.04, .weight_decay = 0.5});
}

TEST_CASE("fit: the first rate factor that fits applies, 0 included") {
  const auto data = support::three_clouds(24);
  const auto before = network();
  Trainer trainer{before, SoftmaxCrossEntropy{}, Adam{}, options_for(before)};
  trainer.options.rate_factors = {{"0.weight", 0}, {"0", 1}};
  trainer.step(data.x, data.y);
  CHECK(trainer.model.layer<0>().weight == before.layer<0>().weight);
  CHECK(trainer.model.layer<0>().bias != before.layer<0>().bias);
}

TEST_CASE(
    "fit: names of parts that do not exist and factors out of range are refused before the first step") {
  const auto data = support::three_clouds(24);
  auto net = network();
  const auto before = values_of(net);
  auto options = options_for(net);
  options.frozen = {"4"};
  CHECK_THAT(
      message_of<DataError>([&] { fit(net, data, SoftmaxCrossEntropy{}, Adam{}, options); }),
      ContainsSubstring("fit: expected in .frozen the name of a layer or of a parameter, got \"4\"; the "
                        "parameters are [0.weight, 0.bias, 1.gamma, 1.beta, 3.weight, 3.bias, "
                        "1.running_mean, 1.running_variance]; count the layers from 0"));
  options.frozen = {};
  options.rate_factors = {{"0", -1}};
  CHECK_THAT(message_of<DataError>([&] { fit(net, data, SoftmaxCrossEntropy{}, Adam{}, options); }),
             ContainsSubstring("rate_factors"));
  CHECK(values_of(net) == before);
  Trainer trainer{net, SoftmaxCrossEntropy{}, Adam{}, options_for(net)};
  trainer.options.frozen = {"0.weights"};
  CHECK_THROWS_AS(trainer.step(data.x, data.y), DataError);
}

TEST_CASE(
    "checkpoint: a run with frozen layers resumes with the same bits, and with other names not at all") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path / "frozen.ckpt").string();
  const auto data = support::three_clouds(50);
  const auto net = network();
  auto options = options_for(net);
  options.frozen = {"0"};
  options.rate_factors = {{"1", 0.5}};
  Trainer whole{net, SoftmaxCrossEntropy{}, Adam{}, options}, first = whole;
  whole.run(data, 4);
  first.run(data, 2);
  first.save(path);

  options.resume_from = path;
  Trainer second{net, SoftmaxCrossEntropy{}, Adam{}, options};
  second.run(data, 2);
  CHECK(values_of(second.model) == values_of(whole.model));

  options.frozen = {"1"};
  CHECK_THAT(message_of<FormatError>([&] {
               Trainer{net, SoftmaxCrossEntropy{}, Adam{}, options};
             }),
             ContainsSubstring("expected the names in .frozen of the run, got others"));
  options.frozen = {};
  CHECK_THAT(message_of<FormatError>([&] {
               Trainer{net, SoftmaxCrossEntropy{}, Adam{}, options};
             }),
             ContainsSubstring("frozen"));
}

namespace {

/// An identity that counts its backward passes.
struct Counted {
  using Scalar = float;
  struct Cache {
    Matrix<> y;
  };
  int* passes;

  static void visit(auto&&, auto&...) {}
  Shape output_shape(const Shape& in) const { return in; }
  Batch<> forward(const Batch<>& x, Cache& c, const Pass&) const {
    c.y = x;
    return x.with_numbers(c.y);
  }
  Batch<> backward(const Batch<>&, const Batch<>& dy, Cache& c, Counted&, const Pass&) const {
    ++*passes;
    c.y = dy;
    return dy.with_numbers(c.y);
  }
};

}  // namespace

TEST_CASE("fit: no backward pass through frozen layers before the first that is trained") {
  const auto data = support::three_clouds(50);
  int before = 0, inside = 0, after = 0;
  Rng rng{1};
  const Dense first{2, 8, rng}, second{8, 8, rng}, third{8, 3, rng};
  const auto check = [&](auto net, std::vector<std::string> frozen, int passes_before, int passes_inside) {
    auto options = options_for(net);
    options.frozen = frozen;
    before = inside = after = 0;
    Trainer trainer{net, SoftmaxCrossEntropy{}, Adam{}, options};
    trainer.step(data.x, data.y);
    CHECK(before == passes_before);
    CHECK(inside == passes_inside);
    CHECK(after == 1);
    return values_of(trainer.model);
  };
  const Sequential fixed{first, Counted{&before}, Sequential{second, Counted{&inside}, third},
                         Counted{&after}};
  const DynamicSequential<> dynamic{first, Counted{&before},
                                    DynamicSequential<>{second, Counted{&inside}, third}, Counted{&after}};
  const auto all = check(fixed, {"0.bias"}, 1, 1);
  const auto last = check(fixed, {"0", "2.0"}, 0, 1);  // the inner chain returns a gradient
  CHECK(last == check(dynamic, {"0", "2.0"}, 0, 0));
  check(fixed, {"0"}, 0, 1);
  check(dynamic, {"0"}, 0, 1);
  check(dynamic, {"2"}, 1, 1);
  // The trained layer gets the same bits as if all were trained.
  CHECK(std::vector(last.end() - 27, last.end()) == std::vector(all.end() - 27, all.end()));
}

TEST_CASE("fit: a layer that is frozen in the middle of a run, between two parts of a step, keeps its bits") {
  const auto data = support::three_clouds(50);
  auto net = network();
  auto options = options_for(net);
  options.accumulate = 4;
  Trainer trainer{net, SoftmaxCrossEntropy{}, Adam{}, options};
  trainer.run(data, 1);
  const auto before = values_of(trainer.model.layer<0>());
  trainer.options.frozen = {"0", "1"};
  trainer.run(data, 1);
  CHECK(values_of(trainer.model.layer<0>()) == before);
}

TEST_CASE("FrozenLayers: are found by position, in compositions too") {
  FrozenLayers layers;
  layers.add("2.body.1");
  layers.add("4");
  layers.add("5.weight");
  CHECK_FALSE(layers.is_whole());
  CHECK(layers.inside(4)->is_whole());
  CHECK(layers.inside(4)->inside(7)->is_whole());
  CHECK(layers.inside(3) == nullptr);
  CHECK_FALSE(layers.inside(2)->is_whole());
  CHECK(layers.inside(2)->inside(0)->inside(1)->is_whole());
  layers.train_from("2.body.3.weight");
  CHECK(layers.first_trained() == 2);
  CHECK(layers.inside(2)->first_trained() == 0);
  CHECK(layers.inside(2)->inside(0)->first_trained() == 3);
  CHECK((layers.inside(5) == nullptr || !layers.inside(5)->is_whole()));
}

}  // namespace parts_of_model_test
