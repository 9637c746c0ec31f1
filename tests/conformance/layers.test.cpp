#include <cmath>

#include "catch.hpp"
#include "conformance/tables.hpp"

using namespace conformance;

namespace {

/// What two-sided differences in double can show: about 1e-10, with room for ill-conditioned layers.
constexpr double gradient_tolerance = 1e-7;
constexpr Index samples = 6;

template <class T>
Matrix<T> some_batch(Index rows, Index cols, std::uint64_t seed) {
  Rng rng{seed};
  Matrix<T> x(rows, cols);
  for (T& v : x.reshaped()) v = static_cast<T>(rng.normal());
  return x;
}

auto make(const auto& row) {
  Rng rng{7};
  return row.make(double{}, rng);
}

void require_correct(const GradientReport& report) {
  CAPTURE(report);
  REQUIRE(report.verdict == GradientVerdict::correct);
  REQUIRE(report.relative_difference < gradient_tolerance);
  for (const auto& block : report.blocks) {
    REQUIRE(block.relative_difference < gradient_tolerance);
    REQUIRE(block.kinks < block.entries);  // or nothing would have been compared
  }
}

/// The layer between two others, in both compositions.
auto in_chains(const auto& row) {
  Rng rng{3};
  const Index width = row.shape.size();
  const Dense<double> before{3, width, rng};
  const auto layer = row.make(double{}, rng);
  const Dense<double> after{layer.output_shape(row.shape).size(), 3, rng};
  return std::pair{Sequential{before, layer, after}, Network{before, layer, after}};
}

bool equal_parameters(const auto& a, const auto& b) {
  using M = std::remove_cvref_t<decltype(a)>;
  bool equal = true;
  M::visit([&](const Parameter&, const auto& p, const auto& q) { equal = equal && p == q; }, a, b);
  return equal;
}

}  // namespace

TEST_CASE("layers: backward is the gradient of forward, alone", "[conformance]") {
  for_each(layers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const auto layer = make(row);
      const Matrix<double> x = some_batch<double>(row.shape.size(), samples, 1);
      const Matrix<double> y = some_batch<double>(layer.output_shape(row.shape).size(), samples, 2);
      require_correct(check_gradient(layer, MeanSquaredError{}, x, y));
      require_correct(check_gradient(layer, MeanSquaredError{}, x, y, {.training = false}));
    }
  });
}

TEST_CASE("layers: backward is the gradient of forward, in mid-network", "[conformance]") {
  for_each(layers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const auto [fixed, dynamic] = in_chains(row);
      const Matrix<double> x = some_batch<double>(3, samples, 1);
      const Matrix<double> y{{0, 1, 2, 2, 1, 0}};
      const auto report = check_gradient(fixed, SoftmaxCrossEntropy{}, x, y, {.regularizer = L2{.lambda = 0.1}});
      require_correct(report);
      const auto same = check_gradient(dynamic, SoftmaxCrossEntropy{}, x, y, {.regularizer = L2{.lambda = 0.1}});
      require_correct(same);
      CHECK(same.relative_difference == report.relative_difference);
    }
  });
}

TEST_CASE("layers: Sequential and Network compute the same bits", "[conformance]") {
  for_each(layers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      auto [fixed, dynamic] = in_chains(row);
      Dataset<double> data{some_batch<double>(3, 40, 1), Matrix<double>::Zero(1, 40)};
      for (Index j = 0; j < 40; ++j) data.y(0, j) = static_cast<double>(j % 3);
      const auto train = [&](auto& net) {
        return fit(net, data, SoftmaxCrossEntropy{}, Adam{}, {.epochs = 3, .batch_size = 16, .progress = silent});
      };
      CHECK(train(fixed)["loss"] == train(dynamic)["loss"]);
      CHECK(predict(fixed, data.x) == predict(dynamic, data.x));
    }
  });
}

TEST_CASE("layers: backward overwrites its gradient, with or without dx", "[conformance]") {
  for_each(layers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const auto layer = make(row);
      auto once = zeros_like(layer), again = layer;
      typename std::remove_const_t<decltype(layer)>::Cache cache;
      const Matrix<double> x = some_batch<double>(row.shape.size(), samples, 1);
      const Matrix<double> dy = some_batch<double>(layer.output_shape(row.shape).size(), samples, 2);
      layer.forward(x, cache, Pass::training({}));
      layer.backward(x, dy, cache, once);
      backward_parameters(layer, x, dy, cache, again);
      CHECK(equal_parameters(once, again));
    }
  });
}

TEST_CASE("layers: a copy is independent", "[conformance]") {
  for_each(layers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const auto layer = make(row);
      auto copy = layer;
      using L = decltype(copy);
      AnyLayer<double> erased{layer};
      AnyLayer<double> erased_copy = erased;
      const auto spoil = [](const auto&, auto& leaf) { leaf.setConstant(7); };
      L::visit(spoil, copy);
      AnyLayer<double>::visit(spoil, erased_copy);
      CHECK(equal_parameters(layer, make(row)));
      CHECK(equal_parameters(*erased.get_if<L>(), layer));
      CHECK(equal_parameters(*erased_copy.get_if<L>(), copy));
    }
  });
}

TEST_CASE("layers: a batch equals its samples one by one", "[conformance]") {
  for_each(layers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const auto layer = make(row);
      const Matrix<double> x = some_batch<double>(row.shape.size(), samples, 1);
      const Matrix<double> together = predict(layer, x);
      REQUIRE(together.rows() == layer.output_shape(row.shape).size());
      for (Index j = 0; j < samples; ++j)
        CHECK((predict(layer, x.col(j).eval()) - together.col(j)).norm() < 1e-14);  // the order of summation
    }
  });
}

TEST_CASE("layers: float follows double", "[conformance]") {
  for_each(layers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      Rng rng{7};
      const auto layer = row.make(float{}, rng);
      const Matrix<double> x = some_batch<double>(row.shape.size(), samples, 1);
      const Matrix<double> y = predict(layer, Matrix<float>{x.cast<float>()}).template cast<double>();
      CHECK((y - predict(make(row), x)).norm() < 1e-5);  // a few digits of float, over 30 values
    }
  });
}

TEST_CASE("layers: the cache grows and shrinks with the batch", "[conformance]") {
  for_each(layers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const auto layer = make(row);
      typename std::remove_const_t<decltype(layer)>::Cache used;
      for (const Index m : {4, 9, 2}) {
        const Matrix<double> x = some_batch<double>(row.shape.size(), m, 1);
        typename std::remove_const_t<decltype(layer)>::Cache fresh;
        CHECK(layer.forward(x, used, Pass::training({})) == layer.forward(x, fresh, Pass::training({})));
      }
    }
  });
}

TEST_CASE("layers: another width is refused by name", "[conformance]") {
  for_each(layers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const auto layer = make(row);
      const Shape wrong{row.shape.channels + 1, row.shape.height, row.shape.width};
      Shape out;
      try {
        out = layer.output_shape(wrong);
      } catch (const ShapeError& error) {
        CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("expected 5 features, got 6"));
        return;
      }
      CHECK(out == wrong);  // an element-wise layer takes any width, and hands on the same
    }
  });
}
