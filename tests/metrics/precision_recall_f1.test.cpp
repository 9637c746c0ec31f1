#include <cmath>
#include <vector>

#include "catch.hpp"
#include "descent/metrics/any_metric.hpp"
#include "descent/metrics/f1.hpp"
#include "descent/metrics/precision.hpp"
#include "descent/metrics/recall.hpp"
#include "support.hpp"

namespace precision_recall_f1_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using support::message_of;

namespace {

constexpr double rounding = 1e-15;

/// Returns outputs that predict the given ones of five classes.
Matrix<double> choosing(const std::vector<Index>& classes) {
  Matrix<double> m = Matrix<double>::Zero(5, static_cast<Index>(classes.size()));
  for (std::size_t j = 0; j < classes.size(); ++j) m(classes[j], static_cast<Index>(j)) = 1;
  return m;
}

// Class 0: 2 hits, 3 predicted, 2 actual; class 1: 1, 1, 3; class 2, only predicted: 0, 2, 0; class 3, only actual:
// 0, 0, 1; class 4: neither.
const Matrix<double> predicted = choosing({0, 0, 0, 1, 2, 2}), actual{{0, 0, 1, 1, 1, 3}};

template <class A>
double measured(A metric) {
  metric.update(predicted, actual);
  return metric.value();
}
template <class A>
std::vector<double> per_class(A metric) {
  metric.update(predicted, actual);
  return metric.per_class();
}

}  // namespace

TEST_CASE("Precision: a class with a divisor of 0 scores 0") {
  CHECK(per_class(Precision{}) == std::vector{2.0 / 3, 1.0, 0.0, 0.0, 0.0});
  CHECK(per_class(Recall{}) == std::vector{1.0, 1.0 / 3, 0.0, 0.0, 0.0});
  CHECK(per_class(F1{}) == std::vector{4.0 / 5, 2.0 / 4, 0.0, 0.0, 0.0});
}

TEST_CASE("Precision: is the mean over the classes that occur") {
  CHECK_THAT(measured(Precision{}), WithinAbs((2.0 / 3 + 1) / 4, rounding));
  CHECK_THAT(measured(Recall{}), WithinAbs((1 + 1.0 / 3) / 4, rounding));
  CHECK_THAT(measured(F1{}), WithinAbs((0.8 + 0.5) / 4, rounding));
  CHECK(measured(F1{.average = Average::macro}) == measured(F1{}));
}

TEST_CASE("Average: the micro average is the accuracy") {
  CHECK(measured(Precision{.average = Average::micro}) == 0.5);
  CHECK(measured(Recall{.average = Average::micro}) == 0.5);
  CHECK(measured(F1{.average = Average::micro}) == 0.5);
}

TEST_CASE("Recall: of_class selects a single class") {
  CHECK(measured(Recall{.of_class = 1}) == 1.0 / 3);
  CHECK(measured(Recall{.of_class = 4}) == 0);
  CHECK(AnyMetric<>{Recall{.of_class = 1, .name = "recall_1"}}.name() == "recall_1");
  CHECK(AnyMetric<>{Recall{}}.name() == "recall");
  CHECK(AnyMetric<>{Precision{}}.name() == "precision");
  CHECK(AnyMetric<>{F1{}}.name() == "f1");
  for (const Index none : {-1, 5})
    CHECK_THAT(message_of<DataError>([&] { measured(F1{.of_class = none}); }),
               ContainsSubstring(detail::joined("f1: expected .of_class from 0 to 4, got ", none)));
}

TEST_CASE("Precision: scores class 1 of two classes") {
  const Matrix<double> logit{{2, 1, -1, -2, 3}}, target{{1, 0, 1, 0, 1}};
  Matrix<double> two(2, 5);
  two << -logit, logit;
  for (const auto& prediction : {logit, two}) {
    Precision precision;
    Recall recall;
    F1 f1, macro{.average = Average::macro};
    precision.update(prediction, target);
    recall.update(prediction, target);
    f1.update(prediction, target);
    macro.update(prediction, target);
    CHECK(precision.value() == 2.0 / 3);
    CHECK(recall.value() == 2.0 / 3);
    CHECK(f1.value() == 4.0 / 6);
    CHECK_THAT(macro.value(), WithinAbs((4.0 / 6 + 0.5) / 2, rounding));
  }
}

TEST_CASE("Precision: takes a threshold for a single output") {
  Precision precision{.threshold = 0.5};
  precision.update(Matrix<double>{{0.4, 0.6, 0.9}}, Matrix<double>{{1, 1, 0}});
  CHECK(precision.value() == 0.5);
}

TEST_CASE("F1: refuses a number of classes that differs from earlier batches") {
  F1 f1, other;
  f1.update(predicted, actual);
  const Matrix<double> two = Matrix<double>::Zero(2, 1), target{{0}};
  CHECK_THAT(message_of<ShapeError>([&] { f1.update(two, target); }),
             ContainsSubstring("f1: expected 5 classes as before, got 2"));
  other.update(two, target);
  CHECK_THROWS_AS(f1.merge(other), ShapeError);
}

}  // namespace precision_recall_f1_test
