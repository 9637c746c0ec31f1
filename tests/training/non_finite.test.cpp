#include "descent/training/non_finite.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "catch.hpp"
#include "descent/layers/activations/elementwise.hpp"
#include "descent/layers/activations/relu.hpp"
#include "descent/layers/dense.hpp"
#include "descent/layers/identity.hpp"
#include "descent/losses/softmax_cross_entropy.hpp"
#include "descent/models/concat.hpp"
#include "descent/models/dynamic_sequential.hpp"
#include "descent/models/residual.hpp"
#include "descent/models/sequential.hpp"
#include "descent/optimizers/adam.hpp"
#include "descent/optimizers/gradient_descent.hpp"
#include "descent/training/fit.hpp"
#include "support.hpp"

namespace non_finite_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;
using support::values_of;

namespace {

const float nan = detail::not_a_number<float>();
const Dataset<> data = support::three_clouds(30);
const std::string cure =
    "; lower the learning rate, or bring the inputs to mean 0 and deviation 1; the model is as it was before "
    "the step";

template <class M>
bool is_finite(const M& model) {
  const auto values = values_of(model);
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

template <class M>
void plant_nan(M& model, const std::string& path) {
  int planted = 0;
  M::visit(
      [&](const Parameter& p, auto& leaf) {
        if (p.name.path() == path) leaf(0) = nan, ++planted;
      },
      model);
  REQUIRE(planted == 1);
}

/// A loss that is finite and whose gradient is not.
struct Cliff {
  WeightedSum value(Batch<>, Batch<>, SampleWeights<>) const { return {1, 1}; }
  WeightedSum value_and_gradient(Batch<> p, Batch<>, Matrix<>& dy, SampleWeights<>) const {
    dy.setConstant(p.rows(), p.cols(), detail::infinity<float>());
    return {1, 1};
  }
};

}  // namespace

TEST_CASE("fit: divergence is reported with step and learning rate and the first layer that is not finite") {
  // The first step makes weights of about 1e29: the output of one layer is finite, the product of two overflows.
  const GradientDescent absurd{.learning_rate = 1e30};
  const std::string expected =
      R"(fit: expected a finite loss, got -?(nan|inf) at step 2 with learning rate 1e\+30; )"
      R"(it begins in the output of layer "2")" +
      cure;
  const auto expect_error = [&](auto net) {
    const auto before = values_of(net);
    const std::string text = message_of<NumericalError>([&] {
      fit(net, data, SoftmaxCrossEntropy{}, absurd, {.batch_size = full_batch, .progress = silent});
    });
    CHECK_THAT(text, Catch::Matchers::Matches(expected));
    CHECK(values_of(net) != before);  // the first step was taken
    CHECK(is_finite(net));
  };
  SECTION("Sequential") { expect_error(support::plain_net()); }
  SECTION("DynamicSequential") {
    expect_error(
        DynamicSequential<>{support::plain_net().layer<0>(), ReLU{}, support::plain_net().layer<2>()});
  }
}

TEST_CASE("Trainer: a failed step leaves model and trainer unchanged") {
  Trainer trainer{support::plain_net(),
                  SoftmaxCrossEntropy{},
                  GradientDescent{.learning_rate = 1e30},
                  {.batch_size = full_batch, .progress = silent}};
  trainer.step(data.x, data.y);
  const auto before = values_of(trainer.model);
  CHECK_THROWS_AS(trainer.step(data.x, data.y), NumericalError);
  CHECK(values_of(trainer.model) == before);
  CHECK(trainer.steps() == 1);
}

TEST_CASE("fit: diverging runs throw and leave a finite model") {
  // 1e300 overflows float in the first step, which in the first section is also the last.
  const double rate = GENERATE(1e30, 1e300);
  CAPTURE(rate);
  auto net = support::plain_net();
  const auto train = [&](int epochs) {
    fit(net, data, SoftmaxCrossEntropy{}, GradientDescent{.learning_rate = rate},
        {.epochs = epochs, .batch_size = full_batch, .progress = silent});
  };
  SECTION("one step") {
    if (rate > std::numeric_limits<float>::max())
      CHECK_THROWS_AS(train(1), NumericalError);
    else
      train(1);
  }
  SECTION("more steps") { CHECK_THROWS_AS(train(5), NumericalError); }
  CHECK(is_finite(net));
}

TEST_CASE("fit: a parameter that is not a number is named") {
  for (const char* path : {"0.weight", "0.bias", "2.weight", "2.bias"}) {
    auto net = support::plain_net();
    plant_nan(net, path);
    CAPTURE(path);
    const std::string text = message_of<NumericalError>(
        [&] { fit(net, data, SoftmaxCrossEntropy{}, Adam{}, {.batch_size = 10, .progress = silent}); });
    CHECK_THAT(text, ContainsSubstring("at step 1 with learning rate 0.001") &&
                         ContainsSubstring(detail::joined("it begins in parameter \"", path, '"')));
  }
}

TEST_CASE("fit: a gradient that is not finite is rejected before the model is updated") {
  auto net = support::plain_net();
  CHECK(message_of<NumericalError>([&] {
          fit(net, data, Cliff{}, GradientDescent{.learning_rate = 0.5},
              {.batch_size = 10, .progress = silent});
        }) ==
        "fit: expected a finite gradient, got nan at step 1 with learning rate 0.5; it begins in the "
        "gradient of "
        "\"2.bias\"" +
            cure);
  CHECK(values_of(net) == values_of(support::plain_net()));
}

TEST_CASE("first_fault_forward: the origin is a parameter or an output or the loss itself") {
  auto net = support::plain_net();
  decltype(net)::Cache cache;
  net.forward(data.x, cache, Pass::inference());
  CHECK(detail::first_fault_forward(net, cache) == "the loss itself");

  SECTION("an output") {
    Matrix<> x = data.x;
    x(0, 7) = detail::infinity<float>();
    net.forward(x, cache, Pass::inference());
    CHECK(detail::first_fault_forward(net, cache) == "the output of layer \"0\"");
  }
  SECTION("a parameter precedes the outputs and later parameters") {
    plant_nan(net, "2.weight");
    net.forward(data.x, cache, Pass::inference());
    CHECK(detail::first_fault_forward(net, cache) == "parameter \"2.weight\"");
    plant_nan(net, "0.bias");
    CHECK(detail::first_fault_forward(net, cache) == "parameter \"0.bias\"");
  }
  SECTION("a single layer has no path") {
    const auto& layer = net.layer<0>();
    Dense<>::Cache of_layer;
    layer.forward(data.x, of_layer, Pass::inference());
    CHECK(detail::first_fault_forward(layer, of_layer) == "the loss itself");
  }
}

TEST_CASE("first_fault_backward: the origin is in the last layer") {
  auto gradient = zeros_like(support::plain_net());
  CHECK(detail::non_finite_parameters(gradient).empty());
  plant_nan(gradient, "0.weight");
  CHECK_FALSE(detail::non_finite_parameters(gradient).empty());
  CHECK(detail::first_fault_backward(gradient) == "the gradient of \"0.weight\"");
  plant_nan(gradient, "2.weight");
  CHECK(detail::first_fault_backward(gradient) == "the gradient of \"2.weight\"");
}

TEST_CASE("fit: an output that is not a number is named with its full path in any composition") {
  const auto logarithm = elementwise<float>([](auto x) { return log(-1 - x * x); });  // always NaN
  const auto expect_place = [](auto net, const std::string& place) {
    CAPTURE(place);
    const std::string text = message_of<NumericalError>(
        [&] { fit(net, data, SoftmaxCrossEntropy{}, GradientDescent{}, {.epochs = 1, .progress = silent}); });
    CHECK_THAT(text, ContainsSubstring("it begins in the output of layer \"" + place + "\"; "));
  };
  Rng rng{1};
  const Dense first{2, 3, rng}, last{6, 3, rng};
  expect_place(DynamicSequential{first, Residual{Sequential{logarithm}}}, "1.body.0");
  expect_place(DynamicSequential{first, Residual{DynamicSequential{ReLU{}, logarithm}}}, "1.body.1");
  expect_place(DynamicSequential{first, Residual{logarithm}}, "1.body");
  expect_place(DynamicSequential{first, Concat{Identity{}, Sequential{ReLU{}, logarithm}}, last}, "1.1.1");
  expect_place(Sequential{first, Sequential{ReLU{}, Sequential{logarithm}}}, "1.1.0");
  expect_place(Sequential{first, Residual{AnyLayer<>{Concat{Sequential{logarithm}}}}}, "1.body.0.0");
  expect_place(Sequential{Residual{DynamicSequential{Dense{2, 2, rng}, logarithm}}, first}, "0.body.1");
}

}  // namespace non_finite_test
