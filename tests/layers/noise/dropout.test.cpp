#include <cmath>
#include <limits>

#include "catch.hpp"
#include "descent/layers/noise/dropout.hpp"

namespace dropout_test {

using namespace descent;

TEST_CASE("Dropout: keeps values with probability keep and divides by keep", "[layers]") {
  const Dropout<double> layer{{.keep = 0.8}};
  Dropout<double>::Cache cache;
  const Matrix<double> x = Matrix<double>::Ones(101, 977);
  const Matrix<double>& y = layer.forward(x, cache, Pass::training({.seed = 3}));
  const double kept = static_cast<double>((y.array() > 0).count()) / static_cast<double>(y.size());
  const double five_sigma = 5 * std::sqrt(0.8 * 0.2 / static_cast<double>(y.size()));
  CHECK(std::abs(kept - 0.8) < five_sigma);
  CHECK(((y.array() == 0) || (y.array() == 1 / 0.8)).all());
}

TEST_CASE("Dropout: divides by exactly the given keep probability", "[layers]") {
  const Matrix<double> x = Matrix<double>::Ones(3, 2000);
  for (const double keep : {0.1, 0.3, 0.8, 0.9}) {  // none is a multiple of 2^-16
    const Dropout<double> layer{{.keep = keep}};
    Dropout<double>::Cache cache;
    CAPTURE(keep);
    CHECK(layer.keep() == keep);
    CHECK(layer.forward(x, cache, Pass::training({.seed = 1})).maxCoeff() == 1 / keep);
    CHECK(Dropout<float>{{.keep = keep}}.keep() == keep);
  }
}

TEST_CASE("Dropout: draws a new mask for each seed and step and sample and layer", "[layers]") {
  const Dropout<double> layer{{.keep = 0.5}};
  const Matrix<double> x = Matrix<double>::Ones(64, 2);
  const auto mask = [&](const Pass& pass) {
    Dropout<double>::Cache cache;
    return Matrix<double>{layer.forward(x, cache, pass)};
  };
  const Pass pass = Pass::training({.seed = 1, .step = 5});
  CHECK(mask(pass) == mask(pass));
  CHECK(mask(pass) != mask(Pass::training({.seed = 1, .step = 6})));
  CHECK(mask(pass) != mask(Pass::training({.seed = 2, .step = 5})));
  CHECK(mask(pass) != mask(Pass::training({.seed = 1, .step = 5 + (std::int64_t{1} << 32)})));
  CHECK(mask(pass.inside(0)) != mask(pass.inside(1)));
  CHECK(mask(pass).col(0) != mask(pass).col(1));
  CHECK(mask(pass).col(1) == mask(Pass::training({.seed = 1, .step = 5, .first_sample = 1})).col(0));
}

TEST_CASE("Dropout: inference and a keep probability of 1 leave the input unchanged", "[layers]") {
  const Matrix<> x = Vector<>::LinSpaced(15, -1, 1).reshaped(5, 3);
  Dropout<float>::Cache cache;
  CHECK((Dropout{{.keep = 0.3}}.forward(x, cache, Pass::inference()) == x));
  CHECK((Dropout{{.keep = 1}}.forward(x, cache, Pass::training({})) == x));
}

TEST_CASE("Dropout: training leaves the input unchanged if it is not enabled", "[layers]") {
  const Matrix<> x = Vector<>::LinSpaced(15, -1, 1).reshaped(5, 3);
  Dropout layer{{.keep = 0.3, .enabled = false}};
  Dropout<float>::Cache cache;
  CHECK(layer.forward(x, cache, Pass::training({})) == x);
  CHECK(layer.backward(x, x, cache, layer, Pass::training({})) == x);
  layer.enabled = true;
  CHECK(layer.forward(x, cache, Pass::training({})) != x);
}

TEST_CASE("Dropout: rejects a keep probability below 2^-16 or above 1", "[layers]") {
  for (const double keep : {0.0, -0.1, 1.1, 0x1p-17, std::nan("")})
    CHECK_THROWS_AS((Dropout{{.keep = keep}}), DataError);
  CHECK(Dropout{{.keep = 0x1p-16}}.keep() == 0x1p-16);
}

TEST_CASE("Dropout: a given mask is used forward and backward") {
  // a = a * mask / keep and da = da * mask / keep, with 1 / 0.8 = 1.25
  const Matrix<double> a{{1, 2, 3}, {4, 5, 6}}, mask{{1, 0, 1}, {1, 1, 0}}, da{{8, 8, 8}, {-4, -4, -4}};
  for (const bool enabled : {true, false}) {
    Dropout<double> layer{{.keep = 0.8, .enabled = enabled}};
    Dropout<double>::Cache cache;
    CHECK(layer.forward_with_mask(a, mask, cache) == Matrix<double>{{1.25, 0, 3.75}, {5, 6.25, 0}});
    CHECK(cache.mask == 1.25 * mask);
    CHECK(layer.backward(a, da, cache, layer, Pass::training({})) ==
          Matrix<double>{{10, 0, 10}, {-5, -5, 0}});
  }
}

TEST_CASE("Dropout: a random mask can be given again") {
  const Dropout layer{{.keep = 0.3}};
  const Matrix<> x = Vector<>::LinSpaced(1000, -1, 1).reshaped(100, 10);
  Dropout<>::Cache drawn, given;
  layer.forward(x, drawn, Pass::training({.seed = 2}));
  const Matrix<> mask = (drawn.mask.array() > 0).cast<float>();
  CHECK(layer.forward_with_mask(x, mask, given) == drawn.y);
  CHECK(given.mask == drawn.mask);
}

TEST_CASE("Dropout: rejects a mask of another shape or of numbers other than 0 and 1") {
  const Dropout<double> layer{{.keep = 0.8}};
  Dropout<double>::Cache cache;
  const Matrix<double> x = Matrix<double>::Ones(2, 3);
  CHECK_THROWS_WITH(layer.forward_with_mask(x, Matrix<double>::Ones(3, 2).eval(), cache),
                    "Dropout: expected a mask of 2 x 3 values, got 3 x 2; pass a number for each value of x");
  for (const double wrong : {1 / 0.8, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    Matrix<double> mask = Matrix<double>::Ones(2, 3);
    mask(1, 2) = wrong;
    CHECK_THROWS_WITH(
        layer.forward_with_mask(x, mask, cache),
        "Dropout: expected a mask of zeros and ones, got other numbers; pass the mask before the "
        "division by keep");
  }
}

TEST_CASE("Dropout: drops whole channels of images") {
  const Dropout<> layer{{.keep = 0.5, .whole_channels = true}};
  const Matrix<> x = Matrix<>::Ones(40 * 6, 50);
  Dropout<>::Cache cache;
  const Batch<> y = layer.forward({x, Shape{40, 2, 3}}, cache, Pass::training({.seed = 1}));
  Index kept = 0;
  for (Index j = 0; j < 50; ++j) {
    const auto sample = y.col(j).reshaped(40, 6);
    for (Index position = 1; position < 6; ++position) CHECK(sample.col(position) == sample.col(0));
    kept += (sample.col(0).array() == 2).count();
    CHECK((sample.col(0).array() == 0 || sample.col(0).array() == 2).all());
  }
  CHECK(std::abs(static_cast<double>(kept) - 1000) <
        5 * std::sqrt(2000 * 0.25));  // 5 standard deviations of the binomial distribution
}

TEST_CASE("Dropout: copies nothing outside of training") {
  const Dropout<> layer{{.keep = 0.5}};
  const Matrix<> x = Matrix<>::Ones(4, 3);
  Dropout<>::Cache cache;
  CHECK(layer.forward(x, cache, Pass::inference()).data() == x.data());
  CHECK(Dropout<>{{.enabled = false}}.forward(x, cache, Pass::training({})).data() == x.data());
}

}  // namespace dropout_test
