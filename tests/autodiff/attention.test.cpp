#include "descent/autodiff/attention.hpp"

#include <array>
#include <cmath>
#include <descent/autodiff.hpp>
#include <descent/descent.hpp>
#include <descent/diagnosis.hpp>

#include "support.hpp"

namespace autodiff_attention_test {

using namespace descent;

namespace {

Matrix<double> some(Index rows, Index cols, std::uint64_t seed = 1) {
  Rng rng{seed};
  Matrix<double> m(rows, cols);
  for (double& value : m.reshaped()) value = rng.normal();
  return m;
}

/// Three steps of a text that attend to five steps of a memory; both are parts of a sample.
template <bool causal>
struct Crossed : Formula<Crossed<causal>, double> {
  explicit Crossed(Rng& rng) : query{4, 6, rng}, key{4, 6, rng}, value{4, 6, rng} {}

  static void visit(auto&& f, auto&... tree) {
    Dense<double>::visit(under("query", f), tree.query...);
    Dense<double>::visit(under("key", f), tree.key...);
    Dense<double>::visit(under("value", f), tree.value...);
  }
  Variable<double> formula(const Variable<double>& both, const Pass& pass) const {
    const auto [first, second] = split(both, {4 * 3, 4 * 5});
    const auto text = reshape(first, Shape{4, 1, 3}), memory = reshape(second, Shape{4, 1, 5});
    return attention(apply(query, text, pass), apply(key, memory, pass), apply(value, memory, pass),
                     {.heads = 2, .causal = causal});
  }

  Dense<double> query, key, value;
};

}  // namespace

TEST_CASE("attention: backward is the gradient of forward", "[autodiff]") {
  Rng rng{1};
  const Matrix<double> x = some(32, 4), y = some(18, 4, 2);
  for (const GradientReport& report : {check_gradient(Crossed<false>{rng}, MeanSquaredError{}, x, y),
                                       check_gradient(Crossed<true>{rng}, MeanSquaredError{}, x, y)}) {
    CAPTURE(report);
    CHECK(report.verdict == GradientVerdict::correct);
    CHECK(report.relative_difference < 1e-7);
  }
}

TEST_CASE("attention: queries get the mean of the values, weighted by a softmax over the keys",
          "[autodiff]") {
  Graph<double> graph;
  const Matrix<double> q = some(2 * 2, 1), k = some(2 * 3, 1, 2), v = some(2 * 3, 1, 3);
  graph.begin();
  const auto sequence = [&](const Matrix<double>& m) {
    return graph.input(Batch<double>{m, Shape{2, 1, m.rows() / 2}});
  };
  const Matrix<double> y = attention(sequence(q), sequence(k), sequence(v)).value();
  for (Index t = 0; t < 2; ++t) {
    Vector<double> p(3);
    for (Index u = 0; u < 3; ++u)
      p(u) = std::exp(q.col(0).segment(2 * t, 2).dot(k.col(0).segment(2 * u, 2)) / std::sqrt(2));
    p /= p.sum();
    CHECK((v.reshaped(2, 3) * p - y.col(0).segment(2 * t, 2)).norm() < 1e-14);
  }
}

TEST_CASE("attention: keys beyond the length of a sample do not count", "[autodiff]") {
  const Matrix<double> q = some(2 * 2, 2), k = some(2 * 3, 2, 2), v = some(2 * 3, 2, 3);
  const std::array<Index, 2> lengths{0, 3};
  Graph<double> graph;
  graph.begin();
  const Matrix<double> y = attention(graph.input(Batch<double>{q, Shape{2, 1, 2}}),
                                     graph.input(Batch<double>{k, Shape{2, 1, 3}}.with_lengths(lengths)),
                                     graph.input(Batch<double>{v, Shape{2, 1, 3}}.with_lengths(lengths)))
                               .value();
  CHECK(y.col(0) == Vector<double>::Zero(4));
  CHECK(y.col(1).norm() > 0);
}

TEST_CASE("attention: errors name the shapes", "[autodiff]") {
  Graph<double> graph;
  graph.begin();
  const Matrix<double> m = some(6, 1);
  const auto a = graph.input(Batch<double>{m, Shape{2, 1, 3}}),
             b = graph.input(Batch<double>{m, Shape{3, 1, 2}});
  CHECK(support::message_of<ShapeError>([&] { attention(a, b, b); }) ==
        "attention: expected queries, keys and values of the same channels, which 1 heads divide, got 2 "
        "channels "
        "x 1 x 3, 3 channels x 1 x 2 and 3 channels x 1 x 2; project them by three Dense layers to the same "
        "number "
        "of features");
  CHECK_THROWS_AS(attention(b, b, b, {.heads = 2}), ShapeError);
  CHECK_THROWS_AS(attention(a, a, b), ShapeError);
}

}  // namespace autodiff_attention_test
