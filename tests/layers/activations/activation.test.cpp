#include <cmath>
#include <limits>
#include <numbers>

#include "golden.hpp"
#include "support.hpp"

namespace activation_test {

using namespace descent;

namespace {

/// Compares values and derivatives at 27 points from -1e4 to 1e4, in double and in float.
template <template <class> class L>
void equals_reference(const std::string& name, const auto&... options) {
  CAPTURE(name);
  const auto file = golden::read("activations");
  const Matrix<double> x = golden::batch(file.at("x")), dy = golden::batch(file.at("dy"));
  for (const auto& c : file.at("cases")) {
    if (c.at("activation") != name) continue;
    const Matrix<double> expected_y = golden::batch(c.at("y")), expected_dx = golden::batch(c.at("dx"));
    {
      const L<double> layer{options...};
      L<double> gradient = layer;
      typename L<double>::Cache cache;
      golden::require_close(layer.forward(x, cache, Pass::inference()), expected_y, golden::one_step);
      golden::require_close(layer.backward(x, dy, cache, gradient, Pass::inference()), expected_dx,
                            golden::one_step);
    }
    const L<float> layer{options...};
    L<float> gradient = layer;
    typename L<float>::Cache cache;
    constexpr double digits_of_float = 1e-6, floor = 1;
    const Matrix<float> xf = x.cast<float>(), dyf = dy.cast<float>();
    golden::require_close(layer.forward(xf, cache, Pass::inference()).template cast<double>(), expected_y,
                          digits_of_float, floor);
    golden::require_close(layer.backward(xf, dyf, cache, gradient, Pass::inference()).template cast<double>(),
                          expected_dx, digits_of_float, floor);
    return;
  }
  FAIL("no reference for " << name);
}

}  // namespace

TEST_CASE("Activation: all activations equal the reference", "[layers][golden]") {
  equals_reference<ReLU>("relu");
  equals_reference<Sigmoid>("sigmoid");
  equals_reference<Tanh>("tanh");
  equals_reference<Identity>("identity");
  equals_reference<LeakyReLU>("leaky_relu_0.01");
  equals_reference<LeakyReLU>("leaky_relu_0.2", LeakyReLUOptions{.slope = 0.2});
  equals_reference<ReLU6>("relu6");
  equals_reference<ELU>("elu_1");
  equals_reference<ELU>("elu_0.5", ELUOptions{.alpha = 0.5});
  equals_reference<SELU>("selu");
  equals_reference<GELU>("gelu_erf");
  equals_reference<GELU>("gelu_tanh", GELUForm::tanh);
  equals_reference<SiLU>("silu");
  equals_reference<Mish>("mish");
  equals_reference<Softplus>("softplus");
  equals_reference<Softsign>("softsign");
  equals_reference<HardSigmoid>("hardsigmoid");
  equals_reference<HardSigmoid>("hardsigmoid_keras", HardSigmoidOptions{.slope = 0.2});
  equals_reference<HardTanh>("hardtanh");
  equals_reference<HardSwish>("hardswish");
}

TEST_CASE("GELU: the two forms differ by less than 5e-4", "[layers]") {
  GELU<double>::Cache exact, approximate;
  const Vector<double> x = Vector<double>::LinSpaced(2001, -10, 10);
  const double difference = (GELU<double>{}.forward(x, exact, Pass::inference()) -
                             GELU<double>{GELUForm::tanh}.forward(x, approximate, Pass::inference()))
                                .cwiseAbs()
                                .maxCoeff();
  CHECK(difference < 5e-4);
  CHECK(difference > 4e-4);
}

TEST_CASE("GELU: large negative x loses no digits to cancellation", "[layers]") {
  GELU<double>::Cache cache;
  // -10 Phi(-10), from a table of the normal distribution.
  CHECK_THAT((GELU<double>{}.forward(Vector<double>{{-10.0}}, cache, Pass::inference())(0, 0)),
             Catch::Matchers::WithinRel(-7.61985302416052606597e-23, golden::one_step));
}

TEST_CASE("GELU: float has the digits of the exact function, in both tails too", "[layers]") {
  const Vector<float> x = Vector<float>::LinSpaced(20'001, -10, 10), one = Vector<float>::Ones(x.size());
  GELU<float> layer;
  GELU<float>::Cache cache;
  layer.forward(x, cache, Pass::inference());
  layer.backward(x, one, cache, layer, Pass::inference());
  for (Index i = 0; i < x.size(); ++i) {
    const double v = x[i], p = std::erfc(-v / std::sqrt(2.0)) / 2,
                 density = std::exp(-v * v / 2) / std::sqrt(2 * std::numbers::pi);
    CAPTURE(v);
    // x * x has a relative error of half an epsilon, and its exponential one of x * x / 2 times that.
    const double relative = std::numeric_limits<float>::epsilon() * (4 + v * v / 2);
    CHECK(std::abs(cache.y.data()[i] - v * p) <= relative * std::abs(v * p));
    CHECK(std::abs(cache.dx.data()[i] - (p + v * density)) <= relative * (p + std::abs(v) * density));
  }
}

TEST_CASE("GELU: double has the digits of the exact function, in both tails too", "[layers]") {
  const Vector<double> x = Vector<double>::LinSpaced(20'001, -30, 10), one = Vector<double>::Ones(x.size());
  GELU<double> layer;
  GELU<double>::Cache cache;
  layer.forward(x, cache, Pass::inference());
  layer.backward(x, one, cache, layer, Pass::inference());
  for (Index i = 0; i < x.size(); ++i) {
    const double v = x[i], p = std::erfc(-v / std::sqrt(2.0)) / 2,
                 density = std::exp(-v * v / 2) / std::sqrt(2 * std::numbers::pi);
    CAPTURE(v);
    // The reference rounds v / sqrt(2) twice, which costs v * v epsilons each.
    const double relative = std::numeric_limits<double>::epsilon() * (8 + 2 * v * v);
    CHECK(std::abs(cache.y.data()[i] - v * p) <= relative * std::abs(v * p));
    CHECK(std::abs(cache.dx.data()[i] - (p + v * density)) <= relative * (p + std::abs(v) * density));
  }
}

TEST_CASE("GELU: not-a-number stays, and infinity has the limits of the function", "[layers]") {
  constexpr float infinity = std::numeric_limits<float>::infinity(),
                  nan = std::numeric_limits<float>::quiet_NaN();
  for (const float filler :
       {0.0F, 1.0F}) {  // the first numbers are computed as a packet, the last ones alone
    Vector<float> x = Vector<float>::Constant(67, filler), one = Vector<float>::Ones(67);
    x.head(3) << nan, infinity, -1e30F;
    x.tail(3) << nan, infinity, -1e30F;
    GELU<float> layer;
    GELU<float>::Cache cache;
    layer.forward(x, cache, Pass::inference());
    layer.backward(x, one, cache, layer, Pass::inference());
    for (const Index first : {0, 64}) {
      CHECK(std::isnan(cache.y.data()[first]));
      CHECK(std::isnan(cache.dx.data()[first]));
      CHECK(cache.y.data()[first + 1] == infinity);
      CHECK(cache.dx.data()[first + 1] == 1);
      CHECK(std::abs(cache.y.data()[first + 2]) < 1e-36F);
      CHECK(std::abs(cache.dx.data()[first + 2]) < 1e-36F);
    }
  }
}

TEST_CASE("Activation: rejects options that are not numbers", "[layers]") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(support::message_of<DataError>([] { LeakyReLU{{.slope = nan}}; }) ==
        "LeakyReLU: expected .slope finite, got nan");
  CHECK_THROWS_AS(ELU{{.alpha = nan}}, DataError);
  CHECK_THROWS_AS(HardSigmoid{{.slope = nan}}, DataError);
  CHECK_THROWS_AS((PReLU{1, {.slope = nan}}), DataError);
}

}  // namespace activation_test
