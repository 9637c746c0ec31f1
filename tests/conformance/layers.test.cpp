#include <cmath>
#include <thread>

#include "catch.hpp"
#include "conformance/layer_table.hpp"

namespace layers_test {

using namespace conformance;

namespace {

/// The error of central differences in double precision is about 1e-10; the rest is for ill-conditioned layers.
constexpr double gradient_tolerance = 1e-7;
constexpr Index samples = 6;

Matrix<double> some_batch(Index rows, Index cols, std::uint64_t seed) {
  Rng rng{seed};
  Matrix<double> x(rows, cols);
  for (double& v : x.reshaped()) v = rng.normal();
  return x;
}

/// Random samples of a given shape.
struct Samples {
  Matrix<double> values;
  Shape shape;
  Samples(const Shape& sample, Index count, std::uint64_t seed)
      : values{some_batch(sample.size(), count, seed)}, shape{sample} {}
  operator Batch<double>() const { return {values, shape}; }
};

AnyLayer<double> make(const LayerRow& row) {
  Rng rng{7};
  return row.make(rng);
}

Shape output_shape(const LayerRow& row) { return make(row).output_shape(row.shape); }
Index outputs(const LayerRow& row) { return output_shape(row).size(); }

void require_correct(const GradientReport& report) {
  CAPTURE(report);
  REQUIRE(report.verdict == GradientVerdict::correct);
  REQUIRE(report.relative_difference < gradient_tolerance);
  for (const auto& block : report.blocks) {
    REQUIRE(block.relative_difference < gradient_tolerance);
    REQUIRE(block.kinks < block.entries);  // else nothing was compared
  }
}

/// The layers before and after the layer of a row inside a network.
struct Neighbors {
  Rng rng{3};
  Dense<double> before, after;
  explicit Neighbors(const LayerRow& row) : before{3, row.shape.size(), rng}, after{outputs(row), 3, rng} {}
  DynamicSequential<double> around(const LayerRow& row) const {
    return DynamicSequential{before, Reshape<double>{row.shape}, make(row), Flatten<double>{}, after};
  }
};

bool equal_parameters(const AnyLayer<double>& a, const AnyLayer<double>& b) {
  bool equal = true;
  AnyLayer<double>::visit([&](const Parameter&, const auto& p, const auto& q) { equal = equal && p == q; }, a,
                          b);
  return equal;
}

}  // namespace

TEST_CASE("Layer: backward of a single layer is the gradient of forward", "[conformance]") {
  for_each(layers, [](const LayerRow& row) {
    DYNAMIC_SECTION(row.name) {
      const Samples x{row.shape, samples, 1};
      const Matrix<double> y = some_batch(outputs(row), samples, 2);
      require_correct(check_gradient(make(row), MeanSquaredError{}, x, y));
      require_correct(check_gradient(make(row), MeanSquaredError{}, x, y, {.training = false}));
    }
  });
}

TEST_CASE("Layer: backward inside a network is the gradient of forward", "[conformance]") {
  for_each(layers, [](const LayerRow& row) {
    DYNAMIC_SECTION(row.name) {
      const Neighbors n{row};
      const Matrix<double> x = some_batch(3, samples, 1), y{{0, 1, 2, 2, 1, 0}};
      require_correct(
          check_gradient(n.around(row), SoftmaxCrossEntropy{}, x, y, {.regularizer = L2{.lambda = 0.1}}));
    }
  });
}

// With this test, the claims of the tests above for DynamicSequential also hold for Sequential.
TEST_CASE("Layer: Sequential and DynamicSequential compute the same bits", "[conformance]") {
  for_each(layers, [](const LayerRow& row) {
    DYNAMIC_SECTION(row.name) {
      const Neighbors n{row};
      const Matrix<double> x = some_batch(3, samples, 1), dy = some_batch(3, samples, 2);
      CHECK(row.in_sequential(row.shape, n.before, n.after, x, dy) == run_pass(n.around(row), x, dy));
    }
  });
}

TEST_CASE("Layer: backward and backward_parameters overwrite the gradient", "[conformance]") {
  for_each(layers, [](const LayerRow& row) {
    DYNAMIC_SECTION(row.name) {
      const AnyLayer<double> layer = make(row);
      AnyLayer<double> once = zeros_like(layer), again = layer;
      AnyLayer<double>::Cache cache;
      const Samples x{row.shape, samples, 1}, dy{output_shape(row), samples, 2};
      layer.forward(x, cache, Pass::training({}));
      layer.backward(x, dy, cache, once, Pass::training({}));
      backward_parameters(layer, x, dy, cache, again, Pass::training({}));
      CHECK(equal_parameters(once, again));
    }
  });
}

TEST_CASE("Layer: a copy is independent of the original", "[conformance]") {
  for_each(layers, [](const LayerRow& row) {
    DYNAMIC_SECTION(row.name) {
      const AnyLayer<double> layer = make(row);
      AnyLayer<double> copy = layer;
      AnyLayer<double>::visit([](const auto&, auto& leaf) { leaf.setConstant(7); }, copy);
      CHECK(equal_parameters(layer, make(row)));
      CHECK(equal_parameters(layer, copy) == (parameter_count(layer) == 0));
    }
  });
}

TEST_CASE("Layer: a batch gives the same results as its samples one by one", "[conformance]") {
  for_each(layers, [](const LayerRow& row) {
    DYNAMIC_SECTION(row.name) {
      const AnyLayer<double> layer = make(row);
      const Samples x{row.shape, samples, 1};
      const Matrix<double> together = predict(layer, x);
      REQUIRE(together.rows() == outputs(row));
      for (Index j = 0; j < samples; ++j)
        CHECK((predict(layer, Batch{x.values.col(j), x.shape}) - together.col(j)).norm() <
              1e-14);  // the order of summation
    }
  });
}

TEST_CASE("Layer: images and sequences are computed position by position", "[conformance]") {
  for_each(layers, [](const LayerRow& row) {
    if (row.shapes != any_shape) return;
    DYNAMIC_SECTION(row.name) {
      const AnyLayer<double> layer = make(row);
      const Samples x{row.shape, samples, 1};
      AnyLayer<double>::Cache cache, by_position;
      const Batch<double> y = layer.forward(x, cache, Pass::measuring());
      CHECK(y.shape() == Shape{y.shape().channels, row.shape.height, row.shape.width});
      CHECK(y.channels() == layer.forward(Batch<double>{x}.channels(), by_position, Pass::measuring()));
    }
  });
}

TEST_CASE("Layer: no number in the padding of sequences has an effect, or padding is refused",
          "[conformance]") {
  for_each(layers, [](const LayerRow& row) {
    const Shape shape =
        row.shapes == any_shape ? Shape{.channels = row.shape.channels, .width = 5} : row.shape;
    if (shape.height != 1 || shape.width == 1) return;
    DYNAMIC_SECTION(row.name) {
      const AnyLayer<double> layer = make(row);
      Samples x{shape, samples, 1};
      for (double& value : x.values.reshaped()) value = std::abs(value) < 1 ? 1 : 2;  // may be tokens
      std::vector<Index> lengths;
      for (Index j = 0; j < samples; ++j) lengths.push_back(j % (shape.width + 1));
      const auto outputs = [&](double padding, AnyLayer<double>::Cache& cache) {
        for (Index j = 0; j < samples; ++j)
          x.values.col(j)
              .tail((shape.width - lengths[static_cast<std::size_t>(j)]) * shape.channels)
              .setConstant(padding);
        const Batch<double> y =
            layer.forward(Batch<double>{x}.with_lengths(lengths), cache, Pass::measuring());
        CHECK((y.shape().width == 1 || !y.lengths().empty()));
        Matrix<double> without = y;
        clear_padding(y, without);
        return without;
      };
      AnyLayer<double>::Cache a, b;
      try {
        const Matrix<double> expected = outputs(0, a);
        CHECK(outputs(1e9, b) == expected);
      } catch (const ShapeError& error) {
        CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("padding"));
      }
    }
  });
}

TEST_CASE("Layer: float results equal double results within rounding", "[conformance]") {
  for_each(layers, [](const LayerRow& row) {
    DYNAMIC_SECTION(row.name) {
      Rng rng{7};
      const AnyLayer<float> layer = row.make_float(rng);
      const Samples x{row.shape, samples, 1};
      const Matrix<float> rounded = x.values.cast<float>();
      const Matrix<double> y = predict(layer, Batch{rounded, x.shape}).cast<double>();
      CHECK((y - predict(make(row), x)).norm() < 1e-5);  // float rounding of up to 30 values
    }
  });
}

TEST_CASE("Layer: a cache serves batches of different sizes", "[conformance]") {
  for_each(layers, [](const LayerRow& row) {
    DYNAMIC_SECTION(row.name) {
      const AnyLayer<double> layer = make(row);
      AnyLayer<double>::Cache used;
      for (const Index m : {4, 9, 2}) {
        const Samples x{row.shape, m, 1};
        AnyLayer<double>::Cache fresh;
        CHECK(layer.forward(x, fresh, Pass::training({})).shape() == output_shape(row));
        CHECK(layer.forward(x, used, Pass::training({})) == layer.forward(x, fresh, Pass::training({})));
      }
    }
  });
}

TEST_CASE("Layer: an error for other channels names the shape", "[conformance]") {
  for_each(layers, [](const LayerRow& row) {
    DYNAMIC_SECTION(row.name) {
      const Shape wrong{row.shape.channels + 1, row.shape.height, row.shape.width};
      Shape out;
      try {
        out = make(row).output_shape(wrong);
      } catch (const ShapeError& error) {
        using Catch::Matchers::ContainsSubstring;
        CHECK_THAT(error.what(),
                   ContainsSubstring(detail::joined("features, got ", detail::shape_text(wrong))) ||
                       ContainsSubstring(detail::joined("input [", wrong.size(), ", 1]")));  // of a formula
        return;
      }
      // An element-wise layer, a pooling layer or Flatten takes any number of channels.
      CHECK((out.channels == wrong.channels || out == Shape{wrong.size()}));
    }
  });
}

// As many numbers as are worth several threads, and an odd number of samples.
TEST_CASE("Layer: any number of threads computes the same bits", "[conformance][threads]") {
  for_each(layers, [](const LayerRow& row) {
    DYNAMIC_SECTION(row.name) {
      const Index count = 50'000 / row.shape.size() | 1;
      const Samples x{row.shape, count, 1}, dy{output_shape(row), count, 2};
      const AnyLayer<double> layer = make(row);
      const PassResult expected = run_pass(layer, x, dy);
      for (const int threads : {2, 3, 5}) {
        ThreadWorkers workers{threads};
        CHECK(run_pass(layer, x, dy, workers) == expected);
      }
    }
  });
}

TEST_CASE("Layer: two threads predict with one const layer", "[conformance][threads]") {
  for_each(layers, [](const LayerRow& row) {
    DYNAMIC_SECTION(row.name) {
      const AnyLayer<double> layer = make(row);
      const Samples x{row.shape, 50, 1};
      const Matrix<double> expected = predict(layer, x);
      Matrix<double> a, b;
      {
        const std::jthread first{[&] { a = predict(layer, x); }}, second{[&] { b = predict(layer, x); }};
      }
      CHECK(a == expected);
      CHECK(b == expected);
    }
  });
}

TEST_CASE("Layer: forward and backward reject batches of another shape") {
  for_each(layers, [](const auto& row) {
    CAPTURE(row.name);
    Rng rng{7};
    const AnyLayer<double> layer = row.make(rng);
    AnyLayer<double> gradient = zeros_like(layer);
    const Samples x{row.shape, 4, 1}, fewer{row.shape, 3, 1};
    AnyLayer<double>::Cache cache;
    const Pass pass = Pass::training({});
    const Shape out = layer.output_shape(row.shape);
    const Samples dy{out, 4, 2}, too_few{out, 3, 2}, too_large{{out.size() + 1}, 4, 2};
    CHECK_THROWS_AS(layer.backward(x, dy, cache, gradient, pass), Error);  // without forward
    layer.forward(x, cache, pass);
    CHECK_NOTHROW(layer.backward(x, dy, cache, gradient, pass));
    CHECK_THROWS_AS(layer.backward(x, too_few, cache, gradient, pass), ShapeError);
    CHECK_THROWS_AS(layer.backward(x, too_large, cache, gradient, pass), ShapeError);
    CHECK_THROWS_AS(layer.backward(fewer, dy, cache, gradient, pass), ShapeError);
    try {  // a layer that takes any number of features computes, any other throws a ShapeError
      layer.forward(Matrix<double>::Ones(row.shape.size() + 2, 4).eval(), cache, Pass::inference());
      CHECK(layer.output_shape({row.shape.size() + 2}).size() > 0);
    } catch (const ShapeError&) {
    }
  });
}

}  // namespace layers_test
