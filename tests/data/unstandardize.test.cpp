#include "descent/data/unstandardize.hpp"

#include <cmath>

#include "catch.hpp"
#include "descent/inference/predict.hpp"
#include "support.hpp"

namespace unstandardize_test {

using namespace descent;

TEST_CASE("Unstandardize: undoes Standardize of the same targets") {
  const Matrix<double> y{{100, 200, 600}, {-1, 0, 1}};
  const Standardize<double> scale{y};
  Matrix<double> x = y;
  scale.apply(x);
  Unstandardize{y}.apply(x);
  CHECK((x - y).cwiseAbs().maxCoeff() < 1e-12);
  const Unstandardize<double> same{scale};
  CHECK(same.mean() == scale.mean());
  CHECK(same.deviation() == scale.deviation());
}

TEST_CASE(
    "Unstandardize: as the last layer it multiplies by the deviation and adds the mean, backward "
    "multiplies") {
  const Unstandardize<double> layer{Standardize<double>{Vector<double>{{10, 20}}, Vector<double>{{2, 4}}}};
  const Matrix<double> x{{1, 0}, {-1, 3}}, dy{{1, 2}, {3, 4}};
  Unstandardize<double>::Cache cache;
  CHECK(layer.forward(Batch<double>{x}, cache, Pass::inference()) == Matrix<double>{{12, 10}, {16, 32}});
  Unstandardize<double> gradient = layer;
  CHECK(layer.backward(Batch<double>{x}, Batch<double>{dy}, cache, gradient, Pass::inference()) ==
        Matrix<double>{{2, 4}, {12, 16}});
  CHECK_THROWS_AS(layer.output_shape({3}), ShapeError);
}

TEST_CASE("Standardize: a given mean and deviation are checked") {
  using V = Vector<double>;
  const Standardize<double> scale{V{{1, 2}}, V{{2, -4}}};
  Matrix<double> x{{3}, {6}};
  scale.apply(x);
  CHECK(x == Matrix<double>{{1}, {-1}});
  CHECK_THROWS_AS((Standardize<double>{V{{1, 2}}, V{{2}}}), ShapeError);
  CHECK_THROWS_AS((Standardize<double>{V{}, V{}}), ShapeError);
  CHECK_THROWS_AS((Standardize<double>{V{{1}}, V{{0}}}), DataError);
  CHECK_THROWS_AS((Standardize<double>{V{{NAN}}, V{{1}}}), DataError);
}

}  // namespace unstandardize_test
