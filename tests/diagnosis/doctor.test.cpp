#include "descent/diagnosis/doctor.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "descent/data/split.hpp"
#include "descent/data/standardize.hpp"
#include "descent/data/synthetic.hpp"
#include "descent/inference/evaluate.hpp"
#include "descent/io/csv.hpp"
#include "descent/layers/activations/elementwise.hpp"
#include "descent/layers/activations/relu.hpp"
#include "descent/layers/activations/tanh.hpp"
#include "descent/layers/convolution/conv2d.hpp"
#include "descent/layers/dense.hpp"
#include "descent/layers/flatten.hpp"
#include "descent/layers/identity.hpp"
#include "descent/layers/normalization/batch_norm.hpp"
#include "descent/layers/pooling/max_pool2d.hpp"
#include "descent/layers/recurrent/lstm.hpp"
#include "descent/losses/mean_squared_error.hpp"
#include "descent/losses/softmax_cross_entropy.hpp"
#include "descent/metrics/accuracy.hpp"
#include "descent/models/concat.hpp"
#include "descent/models/dynamic_sequential.hpp"
#include "descent/models/residual.hpp"
#include "descent/models/sequential.hpp"
#include "descent/optimizers/adam.hpp"
#include "descent/optimizers/gradient_descent.hpp"
#include "descent/regularizers/l2.hpp"
#include "descent/training/fit.hpp"
#include "descent/training/trainer.hpp"
#include "support.hpp"

namespace doctor_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinRel;
using support::message_of;

namespace {

struct Digits {
  Dataset<> train, dev;
};
/// The digits as example 01 has them: standardized, 64-64-10.
const Digits& digits() {
  static const Digits data = [] {
    auto [train, dev, test] = split(read_csv(DESCENT_EXAMPLES_DIR "/data/digits.csv", {.label = "label"}),
                                    {.train = 0.6, .dev = 0.2, .stratify = true, .seed = 1});
    const Standardize scale{train.x};
    scale.apply(train.x), scale.apply(dev.x);
    return Digits{std::move(train), std::move(dev)};
  }();
  return data;
}
auto classifier(std::uint64_t seed = 1) {
  Rng rng{seed};
  return Sequential{Dense{64, 64, rng}, ReLU{}, Dense{64, 10, rng}};
}

/// The rules of all warnings and errors.
std::vector<std::string> alarms(const Findings& findings) {
  std::vector<std::string> rules;
  for (const Finding& finding : findings)
    if (finding.severity > Severity::note) rules.push_back(finding.rule);
  return rules;
}

template <Layer M>
Doctor watched(M net, const Dataset<>& train, FitOptions<M> options, double rate = 1e-3,
               const DoctorOptions& with = {}) {
  Doctor doctor{with};
  options.observer = &doctor;
  options.progress = silent;
  fit(net, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = rate}, options);
  return doctor;
}

}  // namespace

TEST_CASE("Doctor: frozen layers have no gradient and are no fault") {
  Rng rng{1};
  Sequential net{Dense{64, 32, rng}, ReLU{}, Dense{32, 32, rng}, ReLU{},
                 Dense{32, 32, rng}, ReLU{}, Dense{32, 10, rng}};
  net.layer<0>().weight.row(1) = net.layer<0>().weight.row(0);  // equal units, which stay as they are
  FitOptions<decltype(net)> options{.epochs = 1};
  options.frozen = {"0", "2"};
  const Doctor doctor = watched(net, digits().train, options);
  CHECK(alarms(doctor.findings()).empty());
  REQUIRE(doctor.looks().front().weights.size() == 2);
  CHECK(doctor.looks().front().weights[0].path == "4.weight");
  CHECK(doctor.looks().front().weights[1].path == "6.weight");
  CHECK(doctor.looks().front().weights[1].update > 0);
}

TEST_CASE("Doctor: is silent on a healthy training") {
  const Doctor doctor = watched(classifier(), digits().train, {.epochs = 5, .validation = &digits().dev});
  CHECK(alarms(doctor.findings()).empty());
}

TEST_CASE("Doctor: names a planted fault with its cure within 50 steps") {
  const auto found = [](const Doctor& doctor, std::string_view rule, std::string_view cure) {
    INFO(rule);
    const Findings findings = doctor.findings();
    const Finding* finding = findings.find(rule);
    REQUIRE(finding != nullptr);
    CHECK(finding->step.value() <= 50);
    CHECK_THAT(finding->cure, ContainsSubstring(std::string{cure}));
  };
  const Dataset<>&train = digits().train, &dev = digits().dev;
  using Options = FitOptions<decltype(classifier())>;
  const Options once{.epochs = 2, .validation = &dev};
  found(watched(classifier(), train, once, 0.03), "large steps", "lower the learning rate");
  found(watched(classifier(), train, once, 1e-6), "small steps",
        "raise the learning rate from 1e-06 to about 0.001");
  auto with = once;
  with.regularizer = L2{.lambda = 300};
  found(watched(classifier(), train, with), "penalty", "lower .lambda");

  auto sorted = train;
  std::vector<Index> rows = plain_order(train.samples());
  std::stable_sort(rows.begin(), rows.end(), [&](Index a, Index b) { return train.y(0, a) < train.y(0, b); });
  with = once;
  with.shuffle = false;
  found(watched(classifier(), train.subset(rows), with), "unmixed batches", ".shuffle = true");
  CHECK(watched(classifier(), train.subset(rows), once).findings().find("unmixed batches") == nullptr);

  auto raw = train;
  raw.x *= 16;
  found(watched(classifier(), raw, once), "feature scale", "Standardize");
  auto net = classifier();
  net.layer<0>().weight *= 10;
  found(watched(net, train, once), "initial outputs", "HeNormal");
  net = classifier();
  net.layer<0>().bias.setConstant(-50);
  found(watched(net, train, once), "dead units", "LeakyReLU");
  net = classifier();
  net.layer<0>().weight.setZero(), net.layer<2>().weight.setZero();
  found(watched(net, train, once), "symmetric units", "random numbers");
}

TEST_CASE("Doctor: sees layers within compositions, with their full path") {
  Rng rng{1};
  const auto in = [&](Index from, Index to) { return Dense{from, to, rng}; };
  Sequential net{
      in(64, 16), Residual{Sequential{in(16, 16), Elementwise{[](auto x) { return x > 0 ? x : 0 * x; }}}},
      Concat{Sequential{in(16, 8), Tanh{}}, Identity{}}, DynamicSequential{in(24, 16), ReLU{}}, in(16, 10)};
  // A unit that is always 0 within the residual, of a formula of one's own.
  net.layer<1>().body.layer<0>().bias.setConstant(-100);
  const Doctor doctor = watched(net, digits().train, {.epochs = 1});
  std::vector<std::string> paths;
  for (const OutputStatistics& output : doctor.looks().back().outputs) {
    paths.push_back(output.path);
    INFO(output.path);
    CHECK((output.rms > 0 || output.path == "1.body.1" || output.path == "1.body"));
  }
  CHECK(paths == std::vector<std::string>{"0", "1.body.0", "1.body.1", "1.body", "1", "2.0.0", "2.0.1", "2.0",
                                          "2.1", "2", "3.0", "3.1", "3", "4"});
  std::vector<std::string> weights;
  for (const WeightStatistics& weight : doctor.looks().back().weights) weights.push_back(weight.path);
  CHECK(weights ==
        std::vector<std::string>{"0.weight", "1.body.0.weight", "2.0.0.weight", "3.0.weight", "4.weight"});
  const Findings findings = doctor.findings();
  REQUIRE(findings.find("dead units") != nullptr);
  CHECK(findings.find("dead units")->place == "1.body.1");
  CHECK(findings.find("dead units")->measured == 1);
}

TEST_CASE("Doctor: is silent on healthy networks of images and sequences, and finds dead channels") {
  Rng rng{1};
  Dataset<> images = digits().train, rows = digits().train;
  images.shape = {1, 8, 8};
  rows.shape = {8, 1, 8};
  const auto alarms_of = [](auto net, const Dataset<>& data) {
    return alarms(watched(std::move(net), data, {.epochs = 6}, 5e-3).findings());
  };
  const std::vector<std::string> none;
  CHECK(alarms_of(Sequential{LSTM{8, 16, rng, {.outputs = Outputs::last}}, Dense{16, 10, rng}}, rows) ==
        none);
  Sequential conv{Conv2D{1, 6, rng, {.padding = 1}}, ReLU{}, MaxPool2D{}, Flatten{}, Dense{96, 10, rng}};
  CHECK(alarms_of(conv, images) == none);
  conv.layer<0>().bias.head(4).setConstant(-100);
  const Findings findings = watched(conv, images, {.epochs = 1}).findings();
  REQUIRE(findings.find("dead units") != nullptr);
  CHECK(findings.find("dead units")->place == "1");
  CHECK(findings.find("dead units")->measured == Catch::Approx(4.0 / 6));
}

TEST_CASE("Doctor: measures outputs, gradients and updates") {
  // One weight, one sample: w = 2, x = 3, y = 6; the target is 5. dL/dw = 2 (6 - 5) 3 = 6, the update 0.01 * 6.
  Dense<> net{Matrix<>::Constant(1, 1, 2), Vector<>::Zero(1)};
  const Dataset<> data{.x = Matrix<>::Constant(1, 1, 3), .y = Matrix<>::Constant(1, 1, 5)};
  Doctor doctor;
  fit(net, data, MeanSquaredError{}, GradientDescent{.learning_rate = 0.01},
      {.epochs = 1, .observer = &doctor, .progress = silent});
  REQUIRE(doctor.looks().size() == 1);
  const Look& look = doctor.looks().front();
  CHECK(look.step == 1);
  CHECK(look.loss == 1);
  CHECK(look.learning_rate == 0.01);
  REQUIRE(look.weights.size() == 1);
  CHECK(look.weights[0].path == "weight");
  CHECK(look.weights[0].weight == 2);
  CHECK(look.weights[0].gradient == 6);
  CHECK_THAT(look.weights[0].update, WithinRel(0.06, 1e-5));
  CHECK_THAT(look.weights[0].update_ratio(), WithinRel(0.03, 1e-5));
  REQUIRE(look.outputs.size() == 1);
  CHECK(look.outputs[0].type == "Dense");
  CHECK(look.outputs[0].rms == 6);
}

TEST_CASE("Doctor: finds running statistics that still have their initial values") {
  Rng rng{1};
  const auto net = [&](double momentum) {
    return Sequential{Dense{64, 32, rng, Bias::none}, BatchNorm{32, {.momentum = momentum}}, ReLU{},
                      Dense{32, 10, rng}};
  };
  const auto findings = watched(net(0.999), digits().train, {.epochs = 4}).findings();
  REQUIRE(findings.find("running statistics") != nullptr);
  CHECK(findings.find("running statistics")->place == "1");
  CHECK_THAT(findings.find("running statistics")->cure, ContainsSubstring("estimate_statistics"));
  CHECK(watched(net(0.9), digits().train, {.epochs = 4}).findings().find("running statistics") == nullptr);
}

TEST_CASE("Doctor: finds targets of other samples long before they are learned by heart") {
  const auto with_other_targets = [](Dataset<> data, std::uint64_t seed) {
    Rng rng{seed};
    for (float& label : data.y.reshaped()) label = static_cast<float>(rng.below(10));
    return data;
  };
  const Dataset<> train = with_other_targets(digits().train, 1), dev = with_other_targets(digits().dev, 2);
  auto net = classifier();
  Doctor doctor;
  fit(net, train, SoftmaxCrossEntropy{}, Adam{},
      {.epochs = 4, .validation = &dev, .observer = &doctor, .seed = 1, .progress = silent});
  CHECK(evaluate(net, train, Accuracy{}) < 0.5);
  REQUIRE(doctor.findings().find("memorized targets") != nullptr);
  CHECK_THAT(doctor.findings().find("memorized targets")->what, ContainsSubstring("unrelated"));
}

TEST_CASE("Doctor: regression has rules of its own") {
  auto data = noisy_regression({.samples = 400, .features = 4, .noise = 0.2, .seed = 3});
  const auto run = [](Dataset<> train, double rate) {
    Rng rng{1};
    Sequential net{Dense{4, 16, rng}, ReLU{}, Dense{16, 1, rng}};
    Doctor doctor;
    fit(net, train, MeanSquaredError{}, Adam{.learning_rate = rate},
        {.epochs = 40, .validation = &train, .observer = &doctor, .progress = silent});
    return doctor.findings();
  };
  CHECK(alarms(run(data, 3e-3)).empty());
  CHECK(run(data, 1e-6).find("underfitting") != nullptr);
  data.y.array() += 1000;
  CHECK(run(data, 3e-3).find("target scale") != nullptr);
  CHECK(run(data, 3e-3).find("constant predictor") != nullptr);
}

TEST_CASE("Doctor: is silent on a healthy training with targets of time steps") {
  // The next value of a slow wave: consecutive targets are alike, and the last of a shorter sequence is padding.
  Rng rng{2};
  Dataset<> data{.x = Matrix<>(20, 200), .y = Matrix<>(20, 200), .shape = {.channels = 1, .width = 20}};
  for (Index j = 0; j < 200; ++j) {
    const double phase = rng.uniform() * 6.28;
    data.lengths.push_back(20 - j % 3);
    for (Index t = 0; t < 20; ++t) {
      data.x(t, j) = static_cast<float>(std::sin(phase + 0.3 * static_cast<double>(t)) + 0.05 * rng.normal());
      data.y(t, j) = static_cast<float>(std::sin(phase + 0.3 * static_cast<double>(t + 1)));
    }
    data.y.col(j).tail(j % 3).setConstant(1000), data.x.col(j).tail(j % 3).setConstant(1000);
  }
  Sequential net{LSTM{1, 16, rng}, Dense{16, 1, rng}};
  Doctor doctor;
  fit(net, data, MeanSquaredError{}, Adam{.learning_rate = 3e-3},
      {.epochs = 30, .validation = &data, .observer = &doctor, .progress = silent});
  CAPTURE(doctor.findings());
  CHECK(doctor.findings().size() == 0);
}

TEST_CASE("Doctor: finds initial statistics beside a layer with statistics of its own") {
  Rng rng{1};
  Sequential net{Standardize{digits().train.x}, Dense{64, 32, rng, Bias::none},
                 BatchNorm{32, {.momentum = 0.999}}, ReLU{}, Dense{32, 10, rng}};
  const auto findings = watched(net, digits().train, {.epochs = 4}).findings();
  REQUIRE(findings.find("running statistics") != nullptr);
  CHECK_THAT(findings.find("running statistics")->what, ContainsSubstring("are their initial values"));
}

TEST_CASE("Doctor: prints a finding when it is made, and each once") {
  std::ostringstream out;
  const Doctor doctor = watched(classifier(), digits().train, {.epochs = 3}, 1e-7, {.out = &out});
  CHECK_THAT(out.str(), ContainsSubstring("warning  small steps at step 16: expected updates"));
  CHECK(out.str().find("small steps") == out.str().rfind("small steps"));
  std::ostringstream all;
  all << doctor.findings();
  CHECK(out.str().size() == all.str().size());  // the same lines, in order of time
}

TEST_CASE("Doctor: a rule is switched off by name") {
  const Doctor doctor =
      watched(classifier(), digits().train, {.epochs = 1}, 1e-7, {.without = {"small steps"}});
  CHECK(doctor.findings().find("small steps") == nullptr);
  CHECK(message_of<DataError>([] { Doctor{{.without = {"tiny steps"}}}; }) ==
        "Doctor: expected the name of a rule in .without, got \"tiny steps\"; choose from rule_names");
  CHECK(message_of<DataError>([] { Doctor{{.every = 0}}; }) ==
        "Doctor: expected .every of at least 1, got 0");
}

TEST_CASE("Doctor: begins anew for another training") {
  Doctor doctor;
  const auto run = [&](double rate) {
    auto net = classifier();
    fit(net, digits().train, SoftmaxCrossEntropy{}, Adam{.learning_rate = rate},
        {.epochs = 2, .observer = &doctor, .progress = silent});
  };
  run(1e-7);
  CHECK(doctor.findings().find("small steps") != nullptr);
  const std::size_t looks = doctor.looks().size();
  run(1e-3);
  CHECK(doctor.findings().find("small steps") == nullptr);
  CHECK(doctor.looks().size() == looks);
}

TEST_CASE("Doctor: looks more rarely at a step of few operations, unless told how often") {
  // 64 samples, 9 parameters, 192 outputs: a step of 400,000 + 6 * 9 * 64 + 100 * 192 = 422,656 operations, a look of
  // 250,000 + 40 * (192 + 9) = 258,040, which is 0.005 of 122.1 steps.
  const auto steps = [](const DoctorOptions& options) {
    Rng rng{1};
    Dense<> net{2, 3, rng};
    Doctor doctor{options};
    fit(net, blobs({.samples = 64}), SoftmaxCrossEntropy{}, Adam{},
        {.epochs = 200, .batch_size = 64, .observer = &doctor, .progress = silent});
    std::vector<std::int64_t> all;
    for (const Look& look : doctor.looks()) all.push_back(look.step);
    return all;
  };
  std::vector<std::int64_t> expected{1, 2, 4, 8, 12, 16, 24, 32, 40, 48};
  std::vector<std::int64_t> by_default = expected, every_50 = expected;
  by_default.push_back(122);
  every_50.insert(every_50.end(), {50, 100, 150, 200});
  CHECK(steps({}) == by_default);
  CHECK(steps({.every = 50}) == every_50);
  CHECK(steps({.every = 1}).size() == 200);

  Rng rng{1};
  const detail::StepWork large{Dense{1000, 1000, rng}, 32, 32000};
  CHECK(large.steps_per_look(0.005) < 32);
}

TEST_CASE("Doctor: copies of a trainer gather apart") {
  Trainer trainer{classifier(), SoftmaxCrossEntropy{}, Adam{}, {.observer = Doctor{}, .progress = silent}};
  trainer.run(digits().train, 1);
  auto copy = trainer;
  copy.run(digits().train, 1);
  const auto looks = [](const auto& of) {
    return of.options.observer.template get_if<Doctor>()->looks().size();
  };
  CHECK(looks(copy) > looks(trainer));
}

TEST_CASE("Doctor: a long run keeps at most 512 looks, and those of the first steps") {
  Rng rng{1};
  Dense<> net{2, 3, rng};
  const auto data = blobs({.samples = 64});
  Doctor doctor{{.every = 1}};
  fit(net, data, SoftmaxCrossEntropy{}, Adam{},
      {.epochs = 1500, .batch_size = 64, .observer = &doctor, .progress = silent});
  CHECK(doctor.looks().size() <= 512);
  CHECK(doctor.looks().size() > 256);
  CHECK(doctor.looks().front().step == 1);
  CHECK(doctor.looks().back().step > 1490);
  CHECK(std::is_sorted(doctor.looks().begin(), doctor.looks().end(),
                       [](const Look& a, const Look& b) { return a.step < b.step; }));
}

}  // namespace doctor_test
