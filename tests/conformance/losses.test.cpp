#include <cmath>

#include "catch.hpp"
#include "conformance/loss_table.hpp"
#include "losses/mean_of.hpp"
#include "support.hpp"

namespace losses_test {

using namespace conformance;
using Catch::Matchers::WithinAbs;

TEST_CASE("Loss: the gradient is the derivative of the value", "[conformance]") {
  for_each(losses, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      constexpr double h = 1e-5, tolerance = 1e-9;  // errors of a central difference: h^2 and rounding / h
      Matrix<double> dy;
      CHECK_THAT(mean_of(row.loss, row.prediction, row.target, dy),
                 WithinAbs(mean_of(row.loss, row.prediction, row.target), 1e-14));  // the order of summation
      for (Index i = 0; i < dy.size(); ++i) {
        Matrix<double> up = row.prediction, down = row.prediction;
        up.data()[i] += h;
        down.data()[i] -= h;
        const double slope =
            (mean_of(row.loss, up, row.target) - mean_of(row.loss, down, row.target)) / (2 * h);
        CHECK_THAT(dy.data()[i], WithinAbs(slope, tolerance));
      }
    }
  });
}

TEST_CASE("Loss: the value is the mean over samples", "[conformance]") {
  for_each(losses, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      double sum = 0;
      for (Index j = 0; j < row.prediction.cols(); ++j)
        sum += mean_of(row.loss, Matrix<double>{row.prediction.col(j)}, Matrix<double>{row.target.col(j)});
      CHECK_THAT(mean_of(row.loss, row.prediction, row.target),
                 WithinAbs(sum / static_cast<double>(row.prediction.cols()), 1e-14));
    }
  });
}

TEST_CASE("Loss: extreme predictions give finite results", "[conformance]") {
  for_each(losses, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      for (const double scale : {1e4, -1e4, 0.0}) {
        Matrix<double> extreme = scale * row.prediction;
        if (row.kind == Prediction::probability) extreme = extreme.cwiseMax(0).cwiseMin(1);
        Matrix<double> dy;
        CHECK(std::isfinite(mean_of(row.loss, extreme, row.target, dy)));
        CHECK(all_finite(dy));
        Matrix<float> dy_float;
        const Matrix<float> target = row.target.template cast<float>();
        CHECK(std::isfinite(mean_of(row.loss, Matrix<float>{extreme.cast<float>()}, target, dy_float)));
        CHECK(all_finite(dy_float));
      }
    }
  });
}

TEST_CASE("Loss: an error for another number of targets names both numbers", "[conformance]") {
  for_each(losses, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const Matrix<double> two = row.target.leftCols(2);
      CHECK_THROWS_WITH(mean_of(row.loss, row.prediction, two),
                        Catch::Matchers::ContainsSubstring("expected 3 targets, one per prediction, got 2"));
      Matrix<double> dy;
      CHECK_THROWS_AS(mean_of(row.loss, row.prediction, two, dy), ShapeError);
      CHECK_THROWS_AS(
          mean_of(row.loss, Matrix<double>(row.prediction.rows(), 0), Matrix<double>(row.target.rows(), 0)),
          DataError);
    }
  });
}

namespace {

constexpr double rounding = 1e-12;

/// A network with random weights whose output is of the kind that the loss expects.
template <class L>
auto network_for(Index outputs) {
  Rng rng{5};
  Dense<double> dense{2, outputs, rng};
  if constexpr (expected_kind<L>() == OutputKind::probabilities)
    return Sequential{dense, Sigmoid<double>{}};
  else if constexpr (expected_kind<L>() == OutputKind::log_probabilities)
    return Sequential{dense, LogSoftmax<double>{}};
  else
    return Sequential{dense};
}

bool takes_classes(const auto& row) { return row.target.rows() == 1 && row.prediction.rows() > 1; }

}  // namespace

TEST_CASE("Loss: a weight of 2 duplicates a sample and a weight of 0 removes it", "[conformance]") {
  for_each(losses, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const Vector<double> weights{{2, 0, 1}};
      const Matrix<double> p = repeated(row.prediction, weights), t = repeated(row.target, weights);
      Matrix<double> dy, dy_of_copies;
      const WeightedSum sum = row.loss.value(row.prediction, row.target, weights);
      const WeightedSum of_copies = row.loss.value_and_gradient(p, t, dy_of_copies);
      CHECK_THAT(sum.sum, WithinAbs(of_copies.sum, rounding));
      CHECK(sum.weight == 3);
      CHECK(of_copies.weight == 3);
      CHECK_THAT(row.loss.value_and_gradient(row.prediction, row.target, dy, weights).sum,
                 WithinAbs(sum.sum, rounding));
      CHECK((dy.col(0) - dy_of_copies.col(0) - dy_of_copies.col(1)).cwiseAbs().maxCoeff() < rounding);
      CHECK(dy.col(1).isZero(0));
      CHECK((dy.col(2) - dy_of_copies.col(2)).cwiseAbs().maxCoeff() < rounding);
    }
  });
}

TEST_CASE("Loss: the sum is the weighted sum over samples", "[conformance]") {
  Rng rng{3};
  for_each(losses, [&](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      Vector<double> weights(3);
      for (double& w : weights) w = 5 * rng.uniform();
      Matrix<double> dy, dy_of_one;
      double expected = 0;
      const WeightedSum sum = row.loss.value_and_gradient(row.prediction, row.target, dy, weights);
      for (Index j = 0; j < 3; ++j) {
        expected += weights[j] * row.loss
                                     .value_and_gradient(Matrix<double>{row.prediction.col(j)},
                                                         Matrix<double>{row.target.col(j)}, dy_of_one)
                                     .sum;
        CHECK((dy.col(j) - weights[j] * dy_of_one).cwiseAbs().maxCoeff() < rounding);
      }
      CHECK_THAT(sum.sum, WithinAbs(expected, rounding));
      CHECK_THAT(sum.weight, WithinAbs(weights.sum(), rounding));
      CHECK_THAT(row.loss.value(row.prediction, row.target, weights).sum, WithinAbs(expected, rounding));
    }
  });
}

TEST_CASE("Loss: weights of 1 change no bit", "[conformance]") {
  for_each(losses, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const Matrix<double> p = row.prediction.col(0),
                           t = row.target.col(0);  // the sum over one sample has one order
      const Vector<double> one = Vector<double>::Ones(1);
      Matrix<double> dy, weighted;
      CHECK(row.loss.value(p, t).sum == row.loss.value(p, t, one).sum);
      CHECK(row.loss.value_and_gradient(p, t, dy).sum ==
            row.loss.value_and_gradient(p, t, weighted, one).sum);
      CHECK(dy == weighted);
    }
  });
}

TEST_CASE("Loss: a class of -1 removes a sample", "[conformance]") {
  int rows = 0;
  for_each(losses, [&](const auto& row) {
    if (!takes_classes(row)) return;
    ++rows;
    DYNAMIC_SECTION(row.name) {
      Matrix<double> target = row.target, dy, dy_of_rest;
      target(0, 1) = ignored_class;
      const Vector<double> left{{1, 0, 1}};
      const Matrix<double> p = repeated(row.prediction, left), t = repeated(row.target, left);
      row.loss.check(row.prediction.rows(), target);
      const WeightedSum sum = row.loss.value_and_gradient(row.prediction, target, dy);
      CHECK_THAT(sum.sum, WithinAbs(row.loss.value_and_gradient(p, t, dy_of_rest).sum, rounding));
      CHECK(sum.weight == 2);
      CHECK(row.loss.value(row.prediction, target).weight == 2);
      CHECK_THAT(row.loss.value(row.prediction, target).sum, WithinAbs(sum.sum, rounding));
      CHECK(dy.col(1).isZero(0));
      CHECK((dy.col(2) - dy_of_rest.col(1)).cwiseAbs().maxCoeff() < rounding);

      target.setConstant(ignored_class);
      const WeightedSum none = row.loss.value_and_gradient(row.prediction, target, dy);
      CHECK(none.weight == 0);
      CHECK(none.sum == 0);
      CHECK(std::isnan(none.mean()));
      CHECK(dy.isZero(0));
    }
  });
  CHECK(rows >= 3);
}

TEST_CASE("Loss: a sample of weight 0 has no effect even if its loss overflows", "[conformance]") {
  for_each(losses, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      Matrix<float> p = row.prediction.template cast<float>(), t = row.target.template cast<float>(), dy;
      if (row.kind == Prediction::any) p.col(1) *= 1e30F;  // its square is infinite
      const Vector<> weights{{1, 0, 1}};
      CHECK(std::isfinite(row.loss.value(p, t, weights).sum));
      CHECK(std::isfinite(row.loss.value_and_gradient(p, t, dy, weights).sum));
      CHECK(dy.col(1).isZero(0));
      CHECK(all_finite(dy));
    }
  });
}

TEST_CASE("Loss: an error for another number of weights names both numbers", "[conformance]") {
  for_each(losses, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const Vector<double> two{{1, 1}};
      Matrix<double> dy;
      const auto about = Catch::Matchers::ContainsSubstring("expected 3 weights, one per sample, got 2");
      CHECK_THROWS_WITH(row.loss.value(row.prediction, row.target, two), about);
      CHECK_THROWS_WITH(row.loss.value_and_gradient(row.prediction, row.target, dy, two), about);
    }
  });
}

TEST_CASE("Loss: weights in evaluate equal duplicated samples", "[conformance]") {
  for_each(losses, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const Vector<double> weights{{2, 0, 1}};
      Dataset<double> data{row.prediction, row.target},
          copies{repeated(row.prediction, weights), repeated(row.target, weights)};
      data.weights = weights;
      const Sequential same{Identity<double>{}};
      CHECK_THAT(evaluate(same, data, row.loss), WithinAbs(evaluate(same, copies, row.loss), rounding));
    }
  });
}

TEST_CASE("Loss: weights in a training step equal duplicated samples", "[conformance]") {
  const Matrix<double> x{{1, -0.5, 2}, {0.25, 1, -1}};
  for_each(losses, [&](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      using L = std::remove_cvref_t<decltype(row.loss)>;
      const Vector<double> weights{{2, 0, 1}};
      const auto net = network_for<L>(row.prediction.rows());
      Trainer weighted{net, row.loss, GradientDescent{.learning_rate = 1}};
      auto duplicated = weighted;
      const double cost = weighted.step(x, row.target, weights);
      CHECK_THAT(cost,
                 WithinAbs(duplicated.step(repeated(x, weights), repeated(row.target, weights)), rounding));
      CHECK(support::values_of(weighted.model) != support::values_of(net));
      const auto a = support::values_of(weighted.model), b = support::values_of(duplicated.model);
      for (std::size_t i = 0; i < a.size(); ++i) CHECK_THAT(a[i], WithinAbs(b[i], rounding));
    }
  });
}

TEST_CASE("Loss: any number of threads computes the same bits", "[conformance][threads]") {
  for_each(losses, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      constexpr Index samples = 30'011;  // 60,022 or more numbers, in parts of unequal sizes
      const Matrix<double> p = row.prediction.replicate(1, samples / 3 + 1).leftCols(samples),
                           t = row.target.replicate(1, samples / 3 + 1).leftCols(samples);
      Vector<double> weights = Vector<double>::LinSpaced(samples, 0, 2);
      for (const SampleWeights<double> w : {SampleWeights<double>{}, SampleWeights<double>{weights}}) {
        Matrix<double> expected, dy;
        const WeightedSum sum = row.loss.value_and_gradient(p, t, expected, w);
        CHECK_THAT(sum.sum, Catch::Matchers::WithinRel(row.loss.value(p, t, w).sum, rounding));
        if constexpr (requires { row.loss.value_and_gradient(p, t, dy, w, single_thread); }) {
          for (const int threads : {2, 3, 5}) {
            ThreadWorkers workers{threads};
            CHECK(row.loss.value_and_gradient(p, t, dy, w, workers).sum == sum.sum);
            CHECK(dy == expected);
          }
        }
        for (const Index j :
             {Index{0}, Index{1}, samples / 2, samples - 1}) {  // as if each sample were alone
          row.loss.value_and_gradient(Matrix<double>{p.col(j)}, Matrix<double>{t.col(j)}, dy);
          CHECK((expected.col(j) - w(j) * dy).cwiseAbs().maxCoeff() < rounding);
        }
      }
    }
  });
}

}  // namespace losses_test
