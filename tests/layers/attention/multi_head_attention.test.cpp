#include "descent/layers/attention/multi_head_attention.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <sstream>

#include "descent/parallel/thread_workers.hpp"
#include "golden.hpp"
#include "support.hpp"

namespace multi_head_attention_test {

using namespace descent;

namespace {

using Options = MultiHeadAttentionOptions;
using Attention = MultiHeadAttention<double>;

Matrix<double> some(Index rows, Index cols, std::uint64_t seed = 1) {
  Rng rng{seed};
  Matrix<double> m(rows, cols);
  for (double& value : m.reshaped()) value = rng.normal();
  return m;
}

Attention layer_of(Index features, const Options& options) {
  Rng rng{3};
  Attention layer{features, rng, options};
  if (layer.in_proj.has_bias()) layer.in_proj.bias = some(3 * features, 1, 4);
  return layer;
}

struct Results {
  Matrix<double> y, dx;
  std::vector<double> gradient;
  bool operator==(const Results&) const = default;
};

Results run(const Attention& layer, const Batch<double>& x, const Batch<double>& dy, const Pass& pass) {
  Attention::Cache cache;
  Attention gradient = zeros_like(layer);
  Results results;
  results.y = layer.forward(x, cache, pass);
  results.dx = layer.backward(x, dy, cache, gradient, pass);
  results.gradient = support::values_of(gradient);
  return results;
}

/// Attention by its definition, number by number.
Matrix<double> reference(const Attention& layer, const Batch<double>& x) {
  const Index d = layer.features(), steps = x.shape().positions(), n = d / layer.options().heads;
  Matrix<double> y(x.rows(), x.cols());
  for (Index s = 0; s < x.samples(); ++s) {
    const auto length = x.lengths().empty() ? steps : x.lengths()[static_cast<std::size_t>(s)];
    const Matrix<double> in = x.col(s).reshaped(d, steps);
    Matrix<double> a = layer.in_proj.weight * in, z = Matrix<double>::Zero(d, steps);
    if (layer.in_proj.has_bias()) a.colwise() += layer.in_proj.bias;
    for (Index h = 0; h < layer.options().heads; ++h)
      for (Index t = 0; t < length; ++t) {
        const Index last = layer.options().causal ? t + 1 : length;
        Vector<double> p(last);
        for (Index u = 0; u < last; ++u)
          p(u) = std::exp(a.col(t).segment(h * n, n).dot(a.col(u).segment(d + h * n, n)) /
                          std::sqrt(static_cast<double>(n)));
        p /= p.sum();
        for (Index u = 0; u < last; ++u)
          z.col(t).segment(h * n, n) += p(u) * a.col(u).segment(2 * d + h * n, n);
      }
    Matrix<double> out = layer.out_proj.weight * z;
    if (layer.out_proj.has_bias()) out.colwise() += layer.out_proj.bias;
    y.col(s) = out.reshaped();
  }
  return y;
}

}  // namespace

TEST_CASE("MultiHeadAttention: forward and backward equal PyTorch", "[layers][golden]") {
  const auto file = golden::read("attention");
  for (const auto& c : file.at("attention")) {
    CAPTURE(c.at("id").get<std::string>());
    const Matrix<double> x = golden::batch(c.at("x")), dy = golden::batch(c.at("dy"));
    const Index steps = c.at("time"), features = x.rows() / steps;
    const auto& parameters = c.at("parameters");
    const std::string rotary = c.at("rotary");
    Rng rng{1};
    Attention layer{features,
                    rng,
                    {.heads = c.at("heads"),
                     .causal = c.at("causal"),
                     .bias = parameters.contains("in_proj_bias") ? Bias::learned : Bias::none,
                     .rotary = rotary == "none"     ? Rotary::none
                               : rotary == "halves" ? Rotary::halves
                                                    : Rotary::neighbors}};
    std::size_t names = 0;
    Attention::visit(
        [&](const Parameter& p, auto& numbers) {
          numbers = golden::matrix(parameters.at(p.name.path()));
          ++names;
        },
        layer);
    CHECK(names == parameters.size());
    std::vector<Index> lengths;
    for (const auto& length : c.at("lengths")) lengths.push_back(length);
    const Batch<double> batch = Batch<double>{x, Shape{features, 1, steps}}.with_lengths(lengths);
    Attention::Cache cache;
    Attention gradient = zeros_like(layer);
    Matrix<double> y = layer.forward(batch, cache, Pass::training({}));
    for (std::size_t s = 0; s < lengths.size(); ++s)  // PyTorch has other numbers at padded steps
      y.col(static_cast<Index>(s)).tail((steps - lengths[s]) * features).setZero();
    golden::require_close(y, golden::batch(c.at("y")), golden::one_step, 1);
    golden::require_close(layer.backward(batch, dy, cache, gradient, Pass::training({})),
                          golden::batch(c.at("dx")), golden::one_step, 1);
    Attention::visit(
        [&](const Parameter& p, const auto& numbers) {
          CAPTURE(p.name.path());
          golden::require_close(numbers, golden::matrix(c.at("gradients").at(p.name.path())),
                                golden::one_step, 1);
        },
        gradient);
  }
}

TEST_CASE("MultiHeadAttention: equals its definition for sizes around the kernels", "[layers]") {
  for (const bool causal : {false, true})
    for (const Index heads : {1, 2, 6})
      for (const Index steps : {1, 2, 7, 33}) {
        CAPTURE(causal, heads, steps);
        const Attention layer = layer_of(12, {.heads = heads, .causal = causal});
        const Matrix<double> numbers = some(12 * steps, 3, 5);
        const std::array<Index, 3> lengths{steps, (steps + 1) / 2, 0};
        const Batch<double> x = Batch<double>{numbers, Shape{12, 1, steps}}.with_lengths(lengths);
        Attention::Cache cache;
        CHECK((layer.forward(x, cache, Pass::inference()) - reference(layer, x)).norm() < 1e-12);
      }
}

TEST_CASE("MultiHeadAttention: the numbers in padded steps do not change a bit", "[layers]") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const Attention layer = layer_of(8, {.heads = 2});
  Matrix<double> padded = some(8 * 6, 2), other = padded;
  const std::array<Index, 2> lengths{4, 6};
  other.col(0).tail(8 * 2).setConstant(nan);
  Attention::Cache cache, other_cache;
  const Shape shape{8, 1, 6};
  const Batch<double> y = layer.forward(Batch<double>{padded, shape}.with_lengths(lengths), cache,
                                        Pass::inference()),
                      z = layer.forward(Batch<double>{other, shape}.with_lengths(lengths), other_cache,
                                        Pass::inference());
  CHECK(y == z);  // also in padded steps, where the result is the bias
  CHECK(y.lengths().data() == lengths.data());
  // A batch without the padding.
  Attention::Cache short_cache;
  const Vector<double> alone = padded.col(0).head(8 * 4);
  CHECK(
      (layer.forward({alone, Shape{8, 1, 4}}, short_cache, Pass::inference()) - y.col(0).head(8 * 4)).norm() <
      1e-14);
}

TEST_CASE("MultiHeadAttention: a sample without steps gives the bias and no gradient", "[layers]") {
  Attention layer = layer_of(4, {.heads = 2});
  layer.out_proj.bias << 1, 2, 3, 4;
  const Matrix<double> x = some(4 * 3, 1), dy = some(4 * 3, 1, 2);
  const std::array<Index, 1> lengths{0};
  const Results results =
      run(layer, Batch<double>{x, Shape{4, 1, 3}}.with_lengths(lengths), dy, Pass::training({}));
  CHECK(results.y == layer.out_proj.bias.replicate(3, 1));
  CHECK(results.dx == Matrix<double>::Zero(4 * 3, 1));
}

TEST_CASE("MultiHeadAttention: an empty batch of long sequences takes no memory", "[layers]") {
  const Attention layer = layer_of(4, {.rotary = Rotary::halves});
  Attention::Cache cache;
  const Batch<double> y = layer.forward({nullptr, Shape{4, 1, Index{1} << 40}, 0}, cache, Pass::inference());
  CHECK(y.samples() == 0);
  CHECK(y.shape() == Shape{4, 1, Index{1} << 40});
}

TEST_CASE("MultiHeadAttention: causal results do not depend on later steps", "[layers]") {
  const Attention layer = layer_of(6, {.heads = 3, .causal = true, .rotary = Rotary::halves});
  Matrix<double> x = some(6 * 5, 1), y = x;
  y.bottomRows(6 * 2).array() += 1;
  Attention::Cache a, b;
  const Shape shape{6, 1, 5};
  const Batch<double> of_x = layer.forward({x, shape}, a, Pass::inference()),
                      of_y = layer.forward({y, shape}, b, Pass::inference());
  CHECK(of_x.topRows(6 * 3) == of_y.topRows(6 * 3));
  CHECK((of_x.bottomRows(6 * 2) - of_y.bottomRows(6 * 2)).norm() > 0.1);
}

TEST_CASE("MultiHeadAttention: samples in another order give the same bits in that order", "[layers]") {
  const Attention layer = layer_of(8, {.heads = 2});
  const Matrix<double> x = some(8 * 4, 3);
  Matrix<double> turned(x.rows(), 3);
  turned << x.col(2), x.col(0), x.col(1);
  Attention::Cache a, b;
  const Shape shape{8, 1, 4};
  const Matrix<double> y = layer.forward({x, shape}, a, Pass::inference()),
                       z = layer.forward({turned, shape}, b, Pass::inference());
  CHECK((z.col(0) == y.col(2) && z.col(1) == y.col(0) && z.col(2) == y.col(1)));
}

TEST_CASE("MultiHeadAttention: backward is the gradient of forward for every option", "[layers]") {
  for (const Options& options :
       {Options{.heads = 2}, Options{.heads = 2, .causal = true}, Options{.heads = 3, .keep = 0.6},
        Options{.heads = 2, .bias = Bias::none}, Options{.heads = 3, .rotary = Rotary::neighbors},
        Options{.heads = 1, .causal = true, .keep = 0.7, .rotary = Rotary::halves, .rotary_base = 10}}) {
    const Attention layer = layer_of(6, options);
    const Matrix<double> numbers = some(6 * 4, 3), dy = some(6 * 4, 3, 2);
    const std::array<Index, 3> lengths{4, 3, 1};
    const Batch<double> x = Batch<double>{numbers, Shape{6, 1, 4}}.with_lengths(lengths);
    const Pass pass = Pass::training({.seed = 5});
    const Results results = run(layer, x, dy, pass);
    const auto value = [&](const Attention& at, const Batch<double>& input) {
      Attention::Cache cache;
      return at.forward(input, cache, pass).cwiseProduct(dy).sum();
    };
    constexpr double h = 1e-5;
    for (Index i = 0; i < numbers.size(); ++i) {
      Matrix<double> up = numbers, down = numbers;
      up.data()[i] += h, down.data()[i] -= h;
      const auto at = [&](const Matrix<double>& m) { return value(layer, x.with_numbers(m)); };
      CHECK(std::abs((at(up) - at(down)) / (2 * h) - results.dx.data()[i]) < 1e-7);
    }
    std::size_t k = 0;
    Attention changed = layer;
    Attention::visit(
        [&](const Parameter&, auto& numbers_of) {
          for (double& number : numbers_of.reshaped()) {
            const double old = number;
            number = old + h;
            const double up = value(changed, x);
            number = old - h;
            const double down = value(changed, x);
            number = old;
            CHECK(std::abs((up - down) / (2 * h) - results.gradient[k++]) < 1e-7);
          }
        },
        changed);
  }
}

TEST_CASE("MultiHeadAttention: backward refuses sequences of other steps than those of forward", "[layers]") {
  const Attention layer = layer_of(4, {.heads = 2});
  Attention gradient = layer;
  Attention::Cache cache;
  const Matrix<double> ten = some(4 * 2, 10), four = some(4 * 5, 4);
  layer.forward({ten, Shape{4, 1, 2}}, cache, Pass::training({}));
  const Batch<double> other{four, Shape{4, 1, 5}};  // as many numbers
  CHECK_THROWS_AS(layer.backward(other, other, cache, gradient, Pass::training({})), ShapeError);
}

TEST_CASE("MultiHeadAttention: dropout keeps the mean of the weights and repeats in a step", "[layers]") {
  const Attention layer = layer_of(2, {.heads = 2, .keep = 0.75});
  const Matrix<double> x = some(2 * 40, 20);
  Attention::Cache a, b;
  const Shape shape{2, 1, 40};
  const Pass pass = Pass::training({.seed = 2});
  layer.forward({x, shape}, a, pass);
  layer.forward({x, shape}, b, pass);
  REQUIRE(a.attention.drops);
  CHECK(a.attention.kept == b.attention.kept);
  const auto& p = a.attention.probabilities;
  const auto& kept = a.attention.kept;
  const auto dropped = static_cast<double>((kept.array() == 0).count()) / static_cast<double>(kept.size());
  CHECK(std::abs(dropped - 0.25) < 0.01);  // 64000 draws: the deviation is 0.0017
  CHECK(((kept.array() == 0) || ((kept - p / 0.75).array().abs() < 1e-15)).all());
  layer.forward({x, shape}, a, Pass::inference());
  CHECK_FALSE(a.attention.drops);
}

TEST_CASE("MultiHeadAttention: rotary scores depend on the distance of two steps only", "[layers]") {
  for (const Rotary rotary : {Rotary::neighbors, Rotary::halves}) {
    detail::RotaryTable<double> table;
    table.set(rotary, 100, 6, 9);
    const Vector<double> q = some(6, 1), k = some(6, 1, 2);
    const auto at = [&](const Vector<double>& head, Index step) {
      Matrix<double> all = head.replicate(1, 9);
      table.rotate(all.data(), 6, 9);
      return Vector<double>{all.col(step)};
    };
    CHECK(at(q, 0) == q);
    CHECK(std::abs(at(q, 5).dot(at(k, 2)) - at(q, 8).dot(at(k, 5))) < 1e-14);
    CHECK(std::abs(at(q, 5).dot(at(k, 2)) - at(q, 5).dot(at(k, 3))) > 1e-3);
    Matrix<double> there = q.replicate(1, 9);
    table.rotate(there.data(), 6, 9);
    table.rotate(there.data(), 6, 9, true);
    CHECK((there - q.replicate(1, 9)).norm() < 1e-14);
  }
}

TEST_CASE("MultiHeadAttention: any number of threads computes the same bits", "[layers][threads]") {
  const Attention layer = layer_of(16, {.heads = 4, .keep = 0.8, .rotary = Rotary::halves});
  const Matrix<double> x = some(16 * 20, 12), dy = some(16 * 20, 12, 2);
  const std::array<Index, 12> lengths{20, 3, 0, 20, 7, 8, 9, 20, 20, 1, 19, 20};
  const Batch<double> batch = Batch<double>{x, Shape{16, 1, 20}}.with_lengths(lengths);
  const Results expected = run(layer, batch, dy, Pass::training({.seed = 5}));
  for (const int threads : {2, 3, 5}) {
    ThreadWorkers workers{threads};
    CHECK(run(layer, batch, dy, Pass::training({.seed = 5, .workers = &workers})) == expected);
  }
}

TEST_CASE("MultiHeadAttention: errors name what does not fit", "[layers]") {
  Rng rng{1};
  using support::message_of;
  CHECK(message_of<ShapeError>([&] {
          MultiHeadAttention<>{6, rng, {.heads = 4}};
        }) ==
        "MultiHeadAttention: expected a number of heads that divides 6 features, got 4; choose a divisor of "
        "the "
        "features");
  CHECK_THROWS_AS((MultiHeadAttention<>{6, rng, {.heads = 0}}), ShapeError);
  CHECK_THROWS_AS((MultiHeadAttention<>{0, rng}), ShapeError);
  CHECK_THROWS_AS((MultiHeadAttention<>{-4, rng, {.heads = 2}}), ShapeError);
  CHECK_THROWS_AS((MultiHeadAttention<>{Index{1} << 60, rng}), DataError);
  CHECK(
      message_of<ShapeError>([&] {
        MultiHeadAttention<>{6, rng, {.heads = 2, .rotary = Rotary::halves}};
      }) ==
      "MultiHeadAttention: expected heads of an even size for rotary positions, got 3 features; choose fewer "
      "heads or an even number of features in each");
  CHECK_THROWS_AS((MultiHeadAttention<>{6, rng, {.keep = 0}}), DataError);
  CHECK_THROWS_AS((MultiHeadAttention<>{6, rng, {.rotary_base = -1}}), DataError);
  const MultiHeadAttention<> layer{4, rng};
  CHECK(message_of<ShapeError>([&] {
          layer.output_shape({5, 1, 3});
        }) == "MultiHeadAttention: expected 4 features, got 5 channels x 1 x 3");
}

}  // namespace multi_head_attention_test
