#include <cmath>
#include <limits>
#include <sstream>

#include "catch.hpp"
#include "decimal_comma.hpp"
#include "descent/descent.hpp"

namespace gradient_check_test {

using namespace descent;

namespace {

/// A Dense with an error of one percent in one entry of the gradient of its weight.
struct WrongGradient {
  using Scalar = double;
  using Cache = Dense<double>::Cache;
  Dense<double> inner;
  Index row = 2, col = 1;

  static void visit(auto&& f, auto&... tree) { Dense<double>::visit(f, tree.inner...); }
  Shape output_shape(const Shape& in) const { return inner.output_shape(in); }
  Batch<double> forward(const Batch<double>& x, Cache& c, const Pass& pass) const {
    return inner.forward(x, c, pass);
  }
  Batch<double> backward(const Batch<double>& x, const Batch<double>& dy, Cache& c, WrongGradient& gradient,
                         const Pass& pass) const {
    const Batch<double> dx = inner.backward(x, dy, c, gradient.inner, pass);
    gradient.inner.weight(row, col) *= 1.01;
    return dx;
  }
};

/// A penalty with a missing gradient.
struct WithoutGradient : L2 {
  void add_gradient(const auto&, auto&, Index) const {}
};

struct Problem {
  Matrix<double> x{8, 12};
  Matrix<double> y{1, 12};
  Problem() {
    Rng rng{5};
    for (double& v : x.reshaped()) v = rng.normal();
    for (Index j = 0; j < y.cols(); ++j) y(0, j) = static_cast<double>(j % 3);
  }
};

}  // namespace

TEST_CASE("check_gradient: accepts a network with dropout and batch normalization and L2", "[diagnosis]") {
  const Problem problem;
  Rng rng{1};
  const Sequential net{Dense<double>{8, 10, rng}, BatchNorm<double>{10}, ReLU<double>{},
                       Dropout<double>{{.keep = 0.8}}, Dense<double>{10, 3, rng}};
  const auto report =
      check_gradient(net, SoftmaxCrossEntropy{}, problem.x, problem.y, {.regularizer = L2{.lambda = 0.5}});
  CAPTURE(report);
  CHECK(report.verdict == GradientVerdict::correct);
  CHECK(report.relative_difference < 1e-7);
  CHECK(report.blocks.front().name == "0.weight");
  CHECK(report.blocks.back().name == "input");
}

TEST_CASE("check_gradient: finds an error in a single entry", "[diagnosis]") {
  const Problem problem;
  Rng rng{1};
  const Sequential net{Dense<double>{8, 64, rng}, Tanh<double>{}, WrongGradient{Dense<double>{64, 32, rng}},
                       Tanh<double>{}, Dense<double>{32, 3, rng}};
  const auto report = check_gradient(net, SoftmaxCrossEntropy{}, problem.x, problem.y);
  CAPTURE(report);
  CHECK(report.verdict == GradientVerdict::wrong);
  REQUIRE_FALSE(report.worst.empty());
  CHECK(report.worst.front().block == "2.weight");
  CHECK(report.worst.front().row == 2);
  CHECK(report.worst.front().col == 1);
  CHECK(report.worst.front().analytic / report.worst.front().numeric == Catch::Approx(1.01).epsilon(1e-4));
  std::ostringstream printed;
  printed << report;
  CHECK_THAT(printed.str(), Catch::Matchers::ContainsSubstring("gradient: wrong") &&
                                Catch::Matchers::ContainsSubstring("2.weight(2, 1)"));
}

TEST_CASE("check_gradient: finds a regularizer with a missing gradient", "[diagnosis]") {
  const Problem problem;
  Rng rng{1};
  const Sequential net{Dense<double>{8, 3, rng}};
  const auto report = check_gradient(net, SoftmaxCrossEntropy{}, problem.x, problem.y,
                                     {.regularizer = WithoutGradient{{.lambda = 1}}});
  CHECK(report.verdict == GradientVerdict::wrong);
  CHECK(report.worst.front().block == "0.weight");
}

TEST_CASE("check_gradient: distinguishes a kink from an error", "[diagnosis]") {
  // Inputs at the kink of ReLU, and closer to it than epsilon.
  const Matrix<double> x{{0.0, 4e-6, -4e-6, 1.0, -1.0}}, y{{1, 1, 1, 1, 1}};
  const auto report = check_gradient(ReLU<double>{}, MeanSquaredError{}, x, y);
  CAPTURE(report);
  CHECK(report.verdict == GradientVerdict::correct);
  CHECK(report.kinks.size() == 3);
  CHECK(report.blocks.back().kinks == 3);
}

TEST_CASE("check_gradient: checks a random sample of entries on request", "[diagnosis]") {
  const Problem problem;
  Rng rng{1};
  const Sequential net{Dense<double>{8, 3, rng}};
  const auto report =
      check_gradient(net, SoftmaxCrossEntropy{}, problem.x, problem.y, {.entries_per_block = 4, .worst = 2});
  CHECK(report.verdict == GradientVerdict::correct);
  CHECK(report.worst.size() == 2);
  for (const auto& block : report.blocks) CHECK(block.entries <= 4);
}

TEST_CASE("GradientReport: prints the same in every locale", "[diagnosis]") {
  const GradientReport report{.relative_difference = 1.5e-8,
                              .parameter_difference = 1e-8,
                              .input_difference = 2.5e-8,
                              .verdict = GradientVerdict::correct,
                              .blocks = {{"0.weight", 0.25, 12345, 6789}},
                              .worst = {{"0.weight", 1000, 2, 0.5, 0.123456789}},
                              .kinks = {}};
  const std::string text = support::under_decimal_comma([&] {
    std::ostringstream out;
    out << report;
    return out.str();
  });
  CHECK(text ==
        "gradient: correct, relative difference 1.5e-08; of parameters 1e-08, of inputs 2.5e-08\n"
        "  0.weight              0.25  over 12345 entries, 6789 at kinks\n"
        "  0.weight(1000, 2)  backward 0.5  numeric 0.123456789\n");
}

TEST_CASE("check_gradient: rejects options out of range") {
  Rng rng{1};
  const Sequential net{Dense<double>{2, 1, rng}};
  const Matrix<double> x = Matrix<double>::Ones(2, 3), y = Matrix<double>::Ones(1, 3);
  for (const double epsilon : {0.0, -1e-5, std::numeric_limits<double>::quiet_NaN()})
    CHECK_THROWS_AS(check_gradient(net, MeanSquaredError{}, x, y, {.epsilon = epsilon}), DataError);
  CHECK_THROWS_AS(check_gradient(net, MeanSquaredError{}, x, y, {.entries_per_block = -1}), DataError);
}

TEST_CASE("check_gradient: reports parameters and inputs separately and keeps all entries on request",
          "[diagnosis]") {
  // y = 3 x + 1 at x = 2 with the target 0: J = y^2, dJ/dw = 2 y x = 28, dJ/db = 2 y = 14, dJ/dx = 2 y w = 42.
  const Matrix<double> x{{2}}, y{{0}};
  const WrongGradient net{{Dense<double>{Matrix<double>{{3}}, Vector<double>{{1}}}}, 0, 0};
  const auto report = check_gradient(net, MeanSquaredError{}, x, y, {.keep_entries = true});
  CAPTURE(report);
  REQUIRE(report.entries.size() == 3);
  const double backward[] = {28 * 1.01, 14, 42}, differences[] = {28, 14, 42};
  const char* const blocks[] = {"weight", "bias", "input"};
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(report.entries[i].block == blocks[i]);
    CHECK_THAT(report.entries[i].analytic, Catch::Matchers::WithinRel(backward[i], 1e-14));
    CHECK_THAT(report.entries[i].numeric, Catch::Matchers::WithinRel(differences[i], 1e-9));
  }
  // ||(0.28, 0)|| / (||(28.28, 14)|| + ||(28, 14)||), and with the input: 42 in both norms of the denominator
  const double alone = 0.28 / (std::hypot(28.28, 14) + std::hypot(28, 14));
  const double both = 0.28 / (std::hypot(28.28, 14, 42) + std::hypot(28, 14, 42));
  CHECK_THAT(report.parameter_difference, Catch::Matchers::WithinRel(alone, 1e-6));
  CHECK_THAT(report.relative_difference, Catch::Matchers::WithinRel(both, 1e-6));
  CHECK(report.input_difference < 1e-9);
}

TEST_CASE("check_gradient: a model without parameters has input differences only", "[diagnosis]") {
  const Matrix<double> x{{0.0, 1.0}}, y{{1, 1}};
  const auto report = check_gradient(ReLU<double>{}, MeanSquaredError{}, x, y, {.keep_entries = true});
  CHECK(report.parameter_difference == 0);
  CHECK(report.input_difference == report.relative_difference);
  CHECK(report.entries.size() == 2);  // one of them at a kink
  CHECK(check_gradient(ReLU<double>{}, MeanSquaredError{}, x, y).entries.empty());
}

}  // namespace gradient_check_test
