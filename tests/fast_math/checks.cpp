// Compiled with -ffast-math, which lets the compiler assume that no number is infinite or NaN. The library must detect
// them all the same.

#include <bit>
#include <cmath>
#include <cstdint>
#include <sstream>
#include <string>

#include "catch.hpp"
#include "descent/descent.hpp"
#include "support.hpp"

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;

namespace {

// Volatile, so that the compiler does not see the values.
volatile std::uint32_t bits_of_nan = 0x7FC00000, bits_of_infinity = 0x7F800000;

float nan() { return std::bit_cast<float>(std::uint32_t{bits_of_nan}); }
float infinite() { return std::bit_cast<float>(std::uint32_t{bits_of_infinity}); }

const Dataset<> clouds = support::three_clouds(64);

}  // namespace

TEST_CASE("predict: non-finite inputs are refused under -ffast-math") {
  for (const bool is_nan : {true, false}) {
    Matrix<> x = clouds.x;
    x(1, 4) = is_nan ? nan() : -infinite();
    CHECK_THAT(message_of<DataError>([&] { predict(support::plain_net(), x); }),
               ContainsSubstring("predict: expected finite inputs"));
  }
}

TEST_CASE("fit: NaN in features and targets is refused under -ffast-math") {
  Dataset<> bad = clouds;
  auto net = support::plain_net();
  const auto train = [&] { fit(net, bad, SoftmaxCrossEntropy{}, Adam{}, {.epochs = 1, .progress = silent}); };
  bad.x(1, 7) = nan();
  CHECK_THAT(message_of<DataError>(train), ContainsSubstring("in feature 1 of sample 7"));
  bad = clouds;
  bad.y(0, 3) = nan();
  CHECK_THAT(message_of<DataError>(train), ContainsSubstring("in target 0 of sample 3"));
}

TEST_CASE("fit: divergence throws NumericalError and leaves finite weights under -ffast-math") {
  auto net = support::plain_net();
  CHECK_THROWS_AS(fit(net, clouds, SoftmaxCrossEntropy{}, GradientDescent{.learning_rate = 1e30},
                      {.epochs = 20, .batch_size = full_batch, .progress = silent}),
                  NumericalError);
  decltype(net)::visit([](const Parameter&, const auto& leaf) { CHECK(all_finite(leaf)); }, net);

  net = support::plain_net();
  net.layer<0>().weight(0, 0) = nan();
  CHECK_THAT(message_of<NumericalError>(
                 [&] { fit(net, clouds, SoftmaxCrossEntropy{}, Adam{}, {.epochs = 1, .progress = silent}); }),
             ContainsSubstring("parameter \"0.weight\""));
}

TEST_CASE("Impute: missing values are filled in under -ffast-math") {
  Matrix<> x{{1, nan(), 3}, {4, 5, nan()}};
  Impute{x}.apply(x);
  CHECK(x == Matrix<>{{1, 2, 3}, {4, 5, 4.5F}});
  CHECK_THROWS_AS((Impute{Matrix<>{{1, 2}, {nan(), nan()}}}), DataError);
  CHECK_THROWS_AS((Impute{Matrix<>{{1, infinite()}}}), DataError);
}

TEST_CASE("read_csv: non-finite numbers are refused and missing ones filled in under -ffast-math") {
  const auto read = [](const std::string& text, Missing missing) {
    std::istringstream in{text};
    return read_csv<double>(in, {.label = "y", .missing = missing});
  };
  for (const char* number : {"nan", "inf", "-inf", "1e999"})
    CHECK_THROWS_AS(read(detail::joined("a,y\n1,0\n", number, ",1\n"), Missing::refuse), FormatError);
  CHECK(read("a,y\n1,0\nNA,1\n5,0\n", Missing::mean).x == Matrix<double>{{1, 3, 5}});
  CHECK(has_nan(read("a,y\n1,0\nNA,1\n", Missing::keep).x));
  CHECK_THROWS_AS(read("a,y\nNA,0\nNA,1\n", Missing::mean), FormatError);
  for (const char* label : {"nan", "inf"})
    CHECK_THROWS_AS(read(detail::joined("a,y\n1,0\n2,", label, "\n"), Missing::refuse), FormatError);
}

TEST_CASE("Option: NaN is refused under -ffast-math") {
  const double bad = nan();
  auto net = support::plain_net();
  using Options = FitOptions<decltype(net)>;
  const auto expect_refused = [](auto&& f) {
    CHECK_THAT(message_of<DataError>(f), ContainsSubstring("nan"));
  };
  const auto expect_untrained = [&](auto optimizer, Options options = {}) {
    options.epochs = 1;
    options.progress = silent;
    expect_refused([&] { fit(net, clouds, SoftmaxCrossEntropy{}, optimizer, options); });
  };
  expect_untrained(Adam{.learning_rate = bad});
  expect_untrained(Adam{.learning_rate = Exponential{.initial = bad}});
  expect_untrained(Adam{.beta1 = bad});
  expect_untrained(Nadam{.momentum_decay = bad});
  expect_untrained(Adam{}, {.regularizer = L2{.lambda = bad}});
  expect_untrained(Adam{}, {.clip = ClipByGlobalNorm{.limit = bad}});
  expect_untrained(Adam{}, {.constraint = MaxNorm{.limit = bad}});
  expect_untrained(Adam{}, {.average_weights = bad});
  expect_untrained(Adam{}, {.early_stopping = EarlyStopping{.min_delta = bad}});
  expect_refused([&] { Dropout{{.keep = bad}}; });
  expect_refused([&] { GaussianDropout{{.keep = bad}}; });
  expect_refused([&] { LeakyReLU{{.slope = bad}}; });
  expect_refused([&] { split(clouds, {.train = bad}); });
  expect_refused([&] { MinMax{clouds.x, {.low = bad}}; });
}

TEST_CASE("Loss: losses and metrics refuse NaN in targets and outputs under -ffast-math") {
  const Matrix<> one{{0.5F, 0.5F}}, two{{1, 2}, {3, 4}}, classes{{0, nan()}};
  CHECK_THROWS_AS(SoftmaxCrossEntropy{}.value(two, classes), DataError);
  CHECK_THROWS_AS(SoftmaxCrossEntropy{}.value(two, Matrix<>{{1, nan()}, {0, 1}}), DataError);
  CHECK_THROWS_AS(SigmoidCrossEntropy{}.value(one, classes), DataError);
  CHECK_THROWS_AS(BinaryCrossEntropy{}.value(one, classes), DataError);
  CHECK_THROWS_AS(BinaryCrossEntropy{}.value(classes, one), DataError);
  CHECK_THROWS_AS(NegativeLogLikelihood{}.value(two, classes), DataError);
  CHECK_THROWS_AS(Hinge{}.value(one, classes), DataError);
  CHECK_THROWS_AS(Accuracy{}.update(two, classes), DataError);
  CHECK_THROWS_AS(RocAuc{}.update(classes, Matrix<>{{0, 1}}), DataError);
  CHECK_THROWS_AS(MultilabelAccuracy{}.update(one, classes), DataError);
  CHECK_THROWS_AS(one_hot(classes, 2), DataError);
  CHECK_THROWS_AS(from_one_hot(Matrix<>{{1, nan()}, {0, 1}}), DataError);
  TopKAccuracy top{.k = 1};
  top.update(Matrix<>{{1, nan()}, {0, 1}}, Matrix<>{{0, 1}});
  CHECK(top.value() == 0.5);
}

TEST_CASE("EarlyStopping: the first value counts and NaN does not under -ffast-math") {
  const EarlyStopping rule{.monitor = "loss"};
  Best best;
  History history;
  const auto update = [&](double value) {
    history.add("loss", value);
    return best.update({.monitor = rule.monitor, .mode = rule.mode, .min_delta = rule.min_delta}, history);
  };
  CHECK(update(3));
  CHECK(update(2));
  CHECK_FALSE(update(nan()));
  CHECK_FALSE(update(infinite()));
  CHECK(update(1));
  CHECK(best.waited() == 0);
}

TEST_CASE("minimize: the line search steps back from non-finite values under -ffast-math") {
  // w - log(w) is defined for positive w only; its minimum is at 1.
  Rng rng{1};
  Dense<double> model{1, 1, rng, Bias::none};
  model.weight(0, 0) = 0.1;
  const Minimum at = minimize(model, [](const Dense<double>& m, Dense<double>& gradient) {
    const double w = m.weight(0, 0);
    gradient.weight(0, 0) = 1 - 1 / w;
    return w > 0 ? w - std::log(w) : static_cast<double>(nan());
  });
  CHECK(at.converged);
  CHECK(std::abs(model.weight(0, 0) - 1) < 1e-5);
}
