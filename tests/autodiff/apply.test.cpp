#include "descent/autodiff/apply.hpp"

#include <string>
#include <utility>

#include "autodiff/models.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace apply_test {

using namespace autodiff_models;
using support::message_of;
using support::values_of;

namespace {

/// Two inputs through one encoder: the squared distance of their codes.
struct Siamese : Formula<Siamese, double> {
  static constexpr std::string_view name = "Siamese";
  explicit Siamese(Dense<double> layer) : encoder{std::move(layer)} {}
  static void visit(auto&& f, auto&... tree) { Dense<double>::visit(under("encoder", f), tree.encoder...); }
  Variable<double> formula(const Variable<double>& x, const Pass& pass) const {
    const auto [left, right] = split(x, {3, 3});
    return squared_norm(tanh(apply(encoder, left, pass)) - tanh(apply(encoder, right, pass)), Over::features);
  }
  Dense<double> encoder;
};

/// An autoencoder whose decoder has the transposed weight of its encoder.
struct Tied : Formula<Tied, double> {
  static constexpr std::string_view name = "Tied";
  static void visit(auto&& f, auto&... tree) {
    f(Parameter{"weight", Role::weight}, tree.weight...);
    f(Parameter{"bias", Role::bias}, tree.bias...);
  }
  Variable<double> formula(const Variable<double>& x, const Pass&) const {
    return transpose(x.graph().parameter(weight)) * tanh(weight * x + bias);
  }
  Matrix<double> weight = random_batch(2, 5, 4);
  Vector<double> bias{{0.5, -0.25}};
};

/// Applies one normalization twice.
struct Twice : Formula<Twice> {
  static constexpr std::string_view name = "Twice";
  static void visit(auto&& f, auto&... tree) { BatchNorm<>::visit(under("norm", f), tree.norm...); }
  static void visit_state(auto&& f, auto&... tree) {
    BatchNorm<>::visit_state(under("norm", f), tree.norm...);
  }
  Variable<> formula(const Variable<>& x, const Pass& pass) const {
    return apply(norm, apply(norm, x, pass), pass);
  }
  BatchNorm<> norm{3};
};

/// Applies its normalization or, at the same place of the graph, an operation.
struct Sometimes : Twice {
  Variable<> formula(Graph<>& g, const Batch<>& x, const Pass& pass, bool applies) const {
    const Variable<> input = g.input(x);
    return applies ? apply(norm, input, pass) : input + 1;
  }
};

/// Does not name the parameters of its layer, or the state.
template <bool parameters>
struct Forgetful : Formula<Forgetful<parameters>> {
  static constexpr std::string_view name = "Forgetful";
  static void visit([[maybe_unused]] auto&& f, auto&... tree) {
    if constexpr (parameters) BatchNorm<>::visit(under("norm", f), tree.norm...);
  }
  Variable<> formula(const Variable<>& x, const Pass& pass) const { return apply(norm, x, pass); }
  BatchNorm<> norm{3};
};

}  // namespace

TEST_CASE("apply: a network of layers has the bits of Sequential") {
  Rng rng{1};
  const Applying<double> model{4, 3, rng};
  const Sequential<Dense<double>, BatchNorm<double>, Tanh<double>> expected{model.first, model.norm,
                                                                            Tanh<double>{}};
  const Matrix<double> x = random_batch(4, 10, 1);
  decltype(expected)::Cache cache;
  Applying<double>::Cache of_model;
  const Pass pass = Pass::inference();
  const Matrix<double> hidden = expected.forward(x, cache, pass);
  Dense<double>::Cache last;
  CHECK(model.forward(x, of_model, pass) == model.last.forward(hidden, last, pass));
}

TEST_CASE("apply: a layer that is applied twice gets the sum of its gradients") {
  Rng rng{1};
  const Siamese model{Dense<double>{3, 4, rng}};
  const auto report = check_gradient(model, MeanSquaredError{}, random_batch(6, 5, 1), random_batch(1, 5, 2));
  CAPTURE(report);
  CHECK(report.relative_difference < 1e-7);
  CHECK(report.blocks.size() == 3);  // weight, bias and input
}

TEST_CASE("apply: tied weights and whole networks have the right gradient") {
  CHECK(check_gradient(Tied{}, MeanSquaredError{}, random_batch(5, 6, 1), random_batch(5, 6, 2))
            .relative_difference < 1e-7);
  Rng rng{1};
  const Applying<double> model{4, 3, rng};
  CHECK(check_gradient(model, MeanSquaredError{}, random_batch(4, 6, 1), random_batch(3, 6, 2))
            .relative_difference < 1e-7);
}

TEST_CASE("apply: running statistics move once per step for each application") {
  Rng rng{1};
  Matrix<> x(3, 20);
  for (float& v : x.reshaped()) v = static_cast<float>(5 + rng.normal());
  SECTION("once, as in Sequential") {
    Sequential net{Dense{4, 8, rng}, BatchNorm{8}, Tanh{}, Dense{8, 3, rng}};
    Applying<> model{4, 3, rng};
    model.first = net.layer<0>(), model.last = net.layer<3>();
    const Matrix<> in = Matrix<>::Random(4, 20);
    Trainer a{net, MeanSquaredError{}, GradientDescent{}};
    Trainer b{model, MeanSquaredError{}, GradientDescent{}};
    a.step(in, x), b.step(in, x);
    CHECK(b.model.norm.running_mean == a.model.layer<1>().running_mean);
    CHECK(b.model.norm.running_variance == a.model.layer<1>().running_variance);
  }
  SECTION("twice") {
    Trainer trainer{Twice{}, MeanSquaredError{}, GradientDescent{}};
    trainer.step(x, x);
    // 0.9 (0.9 0 + 0.1 mean) + 0.1 0: the mean after the first normalization is 0.
    CHECK((trainer.model.norm.running_mean - 0.09F * x.rowwise().mean()).norm() < 1e-5F);
  }
  SECTION("in a loop of one's own") {
    Twice model, gradient = model;
    Graph<> graph;
    const Pass pass = Pass::training({});
    value_and_gradient(model, gradient, graph,
                       [&](const Twice& m, auto& g) { return squared_norm(m.formula(g.input(x), pass)); });
    CHECK(model.norm.running_mean.isZero(0));
    Twice other = model;
    CHECK(message_of<DataError>([&] { update_state(other, graph); }) ==
          "update_state: expected the model of the last run, got one with another \"norm.running_mean\"; "
          "pass the model "
          "that was evaluated");
    update_state(model, graph);
    CHECK((model.norm.running_mean - 0.09F * x.rowwise().mean()).norm() < 1e-5F);
  }
}

TEST_CASE("apply: only the layers of the last run move their statistics") {
  Sometimes model;
  const Matrix<> x = random_batch(3, 8, 1).cast<float>();
  Graph<> graph;
  for (const bool applies : {true, false}) {
    graph.begin(model);
    model.formula(graph, x, Pass::training({}), applies);
    const Vector<> before = model.norm.running_mean;
    update_state(model, graph);
    CHECK((model.norm.running_mean == before) == !applies);
  }
}

TEST_CASE("apply: each application has the random numbers of a layer of its own") {
  const Matrix<> x = Matrix<>::Ones(50, 4);
  const Dropout<> dropout{{.keep = 0.5}};
  const auto two = lambda([&](auto in, const Pass& pass) {
    // In this order: that of the arguments of a call depends on the compiler.
    const auto first = apply(dropout, in, pass);
    const auto second = apply(Dropout<>{{.keep = 0.5}}, in, pass);
    return stack(first, second);
  });
  decltype(two)::Cache cache;
  const Pass pass = Pass::training({.seed = 3});
  const Matrix<> y = two.forward(x, cache, pass);
  CHECK(y.topRows(50) != y.bottomRows(50));
  for (std::size_t k = 0; k < 2; ++k) {
    Dropout<>::Cache expected;
    CHECK(y.middleRows(50 * static_cast<Index>(k), 50) == dropout.forward(x, expected, pass.inside(k)));
  }
}

TEST_CASE("apply: a layer whose parameters or state visit does not name is an error") {
  const Matrix<> x = Matrix<>::Ones(3, 4);
  Forgetful<false>::Cache cache;
  CHECK(message_of<DataError>([&] { Forgetful<false>{}.forward(x, cache, Pass::inference()); }) ==
        "apply: expected a layer of the model, got a BatchNorm whose \"gamma\" its visit does not name; name "
        "the layer in "
        "visit of the model: L::visit(under(\"name\", f), tree.layer...)");
  Forgetful<true>::Cache of_other;
  CHECK(message_of<DataError>([&] { Forgetful<true>{}.forward(x, of_other, Pass::inference()); }) ==
        "apply: expected a layer of the model, got a BatchNorm whose \"running_mean\" its visit_state does "
        "not name; name "
        "the state of the layer in visit_state of the model");
}

TEST_CASE("apply: the errors of a layer name it") {
  Rng rng{1};
  const Siamese model{Dense<double>{4, 4, rng}};
  CHECK(message_of<ShapeError>([&] { model.output_shape({6}); }) == "Dense: expected 4 features, got 3");
}

}  // namespace apply_test
