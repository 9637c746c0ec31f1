#include "catch.hpp"
#include "descent/descent.hpp"

namespace network_test {

using namespace descent;

TEST_CASE("DynamicSequential: is built at run time", "[models]") {
  Rng rng{1};
  DynamicSequential net;
  Index in = 4;
  for (const Index width : {8, 6, 2}) {
    net.add(Dense{in, width, rng}).add(ReLU{});
    in = width;
  }
  CHECK(net.size() == 6);
  CHECK(net.output_shape({4}) == Shape{2});
  CHECK(net[0].get_if<Dense<float>>()->weight.rows() == 8);
  CHECK(net[0].get_if<ReLU<float>>() == nullptr);
}

TEST_CASE("DynamicSequential: a copy is independent of the original", "[models]") {
  Rng rng{1};
  DynamicSequential net{Dense{2, 2, rng}, BatchNorm{2}};
  const Matrix<> x = Matrix<>::Ones(2, 3);
  const Matrix<> before = predict(net, x);
  DynamicSequential copy = net;
  copy[0].get_if<Dense<float>>()->weight.setZero();
  copy.add(ReLU{});
  CHECK(predict(net, x) == before);
  CHECK(net.size() == 2);
}

TEST_CASE("DynamicSequential: errors name an empty chain and a layer that does not fit", "[models]") {
  Rng rng{1};
  CHECK_THROWS_WITH(DynamicSequential{}.output_shape({4}),
                    "DynamicSequential: expected at least one layer, got none; add layers to it");
  DynamicSequential net{Dense{4, 3, rng}, Dense{5, 2, rng}};
  CHECK_THROWS_WITH(net.output_shape({4}),
                    "Dense \"1\": expected 5 features, got 3; match the layer before it, which returns 3");
}

TEST_CASE("DynamicSequential: rejects a gradient of other layer types", "[models]") {
  Rng rng{1};
  DynamicSequential net{Dense{2, 2, rng}}, other{ReLU{}};
  CHECK_THROWS_WITH(visit_flat([](auto, auto) {}, net, other),
                    Catch::Matchers::ContainsSubstring("expected layers of one type"));
}

namespace {
template <class T>
auto make_in_template(Rng& rng) {
  return DynamicSequential{Dense<T>{2, 3, rng}, ReLU<T>{}};
}
}  // namespace

TEST_CASE("DynamicSequential: takes its precision from its layers", "[models]") {
  Rng rng{1};
  const DynamicSequential single{Dense{2, 3, rng}};
  const DynamicSequential copy{single};
  static_assert(
      std::same_as<decltype(DynamicSequential{Dense<double>{2, 3, rng}}), DynamicSequential<double>>);
  static_assert(std::same_as<decltype(make_in_template<double>(rng)), DynamicSequential<double>>);
  static_assert(std::same_as<decltype(copy), const DynamicSequential<float>>);
  CHECK(copy.size() == 1);
  CHECK(DynamicSequential{single, ReLU{}}.size() == 2);  // a chain in a chain
}

TEST_CASE("DynamicSequential: forward and backward reject batches and gradients of another shape",
          "[models]") {
  Rng rng{1};
  const DynamicSequential net{Dense{2, 3, rng}, ReLU{}, Dense{3, 1, rng}};
  const Matrix<> x = Matrix<>::Ones(2, 4), dy = Matrix<>::Ones(1, 4);
  DynamicSequential gradient = zeros_like(net), shorter{Dense{2, 3, rng}};
  DynamicSequential<>::Cache cache;
  CHECK_THROWS_WITH(net.forward(Matrix<>::Ones(5, 4).eval(), cache, Pass::inference()),
                    "Dense \"0\": expected 2 features, got 5");
  CHECK_THROWS_AS(net.backward(x, dy, cache, gradient, Pass::inference()), ShapeError);
  net.forward(x, cache, Pass::inference());
  CHECK_NOTHROW(net.backward(x, dy, cache, gradient, Pass::inference()));
  CHECK_THROWS_AS(net.backward(x, Matrix<>::Ones(1, 3).eval(), cache, gradient, Pass::inference()),
                  ShapeError);
  CHECK_THROWS_WITH(net.backward(x, dy, cache, shorter, Pass::inference()),
                    "DynamicSequential: expected 3 layers in each, got 1; make gradient and optimizer state "
                    "from the model that "
                    "is trained");
}

TEST_CASE("DynamicSequential: an empty chain rejects every pass and every position", "[models]") {
  DynamicSequential empty;
  DynamicSequential<>::Cache cache;
  const Matrix<> x = Matrix<>::Ones(2, 4);
  CHECK_THROWS_AS(empty.forward(x, cache, Pass::inference()), ShapeError);
  DynamicSequential gradient = empty;
  CHECK_THROWS_AS(empty.backward(x, x, cache, gradient, Pass::inference()), ShapeError);
  CHECK_THROWS_AS(empty.backward_parameters(x, x, cache, gradient, Pass::inference()), ShapeError);
  CHECK_THROWS_AS(empty[0], ShapeError);
}

TEST_CASE("DynamicSequential: an optimizer rejects a gradient of other layers", "[models]") {
  Rng rng{1};
  DynamicSequential net{Dense{2, 3, rng}, ReLU{}};
  const DynamicSequential longer{Dense{2, 3, rng}, ReLU{}, Dense{3, 1, rng}}, wider{Dense{3, 2, rng}, ReLU{}},
      without_bias{Dense{2, 3, rng, Bias::none}, ReLU{}};
  const Adam adam;
  auto state = adam.init(net);
  for (const DynamicSequential<>* gradient : {&longer, &wider, &without_bias})
    CHECK_THROWS_AS(adam.step(net, *gradient, state), ShapeError);
  CHECK_THROWS_WITH(adam.step(net, wider, state), Catch::Matchers::ContainsSubstring(
                                                      "expected 3 x 2 values of \"0.weight\" in each model"));
}

}  // namespace network_test
