#include <descent/descent.hpp>
#include <descent/diagnosis/gradient_check.hpp>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "golden.hpp"

// RNN, LSTM and GRU against PyTorch, and what they have in common.

namespace recurrent_test {

using namespace descent;
using Catch::Approx;

namespace {

Matrix<double> random(Index rows, Index cols, std::uint64_t seed) {
  Rng rng{seed};
  Matrix<double> x(rows, cols);
  for (double& v : x.reshaped()) v = rng.normal();
  return x;
}

/// Options that the layers share.
struct Shared {
  Index layers = 1;
  bool bidirectional = false;
  Outputs outputs = Outputs::all;
  Bias bias = Bias::learned;
  double keep = 1;
};

/// Calls f(layer) with each kind of layer of 3 features and 4 hidden values; the biases are random.
void for_each_layer(const Shared& s, auto&& f, std::string_view only = {}) {
  Rng rng{7};
  const auto call = [&](std::string_view kind, auto layer) {
    if (!only.empty() && kind != only) return;
    CAPTURE(kind, s.layers, s.bidirectional, s.outputs == Outputs::last);
    decltype(layer)::visit(
        [&](const Parameter& p, auto& leaf) {
          if (p.role == Role::bias)
            for (double& v : leaf.reshaped()) v += 0.3 * rng.normal();
        },
        layer);
    f(layer);
  };
  const auto make = [&](auto options) {
    options.layers = s.layers;
    options.bidirectional = s.bidirectional;
    options.outputs = s.outputs;
    options.bias = s.bias;
    options.keep = s.keep;
    return options;
  };
  call("RNN tanh", RNN<double>{3, 4, rng, make(RNNOptions{})});
  call("RNN relu", RNN<double>{3, 4, rng, make(RNNOptions{.activation = RNNActivation::relu})});
  call("LSTM", LSTM<double>{3, 4, rng, make(LSTMOptions{})});
  call("GRU", GRU<double>{3, 4, rng, make(GRUOptions{})});
  call("GRU before", GRU<double>{3, 4, rng, make(GRUOptions{.reset = GRUReset::before})});
}
void for_each_layer(auto&& f) {
  for (const Index layers : {1, 2})
    for (const bool bidirectional : {false, true})
      for (const Outputs outputs : {Outputs::all, Outputs::last})
        for_each_layer(Shared{layers, bidirectional, outputs}, f);
}

/// The gradient of a layer, and what its passes return.
template <class L>
struct Run {
  typename L::Cache cache;
  L gradient;
  Matrix<double> y, dx;
  std::vector<double> parameters;

  Run(const L& layer, const Batch<double>& x, const Matrix<double>& dy, Workers& workers = single_thread)
      : gradient{zeros_like(layer)} {
    const Pass pass = Pass::training({.seed = 1, .workers = &workers});
    y = layer.forward(x, cache, pass);
    dx = layer.backward(x, dy, cache, gradient, pass);
    visit_leaves(gradient, [&](const auto& leaf) {
      parameters.insert(parameters.end(), leaf.data, leaf.data + leaf.size());
    });
  }
  bool operator==(const Run& other) const {
    return y == other.y && dx == other.dx && parameters == other.parameters;
  }
};

/// Returns a tensor [samples, time, features] as sequences.
Matrix<double> sequences(const golden::Json& tensor) {
  const auto& shape = tensor.at("shape");
  const std::vector<double> data = tensor.at("data");
  const Index samples = shape.at(0);
  return Eigen::Map<const Matrix<double>>{data.data(), static_cast<Index>(data.size()) / samples, samples};
}
/// Returns a tensor [states, samples, hidden] as a state.
Matrix<double> state(const golden::Json& tensor) {
  const Index states = tensor.at("shape").at(0), samples = tensor.at("shape").at(1),
              hidden = tensor.at("shape").at(2);
  Matrix<double> m(states * hidden, samples);
  for (Index i = 0; i < m.size(); ++i)
    m(i / (samples * hidden) * hidden + i % hidden, i / hidden % samples) =
        tensor.at("data").at(static_cast<std::size_t>(i));
  return m;
}

/// Sets the parameters to PyTorch's, with the sum of two biases where the layer has one.
template <class L>
void set_parameters(L& layer, const golden::Json& tensors) {
  visit_leaves(layer, [&](const auto& leaf) {
    std::string name = leaf.name().path();
    Matrix<double> numbers;
    if (name.starts_with("bias_l"))
      numbers = golden::matrix(tensors.at("bias_ih" + name.substr(4))) +
                golden::matrix(tensors.at("bias_hh" + name.substr(4)));
    else
      numbers = golden::matrix(tensors.at(name));
    REQUIRE(leaf.size() == numbers.size());
    leaf.array() = numbers.reshaped().array();
  });
}

}  // namespace

TEST_CASE("Recurrent: outputs, states and gradients are PyTorch's") {
  for (const golden::Json& c : golden::read("recurrent").at("cases")) {
    const Shared shared{c.at("layers"), c.at("bidirectional"), Outputs::all,
                        c.at("bias").get<bool>() ? Bias::learned : Bias::none};
    const std::vector<Index> lengths = c.at("lengths");
    for_each_layer(
        shared,
        [&](auto layer) {
          using L = decltype(layer);
          set_parameters(layer, c.at("parameters"));
          const Matrix<double> numbers = sequences(c.at("x")), dy = sequences(c.at("dy"));
          const Batch<double> x = Batch<double>{numbers, Shape{3, 1, 5}}.with_lengths(lengths);
          typename L::State after, slopes;
          if (c.contains("h_0")) after.hidden = state(c.at("h_0"));
          if (c.contains("c_0")) after.cell = state(c.at("c_0"));
          typename L::Cache cache;
          L gradient = zeros_like(layer);
          const Pass pass = Pass::training({});
          golden::require_close(layer.forward(x, after, cache, pass), sequences(c.at("y")), 1e-12);
          golden::require_close(after.hidden, state(c.at("h_n")), 1e-12);
          if (c.contains("c_n")) golden::require_close(after.cell, state(c.at("c_n")), 1e-12);
          golden::require_close(layer.backward(x, dy, slopes, cache, gradient, pass), sequences(c.at("dx")),
                                1e-12, 1e-2);
          if (c.contains("h_0")) golden::require_close(slopes.hidden, state(c.at("dh_0")), 1e-12, 1e-2);
          if (c.contains("c_0")) golden::require_close(slopes.cell, state(c.at("dc_0")), 1e-12, 1e-2);
          visit_leaves(gradient, [&](const auto& leaf) {
            std::string name = leaf.name().path();
            if (name.starts_with("bias_l")) name = "bias_ih" + name.substr(4);
            const Matrix<double> got = leaf.array();
            golden::require_close(got, golden::matrix(c.at("gradients").at(name)).reshaped(), 1e-12, 1e-1);
          });
        },
        c.at("kind").get<std::string>());
  }
}

TEST_CASE("GRU: a reset before the product is the formula of the paper") {
  Rng rng{1};
  GRU<double> gru{2, 3, rng, {.reset = GRUReset::before}};
  gru.weights(0).bias = random(9, 1, 2);
  const Matrix<double> x = random(2 * 4, 1, 3);
  typename GRU<double>::Cache cache;
  const Matrix<double> y = gru.forward(Batch<double>{x, Shape{2, 1, 4}}, cache, Pass::inference());
  const auto& w = gru.weights(0);
  const auto sigmoid = [](const auto& v) { return Vector<double>{1 / (1 + (-v.array()).exp())}; };
  Vector<double> h = Vector<double>::Zero(3);
  for (Index t = 0; t < 4; ++t) {
    const Vector<double> a = w.input * x.col(0).segment(2 * t, 2) + w.bias;
    const Vector<double> r = sigmoid(a.head(3) + w.recurrent.topRows(3) * h),
                         z = sigmoid(a.segment(3, 3) + w.recurrent.middleRows(3, 3) * h);
    const Vector<double> rh = r.cwiseProduct(h), inner = a.tail(3) + w.recurrent.bottomRows(3) * rh;
    const Vector<double> n = inner.array().tanh();
    h = ((1 - z.array()) * n.array() + z.array() * h.array()).matrix().eval();
    CHECK((y.col(0).segment(3 * t, 3) - h).norm() < 1e-14);
  }
}

TEST_CASE("Recurrent: the gradient is that of forward, with and without padding") {
  const std::vector<Index> some{4, 0, 2};
  const Matrix<double> numbers = random(3 * 4, 3, 1);
  for (const bool has_lengths : {false, true})
    for_each_layer([&](const auto& layer) {
      Batch<double> x{numbers, Shape{3, 1, 4}};
      if (has_lengths) x = x.with_lengths(some);
      const Matrix<double> y = random(layer.output_shape(x.shape()).size(), 3, 2);
      const GradientReport report = check_gradient(layer, MeanSquaredError{}, x, y);
      CAPTURE(report);
      CHECK(report.relative_difference < 1e-7);
      CHECK(report.verdict == GradientVerdict::correct);
    });
}

TEST_CASE("Recurrent: the gradient through dropout between layers is that of forward") {
  const Matrix<double> numbers = random(3 * 4, 3, 1);
  for_each_layer(Shared{.layers = 3, .bidirectional = true, .keep = 0.6}, [&](const auto& layer) {
    const Batch<double> x{numbers, Shape{3, 1, 4}};
    const Matrix<double> y = random(layer.output_shape(x.shape()).size(), 3, 2);
    const GradientReport report = check_gradient(layer, MeanSquaredError{}, x, y);
    CAPTURE(report);
    CHECK(report.relative_difference < 1e-7);
  });
}

TEST_CASE("Recurrent: no number in the padding changes a bit, not even not-a-number") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Index> lengths{6, 1, 0, 4};
  for_each_layer([&](const auto& layer) {
    using L = std::remove_cvref_t<decltype(layer)>;
    const Index rows = layer.output_shape({3, 1, 6}).size();
    Matrix<double> x = random(3 * 6, 4, 1), dy = random(rows, 4, 2);
    const auto run = [&] {
      return Run<L>{layer, Batch<double>{x, Shape{3, 1, 6}}.with_lengths(lengths), dy};
    };
    const auto expected = run();
    for (Index j = 0; j < 4; ++j) {
      const Index padding = 6 - lengths[static_cast<std::size_t>(j)];
      x.col(j).tail(3 * padding).setConstant(nan);
      if (layer.outputs() == Outputs::all) dy.col(j).tail(rows / 6 * padding).setConstant(nan);
      CHECK(expected.dx.col(j).tail(3 * padding).isZero(0));
      if (layer.outputs() == Outputs::all) CHECK(expected.y.col(j).tail(rows / 6 * padding).isZero(0));
    }
    CHECK(run() == expected);
  });
}

TEST_CASE("Recurrent: a padded sequence has the outputs of the sequence alone") {
  const std::vector<Index> lengths{6, 1, 4};
  const Matrix<double> x = random(3 * 6, 3, 1);
  for_each_layer([&](const auto& layer) {
    typename std::remove_cvref_t<decltype(layer)>::Cache together, alone;
    const Matrix<double> y =
        layer.forward(Batch<double>{x, Shape{3, 1, 6}}.with_lengths(lengths), together, Pass::inference());
    for (Index j = 0; j < 3; ++j) {
      const Index length = lengths[static_cast<std::size_t>(j)];
      const Vector<double> sequence = x.col(j).head(3 * length);
      const Matrix<double> expected =
          layer.forward(Batch<double>{sequence, Shape{3, 1, length}}, alone, Pass::inference());
      CHECK((y.col(j).head(expected.rows()) - expected).norm() < 1e-14);
    }
  });
}

TEST_CASE("Recurrent: the order of the samples does not matter") {
  const Matrix<double> x = random(3 * 5, 7, 1);
  const std::vector<Index> lengths{5, 1, 4, 0, 2, 3, 5};
  std::vector<Index> reversed(lengths.rbegin(), lengths.rend());
  const Matrix<double> backwards = x.rowwise().reverse();
  for_each_layer([&](const auto& layer) {
    typename std::remove_cvref_t<decltype(layer)>::Cache a, b;
    const Matrix<double> y =
        layer.forward(Batch<double>{x, Shape{3, 1, 5}}.with_lengths(lengths), a, Pass::inference());
    const Matrix<double> z =
        layer.forward(Batch<double>{backwards, Shape{3, 1, 5}}.with_lengths(reversed), b, Pass::inference());
    CHECK((y.rowwise().reverse() - z).norm() < 1e-14);
  });
}

TEST_CASE("Recurrent: two chunks with a state between them compute what one pass computes") {
  const Matrix<double> x = random(3 * 7, 4, 1);
  for (const Index layers : {1, 2})
    for_each_layer(Shared{.layers = layers}, [&](const auto& layer) {
      using L = std::remove_cvref_t<decltype(layer)>;
      const Matrix<double> dy = random(4 * 7, 4, 2);
      const Run<L> whole{layer, Batch<double>{x, Shape{3, 1, 7}}, dy};
      const Matrix<double> first = x.topRows(3 * 3), second = x.bottomRows(3 * 4), dy_1 = dy.topRows(4 * 3),
                           dy_2 = dy.bottomRows(4 * 4);
      const Batch<double> x_1{first, Shape{3, 1, 3}}, x_2{second, Shape{3, 1, 4}};
      const Pass pass = Pass::training({.seed = 1});
      typename L::State state, slopes;
      typename L::Cache c_1, c_2;
      L g_1 = zeros_like(layer), g_2 = zeros_like(layer);
      CHECK((layer.forward(x_1, state, c_1, pass) - whole.y.topRows(4 * 3)).norm() < 1e-14);
      CHECK((layer.forward(x_2, state, c_2, pass) - whole.y.bottomRows(4 * 4)).norm() < 1e-14);
      CHECK((layer.backward(x_2, dy_2, slopes, c_2, g_2, pass) - whole.dx.bottomRows(3 * 4)).norm() < 1e-13);
      CHECK((layer.backward(x_1, dy_1, slopes, c_1, g_1, pass) - whole.dx.topRows(3 * 3)).norm() < 1e-13);
      std::size_t i = 0;
      visit_leaves(g_1, g_2, [&](const auto& a, const auto& b) {
        for (Index k = 0; k < a.size(); ++k)
          CHECK(a.data[k] + b.data[k] == Approx(whole.parameters[i++]).epsilon(1e-11).margin(1e-12));
      });
    });
}

TEST_CASE("Recurrent: no samples have no outputs, and no gradient") {
  for (const Outputs outputs : {Outputs::all, Outputs::last})
    for_each_layer({.layers = 2, .bidirectional = true, .outputs = outputs}, [&]<class L>(const L& layer) {
      const Matrix<double> none(3 * 5, 0);
      const Batch<double> x{none.data(), Shape{.channels = 3, .width = 5}, 0};
      RecurrentState<double> state, slopes;
      typename L::Cache cache;
      L gradient = layer;
      const Batch<double> y = layer.forward(x, state, cache, Pass::inference());
      REQUIRE(y.cols() == 0);
      REQUIRE(state.hidden.rows() == 4 * 4);
      REQUIRE_THROWS_AS(layer.backward(x, y, slopes, cache, gradient, Pass::inference()), DataError);
    });
}

TEST_CASE("Recurrent: any number of threads computes the same bits") {
  ThreadWorkers workers{3};
  const Matrix<float> numbers = random(24 * 9, 70, 1).cast<float>();
  std::vector<Index> lengths(70, 9);
  for (std::size_t j = 0; j < 70; j += 3) lengths[j] = static_cast<Index>(j % 9);
  const Batch<float> x = Batch<float>{numbers, Shape{24, 1, 9}}.with_lengths(lengths);
  Rng rng{1};
  const auto check = [&](const auto& layer) {
    using L = std::remove_cvref_t<decltype(layer)>;
    const auto run = [&](Workers& by) {
      typename L::Cache cache;
      L gradient = zeros_like(layer);
      const Pass pass = Pass::training({.seed = 1, .workers = &by});
      const Matrix<float> y = layer.forward(x, cache, pass), dx = layer.backward(x, y, cache, gradient, pass);
      std::vector<float> all(y.reshaped().begin(), y.reshaped().end());
      all.insert(all.end(), dx.reshaped().begin(), dx.reshaped().end());
      visit_leaves(gradient,
                   [&](const auto& leaf) { all.insert(all.end(), leaf.data, leaf.data + leaf.size()); });
      return all;
    };
    CHECK(run(single_thread) == run(workers));
  };
  check(LSTM{24, 96, rng, {.layers = 2, .bidirectional = true}});
  check(GRU{24, 96, rng});
  check(GRU{24, 96, rng, {.reset = GRUReset::before}});
  check(RNN{24, 96, rng});
}

TEST_CASE("Recurrent: wrong sizes and options are named") {
  using Catch::Matchers::ContainsSubstring;
  Rng rng{1};
  CHECK_THROWS_WITH((LSTM{0, 4, rng}), ContainsSubstring("LSTM: expected positive sizes, got in = 0"));
  CHECK_THROWS_WITH((GRU{3, 4, rng, {.layers = 0}}),
                    ContainsSubstring("GRU: expected 1 to 256 layers, got 0"));
  CHECK_THROWS_AS((RNN{3, 4, rng, {.keep = 0}}), DataError);
  CHECK_THROWS_AS((RNN{Index{1} << 40, Index{1} << 40, rng}), DataError);
  const LSTM lstm{3, 4, rng};
  CHECK_THROWS_AS(lstm.output_shape({4, 1, 5}), ShapeError);
  CHECK_THROWS_AS(lstm.output_shape({3, 2, 5}), ShapeError);
  CHECK_THROWS_AS(lstm.weights(1), ShapeError);
  LSTM<>::Cache cache;
  LSTM<>::State state{.hidden = Matrix<>::Zero(4, 3), .cell = {}};
  const Matrix<> x = Matrix<>::Zero(15, 2);
  CHECK_THROWS_WITH(lstm.forward(Batch<>{x, Shape{3, 1, 5}}, state, cache, Pass::inference()),
                    ContainsSubstring("expected a state of 4 x 2 values, got 4 x 3"));
}

TEST_CASE("LSTM: the forget gate begins with a bias of 1, each gate with an orthogonal weight") {
  Rng rng{1};
  const LSTM<double> lstm{3, 4, rng};
  Vector<double> bias = Vector<double>::Zero(16);
  bias.segment(4, 4).setOnes();
  CHECK(lstm.weights(0).bias == bias);
  for (Index gate = 0; gate < 4; ++gate) {
    const Matrix<double> u = lstm.weights(0).recurrent.middleRows(4 * gate, 4);
    CHECK((u * u.transpose() - Matrix<double>::Identity(4, 4)).norm() < 1e-14);
  }
}

}  // namespace recurrent_test
