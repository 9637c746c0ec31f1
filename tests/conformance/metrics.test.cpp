#include <cmath>
#include <concepts>

#include "catch.hpp"
#include "conformance/metric_table.hpp"
#include "temporary_folder.hpp"

namespace metrics_test {

using namespace conformance;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr double rounding = 1e-13;

Matrix<double> numbers(double value) { return Matrix<double>::Constant(1, 1, value); }
Matrix<double> numbers(const ConfusionMatrix& matrix) { return matrix.counts().cast<double>(); }
Matrix<double> numbers(const CalibrationCurve& curve) {
  Matrix<double> all(2, static_cast<Index>(curve.bins.size()) + 1);
  all.col(0) << curve.expected_error, curve.largest_error;
  for (Index i = 1; const auto& bin : curve.bins) all.col(i++) << bin.probability, bin.frequency;
  return all;
}

/// True if two values of a metric are equal within rounding, which depends on the order of summation.
bool same(const auto& a, const auto& b) {
  return (numbers(a) - numbers(b)).cwiseAbs().maxCoeff() <= rounding * (1 + numbers(b).cwiseAbs().maxCoeff());
}

/// The metric of a row, updated with the samples in [first, last).
auto measured(const auto& row, Index first, Index last) {
  auto metric = row.metric;
  if (first < last)
    metric.update(Batch<double>{row.prediction.middleCols(first, last - first)},
                  Batch<double>{row.target.middleCols(first, last - first)});
  return metric;
}

}  // namespace

TEST_CASE("Metric: the value does not depend on the batches", "[conformance]") {
  for_each(metrics, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const Index m = row.prediction.cols();
      const auto whole = measured(row, 0, m);
      auto one_by_one = row.metric;
      for (Index j = 0; j < m; ++j)
        one_by_one.update(Batch<double>{row.prediction.middleCols(j, 1)},
                          Batch<double>{row.target.middleCols(j, 1)});
      CHECK(same(one_by_one.value(), whole.value()));
      for (Index split = 1; split < m; ++split) {
        auto metric = measured(row, 0, split);
        metric.update(Batch<double>{row.prediction.rightCols(m - split)},
                      Batch<double>{row.target.rightCols(m - split)});
        CHECK(same(metric.value(), whole.value()));
      }
    }
  });
}

TEST_CASE("Metric: merged parts give the value of the whole", "[conformance]") {
  for_each(metrics, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const Index m = row.prediction.cols();
      const auto whole = measured(row, 0, m);
      for (Index split = 0; split <= m; ++split) {  // at both ends one metric has seen no samples
        CAPTURE(split);
        auto metric = measured(row, 0, split);
        metric.merge(measured(row, split, m));
        CHECK(same(metric.value(), whole.value()));
      }
    }
  });
}

TEST_CASE("Metric: its state can be saved and loaded", "[conformance]") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path / "metric").string();
  for_each(metrics, [&](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const Index m = row.prediction.cols();
      auto metric = measured(row, 0, m / 2);
      detail::save_checkpoint(path, metric);
      auto loaded = row.metric;
      detail::load_checkpoint(path, loaded);
      for (auto* each : {&metric, &loaded})
        each->update(Batch<double>{row.prediction.rightCols(m - m / 2)},
                     Batch<double>{row.target.rightCols(m - m / 2)});
      CHECK(numbers(loaded.value()) == numbers(metric.value()));
    }
  });
}

TEST_CASE("Metric: merging is associative", "[conformance]") {
  for_each(metrics, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const Index m = row.prediction.cols();
      const auto a = measured(row, 0, 1), b = measured(row, 1, 3), c = measured(row, 3, m);
      auto left = a, right = b, all = a;
      left.merge(b);
      left.merge(c);
      right.merge(c);
      all.merge(right);
      CHECK(same(left.value(), all.value()));
    }
  });
}

TEST_CASE("Metric: float and double give the same value", "[conformance]") {
  for_each(metrics, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      STATIC_REQUIRE(Metric<std::remove_cvref_t<decltype(row.metric)>, float>);
      STATIC_REQUIRE(Metric<std::remove_cvref_t<decltype(row.metric)>, double>);
      auto metric = row.metric;
      metric.update(Matrix<float>{row.prediction.template cast<float>()},
                    Matrix<float>{row.target.template cast<float>()});
      // The numbers in the table are exact in float; sums of them have rounding errors.
      CHECK((numbers(metric.value()) - numbers(measured(row, 0, 6).value())).cwiseAbs().maxCoeff() < 1e-6);
    }
  });
}

TEST_CASE("Metric: a number is NaN before the first sample and AnyMetric gives the same value",
          "[conformance]") {
  for_each(metrics, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      if constexpr (std::same_as<decltype(row.metric.value()), double>) {
        CHECK(std::isnan(row.metric.value()));
        AnyMetric<double> any = row.metric;
        CHECK(any.name() == row.metric.name);
        any.update(row.prediction, row.target);
        CHECK(any.value() == measured(row, 0, 6).value());
      }
    }
  });
}

TEST_CASE("Metric: an error for another number of targets names both numbers", "[conformance]") {
  for_each(metrics, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      auto metric = row.metric;
      const Matrix<double> two = row.target.leftCols(2);
      CHECK_THROWS_WITH(metric.update(row.prediction, two),
                        ContainsSubstring("expected 6 targets, one per prediction, got 2"));
    }
  });
}

TEST_CASE("Metric: rejects targets that do not match the outputs", "[conformance]") {
  for_each(metrics, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      auto metric = row.metric;
      CHECK_THROWS_AS(metric.update(row.prediction, Matrix<double>(Matrix<double>::Zero(7, 6))), ShapeError);
      if (row.kind != Target::classes) return;
      for (const double wrong : {-2.0, -0.5, 3.0, 0.5, 1e30, std::nan(""), HUGE_VAL}) {
        Matrix<double> target = row.target;
        target(0, 4) = wrong;
        CHECK_THROWS_WITH(
            metric.update(row.prediction, target),
            ContainsSubstring("expected a class from 0 to") && ContainsSubstring("for sample 4"));
      }
    }
  });
}

TEST_CASE("Metric: one-hot targets equal classes", "[conformance]") {
  for_each(metrics, [](const auto& row) {
    if (row.kind != Target::classes) return;
    DYNAMIC_SECTION(row.name) {
      Matrix<double> one_hot = Matrix<double>::Zero(std::max<Index>(row.prediction.rows(), 2), 6);
      for (Index j = 0; j < 6; ++j) one_hot(static_cast<Index>(row.target(0, j)), j) = 1;
      auto metric = row.metric;
      metric.update(row.prediction, one_hot);
      CHECK(same(metric.value(), measured(row, 0, 6).value()));
    }
  });
}

namespace {

const Vector<double> weights{{2, 0, 1, 3, 1, 2}};

/// The metric of a row, updated with each sample as often as its weight.
auto measured_copies(const auto& row) {
  auto metric = row.metric;
  metric.update(repeated(row.prediction, weights), repeated(row.target, weights));
  return metric;
}

}  // namespace

TEST_CASE("Metric: a weight of 2 duplicates a sample and a weight of 0 removes it", "[conformance]") {
  for_each(metrics, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      auto metric = row.metric;
      metric.update(row.prediction, row.target, weights);
      CHECK(same(metric.value(), measured_copies(row).value()));

      // In two parts, merged.
      auto first = row.metric, rest = row.metric;
      const SampleWeights<double> all{weights};
      first.update(Batch<double>{row.prediction.leftCols(2)}, Batch<double>{row.target.leftCols(2)},
                   all.segment(0, 2));
      rest.update(Batch<double>{row.prediction.rightCols(4)}, Batch<double>{row.target.rightCols(4)},
                  all.segment(2, 4));
      first.merge(rest);
      CHECK(same(first.value(), measured_copies(row).value()));
    }
  });
}

TEST_CASE("Metric: weights need not be integers", "[conformance]") {
  for_each(metrics, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      auto metric = row.metric;
      metric.update(row.prediction, row.target, Vector<double>{weights / 7});
      const double scale = std::same_as<std::remove_cvref_t<decltype(row.metric)>, ConfusionMatrix> ? 7 : 1;
      const Matrix<double> expected = numbers(measured_copies(row).value());
      CHECK((scale * numbers(metric.value()) - expected).cwiseAbs().maxCoeff() < 1e-12);
    }
  });
}

TEST_CASE("Metric: weights of 1 change nothing", "[conformance]") {
  for_each(metrics, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      auto metric = row.metric;
      metric.update(row.prediction, row.target, Vector<double>{Vector<double>::Ones(6)});
      CHECK(same(metric.value(), measured(row, 0, 6).value()));
    }
  });
}

TEST_CASE("Metric: a class of -1 removes a sample", "[conformance]") {
  for_each(metrics, [](const auto& row) {
    if (row.kind != Target::classes) return;
    DYNAMIC_SECTION(row.name) {
      Matrix<double> target = row.target;
      target(0, 1) = ignored_class;
      auto metric = row.metric, rest = row.metric;
      metric.check(row.prediction.rows(), target);
      metric.update(row.prediction, target);
      rest.update(row.prediction, row.target, Vector<double>{{1, 0, 1, 1, 1, 1}});
      CHECK(same(metric.value(), rest.value()));

      auto none = row.metric;
      none.update(row.prediction, Matrix<double>(Matrix<double>::Constant(1, 6, ignored_class)));
      if constexpr (std::same_as<decltype(none.value()), double>) CHECK(std::isnan(none.value()));
    }
  });
}

TEST_CASE("Metric: an error for another number of weights names both numbers", "[conformance]") {
  for_each(metrics, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      auto metric = row.metric;
      CHECK_THROWS_WITH(metric.update(row.prediction, row.target, Vector<double>{{1, 1}}),
                        ContainsSubstring("expected 6 weights, one per sample, got 2"));
    }
  });
}

TEST_CASE("Metric: AnyMetric and evaluate pass weights on", "[conformance]") {
  for_each(metrics, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      Dataset<double> data{row.prediction, row.target};
      data.weights = weights;
      const Sequential identity{Identity<double>{}};
      CHECK(same(evaluate(identity, data, row.metric), measured_copies(row).value()));
      if constexpr (std::same_as<decltype(row.metric.value()), double>) {
        AnyMetric<double> any = row.metric;
        any.update(row.prediction, row.target, weights);
        CHECK(same(any.value(), measured_copies(row).value()));
      }
    }
  });
}

}  // namespace metrics_test
