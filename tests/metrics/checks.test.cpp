#include <cmath>

#include "catch.hpp"
#include "descent/metrics/accuracy.hpp"
#include "descent/metrics/classes.hpp"
#include "descent/metrics/confusion_matrix.hpp"
#include "support.hpp"

namespace checks_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;

TEST_CASE("target_class: refuses a target that is not a class number") {
  for (const double wrong : {-1.0, 0.5, 1e300, HUGE_VAL, std::nan("")})
    CHECK_THAT(
        message_of<DataError>([&] {
          target_class(Matrix<double>{{0, wrong}}, 1);
        }),
        ContainsSubstring(detail::joined("target_class: expected a class, got ", wrong, " for sample 1")));
}

TEST_CASE("Accuracy: names invalid targets and counts nothing of the batch") {
  Accuracy accuracy;
  const Matrix<> outputs = Matrix<>::Zero(3, 2);
  CHECK(message_of<DataError>([&] {
          accuracy.update(outputs, Matrix<>{{0, 3}});
        }) ==
        "accuracy: expected a class from 0 to 2, got 3 for sample 1; number the classes from 0, and let the "
        "last layer have one output for each; -1 ignores a sample");
  CHECK_THAT(message_of<ShapeError>([&] { accuracy.update(outputs, Matrix<>(2, 2)); }),
             ContainsSubstring("accuracy: expected targets of 1 or 3 rows, got 2"));
  CHECK_THAT(message_of<DataError>([&] { accuracy.update(Matrix<>(1, 1), Matrix<>{{2}}); }),
             ContainsSubstring("accuracy: expected a class from 0 to 1, got 2"));
  CHECK(accuracy.right.weight == 0);
  CHECK(accuracy.right.sum == 0);
}

TEST_CASE("ConfusionMatrix: refuses numbers of classes that do not match") {
  for (const Index few : {-1, 0, 1})
    CHECK_THAT(message_of<ShapeError>([&] { ConfusionMatrix{few}; }),
               ContainsSubstring(detail::joined("ConfusionMatrix: expected at least 2 classes, got ", few)));
  ConfusionMatrix three{3};
  CHECK_THAT(message_of<ShapeError>([&] { three.merge(ConfusionMatrix{4}); }),
             ContainsSubstring("ConfusionMatrix: expected counts of 3 classes to merge, got 4"));
}

}  // namespace checks_test
