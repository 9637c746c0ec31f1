#include "descent/metrics/multilabel_accuracy.hpp"

#include <cmath>
#include <string>

#include "catch.hpp"
#include "descent/metrics/accuracy.hpp"
#include "descent/metrics/any_metric.hpp"
#include "descent/metrics/f1.hpp"
#include "descent/metrics/multilabel_exact_match.hpp"
#include "descent/metrics/multilabel_f1.hpp"
#include "support.hpp"

namespace multilabel_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using support::message_of;

namespace {

constexpr double rounding = 1e-15;

// Three labels of four samples. 10 of the 12 labels are correct, and the first two samples in all labels. Label 0: 2
// hits, 2 predicted, 3 actual; label 1: 2, 3, 2; label 2: never predicted and never actual.
const Matrix<double> target{{1, 0, 1, 1}, {1, 1, 0, 0}, {0, 0, 0, 0}};
const Matrix<double> logits{{2, -1, 1, -3}, {1, 4, 2, -1}, {-1, -2, -1, -5}};
const Matrix<double> probabilities = (1 + (-logits.array()).exp()).inverse();

template <class A>
double measured(A metric, const Matrix<double>& prediction = logits) {
  metric.update(prediction, target);
  return metric.value();
}

}  // namespace

TEST_CASE("MultilabelAccuracy: is the fraction of labels that are correct") {
  CHECK(measured(MultilabelAccuracy{}) == 10.0 / 12);
  CHECK(measured(MultilabelAccuracy{.threshold = 0.5}, probabilities) == 10.0 / 12);
  CHECK(measured(MultilabelAccuracy{.threshold = 10}) == 7.0 / 12);
}

TEST_CASE("MultilabelExactMatch: is the fraction of samples whose labels are all correct") {
  CHECK(measured(MultilabelExactMatch{}) == 2.0 / 4);
  CHECK(measured(MultilabelExactMatch{.threshold = 0.5}, probabilities) == 2.0 / 4);
}

TEST_CASE("MultilabelF1: is the mean over labels or the score of the sums") {
  CHECK_THAT(measured(MultilabelF1{}), WithinAbs((4.0 / 5 + 4.0 / 5 + 0) / 3, rounding));
  CHECK(measured(MultilabelF1{.average = Average::micro}) == 8.0 / 10);
  MultilabelF1 f1{.threshold = 0.5};
  f1.update(probabilities, target);
  CHECK(f1.per_label() == std::vector{4.0 / 5, 4.0 / 5, 0.0});
}

TEST_CASE("MultilabelAccuracy: the threshold follows from the outputs") {
  for (AnyMetric<double> metric : {AnyMetric<double>{MultilabelAccuracy{}}, AnyMetric<double>{MultilabelF1{}},
                                   AnyMetric<double>{MultilabelExactMatch{}}}) {
    AnyMetric<double> of_logits = metric;
    of_logits.update(logits, target);
    metric.prepare(OutputKind::probabilities);
    metric.update(probabilities, target);
    CHECK(metric.value() == of_logits.value());
  }
}

TEST_CASE("MultilabelAccuracy: refuses targets other than 0 and 1") {
  Matrix<double> wrong = target;
  for (const double value : {0.5, 2.0, -1.0, std::nan("")}) {
    wrong(1, 3) = value;
    CHECK_THAT(
        message_of<DataError>([&] { MultilabelAccuracy().update(logits, wrong); }),
        ContainsSubstring(detail::joined("multilabel_accuracy: expected targets of 0 or 1, got ", value)));
    CHECK_THROWS_AS(MultilabelExactMatch().check(3, wrong), DataError);
    CHECK_THROWS_AS(MultilabelF1().check(3, wrong), DataError);
  }
  CHECK_THROWS_AS(MultilabelF1().check(2, target), ShapeError);
}

TEST_CASE("Accuracy: refuses targets of several labels") {
  const std::string problem =
      "expected probabilities with a sum of 1, got a sum of 2 for sample 0; take a multilabel metric for "
      "several labels per sample";
  CHECK(message_of<DataError>([] { Accuracy().update(logits, target); }) == "accuracy: " + problem);
  CHECK(message_of<DataError>([] { Accuracy().check(3, target); }) == "accuracy: " + problem);
  CHECK(message_of<DataError>([] { F1().update(logits, target); }) == "f1: " + problem);
  Accuracy smooth;
  smooth.update(logits,
                Matrix<double>{{0.9, 0.05, 0.9, 0.05}, {0.05, 0.9, 0.05, 0.05}, {0.05, 0.05, 0.05, 0.9}});
  CHECK(smooth.value() == 2.0 / 4);
}

}  // namespace multilabel_test
