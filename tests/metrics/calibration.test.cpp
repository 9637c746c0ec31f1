#include "descent/metrics/calibration.hpp"

#include <cmath>

#include "catch.hpp"
#include "descent/data/standardize.hpp"
#include "descent/inference/evaluate.hpp"
#include "descent/layers.hpp"
#include "descent/models/sequential.hpp"
#include "support.hpp"

namespace calibration_test {

using namespace descent;

TEST_CASE("Calibration: bins have the mean probability and the frequency of class 1") {
  Calibration metric{.bins = 2};
  metric.prepare(OutputKind::probabilities);
  metric.update(Batch<double>{Matrix<double>{{0.1, 0.3, 0.9, 0.7, 0.8}}},
                Batch<double>{Matrix<double>{{0, 1, 1, 1, 0}}});
  const CalibrationCurve curve = metric.value();
  REQUIRE(curve.bins.size() == 2);
  CHECK(curve.bins[0].probability == 0.2);
  CHECK(curve.bins[0].frequency == 0.5);
  CHECK(curve.bins[0].weight == 2);
  CHECK(std::abs(curve.bins[1].probability - 0.8) < 1e-15);
  CHECK(std::abs(curve.bins[1].frequency - 2.0 / 3) < 1e-15);
  CHECK(curve.bins[1].low == 0.5);
  CHECK(curve.bins[1].high == 1);
  CHECK(std::abs(curve.expected_error - (2 * 0.3 + 3 * (0.8 - 2.0 / 3)) / 5) < 1e-15);
  CHECK(std::abs(curve.largest_error - 0.3) < 1e-15);
}

TEST_CASE("Calibration: of several classes it is the probability of the predicted one") {
  const double log3 = std::log(3.0);  // softmax {0, log 3, 0} = {0.2, 0.6, 0.2}
  Calibration metric;
  metric.update(Batch<double>{Matrix<double>{{0, 0}, {log3, log3}, {0, 0}}},
                Batch<double>{Matrix<double>{{1, 2}}});
  const CalibrationCurve curve = metric.value();
  CHECK(std::abs(curve.expected_error - 0.1) < 1e-12);  // predicted 0.6, right for half
}

TEST_CASE("Calibration: weights count, ignored samples do not") {
  Calibration metric{.bins = 1};
  metric.prepare(OutputKind::probabilities);
  const Vector<double> weights{{3, 1}};
  metric.update(Batch<double>{Matrix<double>{{0.5, 0.5}}}, Batch<double>{Matrix<double>{{1, 0}}},
                SampleWeights<double>{weights});
  CHECK(metric.value().expected_error == 0.25);
  Calibration of_classes{.bins = 1};
  of_classes.update(Batch<double>{Matrix<double>{{0, 0}, {1, 1}}}, Batch<double>{Matrix<double>{{-1, 1}}});
  CHECK(of_classes.value().bins[0].weight == 1);
}

TEST_CASE("Calibration: evaluate converts logits, and probabilities stay") {
  Rng rng{1};
  Dataset<double> data{.x = Matrix<double>(1, 40000), .y = Matrix<double>(1, 40000)};
  for (Index j = 0; j < data.samples(); ++j) {
    data.x(0, j) = 2 * rng.normal();
    data.y(0, j) = rng.uniform() < 1 / (1 + std::exp(-data.x(0, j)));
  }
  CHECK(evaluate(Sequential{Identity<double>{}}, data, Calibration{}).expected_error < 0.01);
  CHECK(evaluate(Sequential{Sigmoid<double>{}}, data, Calibration{}).expected_error < 0.01);
  const Sequential overconfident{Standardize<double>{Vector<double>{{0}}, Vector<double>{{0.25}}}};
  CHECK(evaluate(overconfident, data, Calibration{}).expected_error > 0.05);
}

TEST_CASE(
    "Calibration: no samples give no bins; bins out of range and outputs that are no numbers are refused") {
  CHECK(Calibration{}.value().bins.empty());
  CHECK_THROWS_AS((Calibration{.bins = 0}.check(1, Batch<double>{Matrix<double>{{0}}})), DataError);
  Calibration metric;
  CHECK_THROWS_AS(metric.update(Batch<double>{Matrix<double>{{NAN}}}, Batch<double>{Matrix<double>{{0}}}),
                  DataError);
  Calibration of_probabilities;
  of_probabilities.prepare(OutputKind::probabilities);
  CHECK_THROWS_AS(
      of_probabilities.update(Batch<double>{Matrix<double>{{2}}}, Batch<double>{Matrix<double>{{0}}}),
      DataError);
}

}  // namespace calibration_test
