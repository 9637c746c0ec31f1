#include "descent/diagnosis/overfit.hpp"

#include <cmath>
#include <sstream>
#include <string>

#include "catch.hpp"
#include "descent/descent.hpp"
#include "support.hpp"

namespace overfit_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

std::string printed(const OverfitReport& report) {
  std::ostringstream out;
  out << report;
  return out.str();
}

}  // namespace

TEST_CASE("overfit: a network that can learn fits a batch, and is not changed") {
  const auto net = support::rich_net();
  const auto before = support::values_of(net);
  const Dataset<> train = support::three_clouds(300);
  const OverfitReport report =
      overfit(net, SoftmaxCrossEntropy{}, Adam{.learning_rate = 0.01}, train, {.samples = 16, .steps = 200});
  CHECK(support::values_of(net) == before);
  CHECK(report.fits());
  CHECK(report.samples == 16);
  CHECK(report.losses.size() == 200);
  CHECK(report.loss < report.losses.front());
  CHECK_THAT(report.limit, WithinAbs(0.3, 1e-12));
  CHECK(report.error == 0.0);
  CHECK_THAT(printed(report), ContainsSubstring("fits 16 samples: loss "));
}

TEST_CASE("overfit: takes the steps of a Trainer on the same samples, and measures without dropout") {
  const Dataset<> all = support::three_clouds(30);
  const OverfitReport report =
      overfit(support::plain_net(), SoftmaxCrossEntropy{}, Adam{}, all, {.samples = 30, .steps = 15});
  Trainer trainer{support::plain_net(), SoftmaxCrossEntropy{}, Adam{}};
  REQUIRE(report.losses.size() == 15);
  for (const double loss : report.losses) CHECK_THAT(loss, WithinRel(trainer.step(all.x, all.y), 1e-5));
  CHECK_THAT(report.loss, WithinRel(evaluate(trainer.model, all, SoftmaxCrossEntropy{}), 1e-5));

  Rng rng{1};
  const Sequential dropping{Dense{2, 8, rng}, Dropout{{.keep = 0.5}}, Dense{8, 3, rng}};
  const OverfitReport unchanged =
      overfit(dropping, SoftmaxCrossEntropy{}, Adam{.learning_rate = 0}, all, {.samples = 30, .steps = 1});
  const double loss = evaluate(dropping, all, SoftmaxCrossEntropy{});
  CHECK_THAT(unchanged.loss, WithinRel(loss, 1e-5));
  CHECK(std::abs(unchanged.losses[0] - loss) > 1e-3);
}

TEST_CASE("overfit: finds a learning rate that is too small, and comes close without a finding") {
  const auto report_at = [](double rate) {
    return overfit(support::plain_net(), SoftmaxCrossEntropy{}, Adam{.learning_rate = rate},
                   support::three_clouds(60));
  };
  const OverfitReport slow = report_at(1e-6);
  REQUIRE(slow.findings.size() == 1);
  CHECK(slow.findings[0].rule == "one batch");
  CHECK(slow.findings[0].severity == Severity::warning);
  CHECK(slow.findings[0].measured == slow.loss);
  CHECK(slow.findings[0].limit == slow.limit);
  CHECK_THAT(slow.findings[0].cure, ContainsSubstring("learning rate"));
  CHECK(report_at(2e-3).fits());
}

TEST_CASE("overfit: finds outputs that are bounded, although no class is wrong") {
  Rng rng{1};
  const Sequential net{Dense{2, 32, rng}, ReLU{}, Dense{32, 10, rng}, Tanh{}};
  const OverfitReport report =
      overfit(net, SoftmaxCrossEntropy{}, Adam{.learning_rate = 0.02}, support::three_clouds(60));
  // Logits from -1 to 1: of 10 classes the loss is at least log(e + 9 / e) - 1 = 0.796.
  CHECK(report.loss > std::log(std::exp(1) + 9 / std::exp(1)) - 1);
  REQUIRE(!report.fits());
  CHECK(report.error == 0.0);
  CHECK_THAT(report.findings[0].what, ContainsSubstring("and yet none is wrong"));
  CHECK_THAT(report.findings[0].cure, ContainsSubstring("leave out an activation after the last layer"));
}

TEST_CASE("overfit: label smoothing is no fault") {
  const OverfitReport report = overfit(support::plain_net(), SoftmaxCrossEntropy{.label_smoothing = 0.3},
                                       Adam{.learning_rate = 0.02}, support::three_clouds(60));
  // Targets of 0.8, 0.1 and 0.1: no prediction has a loss below their entropy, 0.639.
  const double entropy = -0.8 * std::log(0.8) - 0.2 * std::log(0.1);
  CHECK_THAT(report.limit, WithinRel(entropy + 0.3, 1e-12));
  CHECK(report.loss > entropy);
  CHECK(report.fits());
}

TEST_CASE("overfit: in regression a network fits if it explains half of the variance") {
  Dataset<> line = noisy_regression({.samples = 100, .seed = 1});
  Rng rng{1};
  const Sequential net{Dense{line.features(), 16, rng}, ReLU{}, Dense{16, 1, rng}};
  const auto report_of = [&](const Dataset<>& data) {
    return overfit(net, MeanSquaredError{}, Adam{.learning_rate = 0.01}, data, {.samples = 100});
  };
  const OverfitReport report = report_of(line);
  CHECK(report.fits());
  CHECK_FALSE(report.error.has_value());
  const float mean = line.y.mean();
  CHECK_THAT(report.limit, WithinRel(0.5 * (line.y.array() - mean).square().mean(), 1e-5));

  line.y.array() += 1000;  // dollars, for example
  const OverfitReport far = report_of(line);
  REQUIRE(!far.fits());
  CHECK_THAT(far.findings[0].cure, ContainsSubstring("scale the targets"));

  line.y.setConstant(0.5F);  // the constant is right
  CHECK(report_of(line).fits());
}

TEST_CASE("overfit: a loss that is not finite is a finding") {
  const OverfitReport report =
      overfit(support::plain_net<double>(), MeanSquaredError{}, GradientDescent{.learning_rate = 1e200},
              Dataset<double>{.x = Matrix<double>::Ones(2, 4), .y = Matrix<double>::Ones(3, 4)});
  REQUIRE(report.findings.size() == 1);
  CHECK(report.findings[0].severity == Severity::error);
  CHECK_THAT(report.findings[0].what, ContainsSubstring("not finite at step"));
  CHECK_THAT(printed(report), ContainsSubstring("and nan after"));
}

TEST_CASE("overfit: takes every kind of targets") {
  const Dataset<> clouds = support::three_clouds(30);
  Rng rng{1};
  const Sequential one{Dense{2, 8, rng}, ReLU{}, Dense{8, 1, rng}};
  Dataset<> two = clouds;
  two.y = clouds.y.cwiseMin(1);
  const auto rate = Adam{.learning_rate = 0.02};
  CHECK(overfit(one, SigmoidCrossEntropy{}, rate, two).error.has_value());
  two.y = two.y.array() * 0.9F + 0.05F;  // probabilities, which have no wrong class
  CHECK_FALSE(overfit(one, SigmoidCrossEntropy{}, rate, two).error.has_value());

  Dataset<> one_hot_targets = clouds;
  one_hot_targets.y = one_hot(clouds.y, 3);
  CHECK_FALSE(overfit(support::plain_net(), SoftmaxCrossEntropy{}, rate, one_hot_targets).error.has_value());
}

TEST_CASE("overfit: rejects options and data that do not fit") {
  const auto error_of = [](const OverfitOptions& options) {
    return support::message_of<DataError>([&] {
      overfit(support::plain_net(), SoftmaxCrossEntropy{}, Adam{}, support::three_clouds(9), options);
    });
  };
  CHECK_THAT(error_of({.samples = 0}), ContainsSubstring("overfit: expected .samples of at least 1, got 0"));
  CHECK_THAT(error_of({.steps = 0}), ContainsSubstring("overfit: expected .steps of at least 1, got 0"));
  CHECK_THROWS_WITH(overfit(support::plain_net(), SoftmaxCrossEntropy{}, Adam{}, Dataset<>{}),
                    ContainsSubstring("overfit: expected samples in the training set"));
}

}  // namespace overfit_test
