#include "descent/data/impute.hpp"

#include "catch.hpp"
#include "support.hpp"

namespace impute_test {

using namespace descent;
using support::message_of;

namespace {
const float missing = detail::not_a_number<float>();
}

TEST_CASE("Impute: missing values become the means of the training set") {
  const Matrix<> train{{1, missing, 3}, {missing, missing, 7}};
  Matrix<> test{{missing, 5}, {0, missing}};
  const Impute fill{train};
  CHECK(fill.mean() == Vector<>{{2, 7}});
  fill.apply(test);
  CHECK(test == Matrix<>{{2, 5}, {0, 7}});
}

TEST_CASE("Impute: features without a mean and data of another size are refused") {
  CHECK(message_of<DataError>([] {
          Impute{Matrix<>{{1, 2}, {missing, missing}}};
        }) == "Impute: expected at least one value of feature 1, got none; remove the feature");
  CHECK(message_of<DataError>([] {
          Impute{Matrix<>{{1, detail::infinity<float>()}}};
        }) ==
        "Impute: expected finite values of feature 0, got infinity; remove those samples, or set the values "
        "to NaN to impute them");
  Matrix<> wide = Matrix<>::Zero(3, 1);
  CHECK(message_of<ShapeError>([&] {
          Impute{Matrix<>{{1, 2}}}.apply(wide);
        }) == "Impute: expected 1 features, got 3");
}

}  // namespace impute_test
