#include "descent/metrics/accuracy.hpp"

#include <cmath>

#include "catch.hpp"

namespace accuracy_test {

using namespace descent;

namespace {

// The predicted classes are 0, 2, 1, 2.
Matrix<> outputs() {
  Matrix<> m(3, 4);
  m << 5, 0, 1, 0,  //
      1, 0, 7, 0,   //
      2, 3, 0, 1;
  return m;
}

Matrix<> classes() {
  Matrix<> m(1, 4);
  m << 0, 2, 1, 1;
  return m;
}

}  // namespace

TEST_CASE("Accuracy: is the fraction of classes predicted correctly") {
  Accuracy accuracy;
  accuracy.update(outputs(), classes());
  CHECK(accuracy.value() == 0.75);
}

TEST_CASE("Accuracy: takes one-hot targets") {
  Matrix<> one_hot = Matrix<>::Zero(3, 4);
  for (Index j = 0; j < 4; ++j) one_hot(static_cast<Index>(classes()(0, j)), j) = 1;
  Accuracy accuracy;
  accuracy.update(outputs(), one_hot);
  CHECK(accuracy.value() == 0.75);
}

TEST_CASE("Accuracy: depends on the threshold of a single output") {
  Matrix<double> output(1, 3), target(1, 3);
  output << 0.2, 0.4, 0.9;
  target << 0, 0, 1;
  Accuracy of_logits, of_probabilities{.threshold = 0.5};
  of_logits.update(output, target);
  of_probabilities.update(output, target);
  CHECK(of_logits.value() == 1.0 / 3);
  CHECK(of_probabilities.value() == 1);
}

TEST_CASE("Accuracy: does not depend on the split into batches") {
  const Matrix<> prediction = outputs(), target = classes();
  Accuracy in_parts;
  in_parts.update(Batch<>{prediction.leftCols(3)}, Batch<>{target.leftCols(3)});
  in_parts.update(Batch<>{prediction.rightCols(1)}, Batch<>{target.rightCols(1)});
  CHECK(in_parts.value() == 0.75);

  Accuracy first, second;
  first.update(Batch<>{prediction.leftCols(3)}, Batch<>{target.leftCols(3)});
  second.update(Batch<>{prediction.rightCols(1)}, Batch<>{target.rightCols(1)});
  first.merge(second);
  CHECK(first.value() == 0.75);
}

TEST_CASE("Accuracy: is not-a-number before the first sample") { CHECK(std::isnan(Accuracy{}.value())); }

}  // namespace accuracy_test
