#include "catch.hpp"
#include "descent/descent.hpp"

namespace network_test {

using namespace descent;

TEST_CASE("Network: is built at run time", "[models]") {
  Rng rng{1};
  Network net;
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

TEST_CASE("Network: a copy is independent of the original", "[models]") {
  Rng rng{1};
  Network net{Dense{2, 2, rng}, BatchNorm{2}};
  const Matrix<> x = Matrix<>::Ones(2, 3);
  const Matrix<> before = predict(net, x);
  Network copy = net;
  copy[0].get_if<Dense<float>>()->weight.setZero();
  copy.add(ReLU{});
  CHECK(predict(net, x) == before);
  CHECK(net.size() == 2);
}

TEST_CASE("Network: errors name an empty chain and a layer that does not fit", "[models]") {
  Rng rng{1};
  CHECK_THROWS_WITH(Network{}.output_shape({4}),
                    "Network: expected at least one layer, got none; add layers to it");
  Network net{Dense{4, 3, rng}, Dense{5, 2, rng}};
  CHECK_THROWS_WITH(net.output_shape({4}),
                    "Dense \"1\": expected 5 features, got 3; match the layer before it, which returns 3");
}

TEST_CASE("Network: rejects a gradient of other layer types", "[models]") {
  Rng rng{1};
  Network net{Dense{2, 2, rng}}, other{ReLU{}};
  CHECK_THROWS_WITH(visit_flat([](auto, auto) {}, net, other),
                    Catch::Matchers::ContainsSubstring("expected layers of one type"));
}

namespace {
template <class T>
auto make_in_template(Rng& rng) {
  return Network{Dense<T>{2, 3, rng}, ReLU<T>{}};
}
}  // namespace

TEST_CASE("Network: takes its precision from its layers", "[models]") {
  Rng rng{1};
  const Network single{Dense{2, 3, rng}};
  const Network copy{single};
  static_assert(std::same_as<decltype(Network{Dense<double>{2, 3, rng}}), Network<double>>);
  static_assert(std::same_as<decltype(make_in_template<double>(rng)), Network<double>>);
  static_assert(std::same_as<decltype(copy), const Network<float>>);
  CHECK(copy.size() == 1);
  CHECK(Network{single, ReLU{}}.size() == 2);  // a chain in a chain
}

TEST_CASE("Network: forward and backward reject batches and gradients of another shape", "[models]") {
  Rng rng{1};
  const Network net{Dense{2, 3, rng}, ReLU{}, Dense{3, 1, rng}};
  const Matrix<> x = Matrix<>::Ones(2, 4), dy = Matrix<>::Ones(1, 4);
  Network gradient = zeros_like(net), shorter{Dense{2, 3, rng}};
  Network<>::Cache cache;
  CHECK_THROWS_WITH(net.forward(Matrix<>::Ones(5, 4).eval(), cache, Pass::inference()),
                    "Dense \"0\": expected 2 features, got 5");
  CHECK_THROWS_AS(net.backward(x, dy, cache, gradient, Pass::inference()), ShapeError);
  net.forward(x, cache, Pass::inference());
  CHECK_NOTHROW(net.backward(x, dy, cache, gradient, Pass::inference()));
  CHECK_THROWS_AS(net.backward(x, Matrix<>::Ones(1, 3).eval(), cache, gradient, Pass::inference()),
                  ShapeError);
  CHECK_THROWS_WITH(
      net.backward(x, dy, cache, shorter, Pass::inference()),
      "Network: expected 3 layers in each, got 1; make gradient and optimizer state from the model that "
      "is trained");
}

TEST_CASE("Network: an empty chain rejects every pass and every position", "[models]") {
  Network empty;
  Network<>::Cache cache;
  const Matrix<> x = Matrix<>::Ones(2, 4);
  CHECK_THROWS_AS(empty.forward(x, cache, Pass::inference()), ShapeError);
  Network gradient = empty;
  CHECK_THROWS_AS(empty.backward(x, x, cache, gradient, Pass::inference()), ShapeError);
  CHECK_THROWS_AS(empty.backward_parameters(x, x, cache, gradient, Pass::inference()), ShapeError);
  CHECK_THROWS_AS(empty[0], ShapeError);
}

TEST_CASE("Network: an optimizer rejects a gradient of other layers", "[models]") {
  Rng rng{1};
  Network net{Dense{2, 3, rng}, ReLU{}};
  const Network longer{Dense{2, 3, rng}, ReLU{}, Dense{3, 1, rng}}, wider{Dense{3, 2, rng}, ReLU{}},
      without_bias{Dense{2, 3, rng, Bias::none}, ReLU{}};
  const Adam adam;
  auto state = adam.init(net);
  for (const Network<>* gradient : {&longer, &wider, &without_bias})
    CHECK_THROWS_AS(adam.step(net, *gradient, state), ShapeError);
  CHECK_THROWS_WITH(adam.step(net, wider, state), Catch::Matchers::ContainsSubstring(
                                                      "expected 3 x 2 values of \"0.weight\" in each model"));
}

}  // namespace network_test
