#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "descent/data/split.hpp"
#include "descent/data/standardize.hpp"
#include "descent/diagnosis/doctor.hpp"
#include "descent/diagnosis/examine.hpp"
#include "descent/io/csv.hpp"
#include "descent/layers/activations/relu.hpp"
#include "descent/layers/activations/softmax.hpp"
#include "descent/layers/dense.hpp"
#include "descent/layers/noise/dropout.hpp"
#include "descent/layers/normalization/batch_norm.hpp"
#include "descent/losses/softmax_cross_entropy.hpp"
#include "descent/models/dynamic_sequential.hpp"
#include "descent/optimizers/adam.hpp"
#include "descent/regularizers/l2.hpp"
#include "descent/training/fit.hpp"

namespace planted_faults_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;

namespace {

/// The training of examples/01_digits.cpp, with one fault at a time.
struct Lesson {
  Dataset<> train, dev;
  DynamicSequential<> net;
  double rate = 3e-3;
  FitOptions<DynamicSequential<>> options = {.epochs = 2, .seed = 1, .progress = silent};
};

DynamicSequential<> network(auto init, double keep = 0.8) {
  Rng rng{1};
  DynamicSequential<> net;
  Index width = 64;
  for (const Index units : {128, 64}) {
    net.add(Dense{width, units, rng, init, Bias::none})
        .add(BatchNorm{units})
        .add(ReLU{})
        .add(Dropout{{.keep = keep}});
    width = units;
  }
  net.add(Dense{width, 10, rng, init});
  return net;
}

Dataset<> digits() { return read_csv(DESCENT_EXAMPLES_DIR "/data/digits.csv", {.label = "label"}); }

Lesson without_fault(bool standardized = true) {
  auto [train, dev, test] = split(digits(), {.train = 0.7, .dev = 0.1, .stratify = true, .seed = 1});
  const Standardize scale{train.x};
  if (standardized) scale.apply(train.x), scale.apply(dev.x);
  return {std::move(train), std::move(dev), network(HeNormal{})};
}

/// The findings before the first step, and then those of the first 50 steps.
Findings told(Lesson lesson) {
  Findings findings = examine(lesson.net, lesson.train, SoftmaxCrossEntropy{}, {.validation = &lesson.dev});
  if (findings.worst() == Severity::error) return findings;
  Doctor doctor;
  lesson.options.observer = &doctor;
  lesson.options.validation = &lesson.dev;
  fit(lesson.net, lesson.train, SoftmaxCrossEntropy{}, Adam{.learning_rate = lesson.rate}, lesson.options);
  for (const Finding& finding : doctor.findings())
    if (finding.step.value() <= 50) findings.add(finding);
  return findings;
}

struct Fault {
  std::string name, rule, cure;
  std::function<void(Lesson&)> plant;
};

const std::vector<Fault> faults{
    {"raw pixels", "feature scale", "Standardize", [](Lesson& l) { l = without_fault(false); }},
    {"a tenth of the labels is wrong", "wrong labels", "correct their labels",
     [](Lesson& l) {
       for (Index j = 0; j < l.train.samples(); j += 10)
         l.train.y(0, j) = static_cast<float>((static_cast<int>(l.train.y(0, j)) + 1 + j % 9) % 10);
     }},
    {"the labels of other images", "unrelated targets", "in the same row",
     [](Lesson& l) {
       Matrix<> moved(1, l.train.samples());
       moved << l.train.y.rightCols(1), l.train.y.leftCols(l.train.samples() - 1);
       l.train.y = moved;
     }},
    {"images of the dev set in the training set", "twins", "remove the copies",
     [](Lesson& l) { l.dev.x.leftCols(20) = l.train.x.leftCols(20); }},
    {"weights of zero", "symmetric units", "random numbers", [](Lesson& l) { l.net = network(Zeros{}); }},
    {"weights of deviation 1", "initial outputs", "HeNormal",
     [](Lesson& l) { l.net = network(Normal{.deviation = 1}); }},
    {"softmax twice", "outputs and loss", "remove the last layer", [](Lesson& l) { l.net.add(Softmax{}); }},
    {"the probability to drop in place of that to keep", "strong dropout", "the probability to keep",
     [](Lesson& l) { l.net = network(HeNormal{}, 0.1); }},
    {"a learning rate that is 300 times too large", "large steps", "lower the learning rate",
     [](Lesson& l) { l.rate *= 300; }},
    {"a learning rate that is 1000 times too small", "small steps", "raise the learning rate",
     [](Lesson& l) { l.rate /= 1000; }},
    {"a penalty that is too large", "penalty", "lower .lambda",
     [](Lesson& l) { l.options.regularizer = L2{.lambda = 1000}; }},
    {"sorted by class and not shuffled", "unmixed batches", ".shuffle = true", [](Lesson& l) {
       std::vector<Index> rows = plain_order(l.train.samples());
       std::stable_sort(rows.begin(), rows.end(),
                        [&](Index a, Index b) { return l.train.y(0, a) < l.train.y(0, b); });
       l.train = l.train.subset(rows);
       l.options.shuffle = false;
     }}};

}  // namespace

TEST_CASE("Doctor: tells the cure of a fault in lesson 1 within 50 steps") {
  for (const Fault& fault : faults) {
    Lesson lesson = without_fault();
    fault.plant(lesson);
    const Findings findings = told(std::move(lesson));
    INFO(fault.name);
    CAPTURE(findings);
    REQUIRE(findings.find(fault.rule) != nullptr);
    CHECK(findings.find(fault.rule)->severity >= Severity::warning);
    CHECK_THAT(findings.find(fault.rule)->cure + findings.find(fault.rule)->what,
               ContainsSubstring(fault.cure));
  }
}

TEST_CASE("Doctor: tells nothing about lesson 1 without a fault") {
  CHECK(told(without_fault()).worst() == Severity::note);
}

}  // namespace planted_faults_test
