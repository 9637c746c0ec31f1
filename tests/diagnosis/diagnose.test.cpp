#include "descent/diagnosis/diagnose.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "support.hpp"

namespace diagnose_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace {

using Rules = std::vector<std::string>;

// The rules that warn, in order.
Rules warnings(const ErrorRates& rates) {
  Rules rules;
  for (const Finding& finding : diagnose(rates))
    if (finding.severity == Severity::warning) rules.push_back(finding.rule);
  return rules;
}
const Rules neither{}, bias{"high bias"}, variance{"high variance"}, both{"high bias", "high variance"};

constexpr Index many = 10000;

Rules of(double human, double train, double dev) {
  return warnings({.human = human, .train = train, .dev = dev, .dev_samples = many});
}
Rules with_train_dev(double train, double train_dev, double dev) {
  return warnings({.human = 0,
                   .train = train,
                   .dev = dev,
                   .dev_samples = many,
                   .train_dev = train_dev,
                   .train_dev_samples = many});
}

}  // namespace

TEST_CASE("diagnose: equals the table of the course, row by row") {
  // Course 2, "Bias / variance": cats, which people tell apart with an error of about 0.
  CHECK(of(0, 0.01, 0.11) == variance);
  CHECK(of(0, 0.15, 0.16) == bias);
  CHECK(of(0, 0.15, 0.30) == both);
  CHECK(of(0, 0.005, 0.01) == neither);
  // The second row with blurred images, for which the Bayes error is 15 %.
  CHECK(of(0.15, 0.15, 0.16) == neither);
  // Machine Learning Yearning, 21: 14 % of the audio clips are unintelligible.
  CHECK(of(0.14, 0.15, 0.30) == variance);
}

TEST_CASE("diagnose: human level decides what to reduce") {
  // Course 3, "Avoidable bias": the same errors, with human levels of 1 and of 7.5 %.
  CHECK(of(0.01, 0.08, 0.10).front() == "high bias");
  CHECK(of(0.075, 0.08, 0.10) == variance);
  // "Understanding human-level performance": radiologists with 0.5, 0.7 or 1 %.
  for (const double human : {0.005, 0.007, 0.01}) {
    CHECK(of(human, 0.05, 0.06) == bias);
    CHECK(of(human, 0.01, 0.05) == variance);
  }
  // The third case there, and that of "Surpassing human-level performance": neither is large; one is larger.
  const auto cure = [](double human, double train, double dev) {
    return diagnose({.human = human, .train = train, .dev = dev, .dev_samples = many})[0].cure;
  };
  CHECK_THAT(cure(0.005, 0.007, 0.008), ContainsSubstring("reduce the bias, the larger part"));
  CHECK_THAT(cure(0.005, 0.006, 0.008), ContainsSubstring("reduce the variance, the larger part"));
  CHECK(of(0.01, 0.005, 0.01) == neither);  // better than people
}

TEST_CASE("diagnose: a training-dev set tells variance from data mismatch") {
  // Course 3, "Bias and variance with mismatched data distributions".
  CHECK(with_train_dev(0.01, 0.09, 0.10) == variance);
  CHECK(with_train_dev(0.01, 0.015, 0.10) == Rules{"data mismatch"});
  CHECK(with_train_dev(0.10, 0.11, 0.12) == bias);
  CHECK(with_train_dev(0.10, 0.11, 0.20) == Rules{"high bias", "data mismatch"});
  // Machine Learning Yearning, 40 and 41.
  CHECK(with_train_dev(0.01, 0.05, 0.05) == variance);
  CHECK(with_train_dev(0.01, 0.015, 0.10) == Rules{"data mismatch"});
  // Speech: 4, 7, 10, 12, 12 %, and a dev set that is easier than the training set.
  const auto speech = [](double dev, double test) {
    return warnings({.human = 0.04,
                     .train = 0.07,
                     .dev = dev,
                     .dev_samples = many,
                     .train_dev = 0.10,
                     .train_dev_samples = many,
                     .test = test,
                     .test_samples = many});
  };
  CHECK(speech(0.12, 0.12) == Rules{"high bias", "high variance", "data mismatch"});
  CHECK(speech(0.06, 0.06) == both);
  CHECK(speech(0.06, 0.10) == Rules{"high bias", "high variance", "overfitted dev set"});
}

TEST_CASE("diagnose: a gap counts from two points and from two standard errors of the dev set") {
  CHECK(of(0, 0.0201, 0.03) == bias);
  CHECK(of(0, 0.02, 0.03) == bias);
  CHECK(of(0, 0.0199, 0.03) == neither);
  CHECK(of(0.1, 0.1, 0.12) == variance);  // 0.12 - 0.1 is less than 0.02 in binary
  CHECK(of(0.1, 0.1, 0.1199) == neither);

  // 2 sqrt(0.11 * 0.89 / n) is 10 points at n = 39.16.
  const auto with_samples = [](Index n) {
    return diagnose({.human = 0, .train = 0.01, .dev = 0.11, .dev_samples = n});
  };
  CHECK(with_samples(40)[0].severity == Severity::warning);
  const Findings chance = with_samples(39);
  REQUIRE(chance.size() == 1);
  CHECK(chance[0].rule == "high variance");
  CHECK(chance[0].severity == Severity::note);
  CHECK(chance[0].what ==
        "dev error 11.0 %, 10.0 points above the training error 1.0 %, but within two standard errors, 10.0 "
        "points");
  CHECK(chance[0].cure == "measure it on more samples");
  CHECK_THAT(chance[0].measured, WithinAbs(0.1, 1e-12));
  CHECK_THAT(chance[0].limit, WithinAbs(2 * std::sqrt(0.11 * 0.89 / 39), 1e-12));

  // Of two sets the variances add: 2 sqrt(2 * 0.1 * 0.9 / n), about 4.24 points at n = 400.
  const auto mismatch = [](double dev) {
    return warnings({.human = 0.1,
                     .train = 0.1,
                     .dev = dev,
                     .dev_samples = 400,
                     .train_dev = 0.1,
                     .train_dev_samples = 400});
  };
  CHECK(mismatch(0.14) == neither);
  CHECK(mismatch(0.15) == Rules{"data mismatch"});

  CHECK(warnings({.human = 0, .train = 0.04, .dev = 0.05, .dev_samples = many, .limit = 0.05}) == neither);
}

TEST_CASE("diagnose: asks for the human level unless the training error is low") {
  const Findings asks = diagnose({.train = 0.15, .dev = 0.16, .dev_samples = many});
  REQUIRE(asks.size() == 1);
  CHECK(asks[0].rule == "human level");
  CHECK(asks[0].what == "training error 15.0 %, which is bias if people do better");
  CHECK_THAT(asks[0].cure, ContainsSubstring("pass .human"));
  CHECK(warnings({.train = 0.15, .dev = 0.30, .dev_samples = many}) == Rules{"human level", "high variance"});
  CHECK(warnings({.train = 0.01, .dev = 0.11, .dev_samples = many}) == variance);

  const Findings low = diagnose({.train = 0.005, .dev = 0.01, .dev_samples = many});
  CHECK(low[0].rule == "low bias and variance");
  CHECK(low[0].what == "bias of at most 0.5 and variance 0.5 points");
}

TEST_CASE("diagnose: the variance is to be reduced after the bias") {
  const auto cure = [](double train, double dev) {
    return diagnose({.human = 0, .train = train, .dev = dev, .dev_samples = many})
        .find("high variance")
        ->cure;
  };
  CHECK_THAT(cure(0.15, 0.30), ContainsSubstring("reduce the bias first"));
  CHECK_THAT(cure(0.01, 0.11), !ContainsSubstring("bias"));
}

TEST_CASE("diagnose: rejects error rates that are missing or no shares") {
  const auto error_of = [](const ErrorRates& rates) {
    return support::message_of<DataError>([&] { diagnose(rates); });
  };
  CHECK(error_of({.train = 1.5, .dev = 2, .dev_samples = 9}) ==
        "diagnose: expected .train in [0, 1], got 1.5; pass the share of samples that are wrong");
  CHECK_THAT(error_of({.dev = 0.1, .dev_samples = 9}),
             ContainsSubstring("expected .train in [0, 1], got -1"));
  CHECK_THAT(error_of({.train = 0.1, .dev_samples = 9}), ContainsSubstring(".dev in [0, 1], got -1"));
  CHECK_THAT(error_of({.human = 3, .train = 0.1, .dev = 0.1, .dev_samples = 9}), ContainsSubstring(".human"));
  CHECK(error_of({.train = 0.1, .dev = 0.1}) ==
        "diagnose: expected .dev_samples of at least 1, got 0; pass the number of samples in the set");
  CHECK_THAT(error_of({.train = 0.1, .dev = 0.1, .dev_samples = 9, .test = 0.1}),
             ContainsSubstring(".test_samples of at least 1"));
  CHECK_THAT(error_of({.train = 0.1, .dev = 0.1, .dev_samples = 9, .train_dev = 0.1}),
             ContainsSubstring(".train_dev_samples of at least 1"));
  CHECK_THAT(error_of({.train = 0.1, .dev = 0.1, .dev_samples = 9, .limit = -1}),
             ContainsSubstring(".limit"));
}

}  // namespace diagnose_test
