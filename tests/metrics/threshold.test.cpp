#include "descent/metrics/threshold.hpp"

#include <cmath>

#include "catch.hpp"
#include "descent/metrics/accuracy.hpp"
#include "descent/metrics/confusion_matrix.hpp"
#include "descent/metrics/f1.hpp"
#include "descent/metrics/precision.hpp"
#include "descent/metrics/recall.hpp"
#include "support.hpp"

namespace threshold_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;

TEST_CASE("Threshold: is by default where both classes are equally probable") {
  Threshold free, chosen = 0.7;
  CHECK(free.value("metric") == 0);
  for (Threshold* each : {&free, &chosen}) each->prepare(OutputKind::probabilities);
  CHECK(free.value("metric") == 0.5);
  CHECK(chosen.value("metric") == 0.7);
  free.prepare(OutputKind::log_probabilities);
  CHECK(free.value("metric") == std::log(0.5));
  free.prepare(OutputKind::scores);
  CHECK(free.value("metric") == 0);
}

TEST_CASE("Threshold: is refused for several outputs and if it is not-a-number") {
  const Matrix<> two{{1, 2}, {3, 4}}, one{{1, 2}}, target{{0, 1}};
  const std::string refused =
      "expected a single output for .threshold, got 2; remove .threshold: the largest of "
      "several outputs predicts the class";
  const auto expect_refused = [&](auto metric, std::string_view name) {
    CHECK(message_of<ShapeError>([&] { metric.update(two, target); }) == detail::joined(name, ": ", refused));
    metric.update(one, target);
  };
  expect_refused(Accuracy{.threshold = 0.5}, "accuracy");
  expect_refused(Precision{.threshold = 0.5}, "precision");
  expect_refused(Recall{.threshold = 0.5}, "recall");
  expect_refused(F1{.threshold = 0.5}, "f1");
  expect_refused(ConfusionMatrix{2, 0.5}, "ConfusionMatrix");
  Accuracy().update(two, target);

  Accuracy accuracy{.threshold = std::nan("")};
  CHECK_THAT(message_of<DataError>([&] { accuracy.update(one, target); }),
             ContainsSubstring("accuracy: expected .threshold finite, got nan"));
}

}  // namespace threshold_test
