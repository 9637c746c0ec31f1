#include "catch.hpp"
#include "descent/descent.hpp"

namespace any_layer_test {

using namespace descent;

TEST_CASE("AnyLayer: holds any layer by value", "[models]") {
  Rng rng{1};
  const Dense dense{2, 3, rng};
  AnyLayer<float> layer = dense;
  CHECK(layer.output_shape({2}) == Shape{3});
  layer = ReLU{};
  CHECK(layer.get_if<ReLU<float>>() != nullptr);
  CHECK(parameter_count(layer) == 0);
}

TEST_CASE("AnyLayer: visits several trees together and const ones as const", "[models]") {
  Rng rng{1};
  AnyLayer<float> model = Dense{2, 3, rng};
  const AnyLayer<float> gradient = model;
  visit_flat([](auto w, auto dw) { w -= dw; }, model, gradient);
  CHECK(model.get_if<Dense<float>>()->weight.isZero(0));
  AnyLayer<float>::visit(
      [](const Parameter&, auto&, auto& constant) {
        static_assert(std::is_const_v<std::remove_pointer_t<decltype(constant.data())>>);
      },
      model, gradient);
}

TEST_CASE("AnyLayer: a cache serves layers of different types", "[models]") {
  Rng rng{1};
  AnyLayer<float>::Cache cache;
  const Matrix<> x = Matrix<>::Ones(2, 1);
  CHECK(AnyLayer<float>{ReLU{}}.forward(x, cache, Pass::inference()) == x);
  CHECK(AnyLayer<float>{Dense{2, 3, rng}}.forward(x, cache, Pass::inference()).rows() == 3);
}

TEST_CASE("AnyLayer: visits a vector as a vector and a matrix of one column as a matrix", "[models]") {
  Rng rng{1};
  const auto kinds = [](auto model) {
    std::string all;
    decltype(model)::visit(
        [&](const Parameter& p, auto& leaf) {
          constexpr bool is_vector = std::remove_cvref_t<decltype(leaf)>::ColsAtCompileTime == 1;
          all += detail::joined(p.name.path(), is_vector ? " vector " : " matrix ");
        },
        model);
    return all;
  };
  CHECK(kinds(AnyLayer<float>{Dense{1, 3, rng}}) == "weight matrix bias vector ");
  CHECK(kinds(DynamicSequential{Sequential{Dense{1, 3, rng}}}) == "0.0.weight matrix 0.0.bias vector ");
}

TEST_CASE("AnyLayer: nests with Residual and Concat", "[models]") {
  const AnyLayer<float> residual = Residual{AnyLayer<float>{ReLU{}}};
  const AnyLayer<float> nested = Residual{residual};
  const AnyLayer<float> single = Concat<AnyLayer<float>>{nested};
  AnyLayer<float>::Cache cache;
  const Matrix<> x = Matrix<>::Ones(2, 1);
  CHECK(single.forward(x, cache, Pass::inference()) == 3 * x);
}

}  // namespace any_layer_test
