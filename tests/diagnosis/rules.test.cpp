#include "descent/diagnosis/rules/rule.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "descent/diagnosis/examine.hpp"
#include "descent/diagnosis/rules/results.hpp"
#include "descent/diagnosis/rules/steps.hpp"
#include "descent/diagnosis/rules/trained.hpp"
#include "descent/layers/activations/relu.hpp"
#include "descent/layers/activations/sigmoid.hpp"
#include "descent/layers/activations/softmax.hpp"
#include "descent/layers/activations/tanh.hpp"
#include "descent/layers/dense.hpp"
#include "descent/layers/noise/dropout.hpp"
#include "descent/losses/mean_squared_error.hpp"
#include "descent/losses/softmax_cross_entropy.hpp"
#include "descent/models/sequential.hpp"
#include "support.hpp"

namespace rules_test {

using namespace descent;
using support::message_of;

namespace {

using Found = std::optional<Finding>;

/// A rule with a case that fires it, and one that comes close and does not.
struct Row {
  std::string_view rule;
  std::function<Found()> fires, close;
};

Found named(const Findings& findings, std::string_view rule) {
  const Finding* finding = findings.find(rule);
  return finding == nullptr ? Found{} : Found{*finding};
}

/// Normal features, classes 0 and 1 in turn, each about a center of its own.
Dataset<> two_classes(Index samples = 120, Index features = 12, std::uint64_t seed = 1) {
  Rng rng{seed};
  Dataset<> data{.x = Matrix<>(features, samples), .y = Matrix<>(1, samples)};
  for (Index j = 0; j < samples; ++j) {
    data.y(0, j) = static_cast<float>(j % 2);
    for (Index i = 0; i < features; ++i)
      data.x(i, j) = static_cast<float>(0.7 * rng.normal() + (j % 2 == 0 ? 0.7 : -0.7));
  }
  return data;
}
/// The same with a target that is the mean of the features.
Dataset<> numbers(Index samples = 120) {
  Dataset<> data = two_classes(samples);
  data.y = data.x.colwise().mean();
  return data;
}

/// Returns a copy that `change` has changed.
Dataset<> with(Dataset<> data, auto&& change) {
  change(data);
  return data;
}

auto network(const Dataset<>& data, Index outputs, float scale = 1) {
  Rng rng{2};
  Sequential net{Dense{data.features(), 16, rng}, ReLU{}, Dense{16, outputs, rng}};
  net.layer<0>().weight *= scale;
  return net;
}

Found of_classes(std::string_view rule, const Dataset<>& data, const Dataset<>* dev = nullptr) {
  return named(examine(network(data, 2), data, SoftmaxCrossEntropy{}, {.validation = dev}), rule);
}
Found of_numbers(std::string_view rule, const Dataset<>& data) {
  return named(examine(network(data, data.y.rows()), data, MeanSquaredError{}), rule);
}
template <Layer M>
Found of_network(std::string_view rule, const M& net, const Dataset<>& data = two_classes()) {
  return named(examine(net, data, SoftmaxCrossEntropy{}), rule);
}

/// Features and dev set in which the first `copies` samples are those of the training set, moved by `distance`.
Found of_copies(std::string_view rule, Index copies, float distance) {
  const Dataset<> train = two_classes();
  const Dataset<> dev = with(two_classes(100, 12, 5), [&](Dataset<>& d) {
    d.x.leftCols(copies) = train.x.leftCols(copies).array() + distance;
  });
  return of_classes(rule, train, &dev);
}

/// The looks of a training whose updates have a size relative to the weights.
std::vector<Look> looks(double ratio, double last_rate = 0.1) {
  std::vector<Look> all;
  for (std::int64_t step = 1; step <= 16; ++step)
    all.push_back({.step = step,
                   .loss = 1,
                   .learning_rate = step == 16 ? last_rate : 0.1,
                   .outputs = {},
                   .weights = {{.path = "0.weight", .weight = 2, .update = ratio},         // ratio / 2
                               {.path = "2.weight", .weight = 1, .update = 2 * ratio}}});  // 2 ratio
  return all;
}
std::vector<Look> losses(const std::vector<double>& values) {
  std::vector<Look> all;
  for (const double loss : values) all.push_back({.loss = loss, .outputs = {}, .weights = {}});
  return all;
}
std::vector<WeightStatistics> gradients(const std::vector<double>& values) {
  std::vector<WeightStatistics> all;
  for (const double value : values) all.push_back({.path = "w", .weight = 1, .gradient = value});
  return all;
}
std::vector<OutputStatistics> outputs(std::string type, double constant, double saturated) {
  return {{.path = "1",
           .type = std::move(type),
           .rms = 1,
           .constant = constant,
           .saturated = saturated,
           .unit_kind = UnitKind::activated},
          {.path = "2", .type = "Dense", .rms = 1}};
}
Found order(std::vector<Index> labels) {
  detail::TargetOrder at;
  at.add_classes(labels, {50, 50});
  return detail::target_order(at, Severity::warning, "", "");
}
std::vector<Index> in_turn(Index length, Index run) {
  std::vector<Index> labels;
  for (Index j = 0; j < length; ++j) labels.push_back(j / run % 2);
  return labels;
}

// clang-format off
const std::vector<Row> rows{
    {"usable data",
     [] { return of_classes("usable data", with(two_classes(), [](auto& d) { d.x(3, 7) = std::numeric_limits<float>::quiet_NaN(); })); },
     [] { return of_classes("usable data", with(two_classes(), [](auto& d) { d.x(3, 7) = 1e30F; })); }},
    {"feature scale",  // rms 5.1 and 4.9
     [] { return of_classes("feature scale", with(two_classes(), [](auto& d) { d.x.row(3).setConstant(5.1F); })); },
     [] { return of_classes("feature scale", with(two_classes(), [](auto& d) { d.x.row(3).setConstant(4.9F); })); }},
    {"target scale",
     [] { return of_numbers("target scale", with(numbers(), [](auto& d) { d.y.array() += 11; })); },
     [] { return of_numbers("target scale", with(numbers(), [](auto& d) { d.y.array() += 9; })); }},
    {"constant features",
     [] { return of_classes("constant features", with(two_classes(), [](auto& d) { d.x.row(3).setConstant(1); })); },
     [] { return of_classes("constant features", with(two_classes(), [](auto& d) { d.x.row(3).setConstant(1), d.x(3, 0) = 1.001F; })); }},
    {"class share",  // 1/2 each is expected, at least 0.15
     [] { return of_classes("class share", with(two_classes(200), [](auto& d) { d.y.setZero(), d.y.leftCols(29).setOnes(); })); },
     [] { return of_classes("class share", with(two_classes(200), [](auto& d) { d.y.setZero(), d.y.leftCols(31).setOnes(); })); }},
    {"few samples",
     [] { return of_classes("few samples", two_classes(38)); },
     [] { return of_classes("few samples", two_classes(40)); }},
    {"sorted data",
     [] { return of_classes("sorted data", with(two_classes(), [](auto& d) { d.y.setZero(), d.y.leftCols(60).setOnes(); })); },
     [] { return of_classes("sorted data", two_classes()); }},
    {"leaking feature",
     [] { return of_classes("leaking feature", with(two_classes(), [](auto& d) { d.x.row(5) = 1 - 3 * d.y.array(); })); },
     [] { return of_classes("leaking feature", with(two_classes(), [](auto& d) { d.x.row(5) = 1 - 3 * d.y.array(), d.x(5, 0) = 0.9F; })); }},
    {"twins",
     [] { return of_copies("twins", 1, 0); },
     [] { return of_copies("twins", 1, 1e-4F); }},
    {"near twins",  // more than 1 of 100
     [] { return of_copies("near twins", 2, 0.01F); },
     [] { return of_copies("near twins", 1, 0.01F); }},
    {"conflicting labels",  // 1 pair of 199 and 201 samples
     [] { return of_classes("conflicting labels", with(two_classes(199), [](auto& d) { d.x.col(0) = d.x.col(1); })); },
     [] { return of_classes("conflicting labels", with(two_classes(201), [](auto& d) { d.x.col(0) = d.x.col(1); })); }},
    {"wrong labels",
     [] { return of_classes("wrong labels", with(two_classes(), [](auto& d) { d.y(0, 8) = 1; })); },
     [] { return of_classes("wrong labels", two_classes()); }},
    {"unrelated targets",
     [] { return of_numbers("unrelated targets", with(numbers(), [](auto& d) { Rng rng{9}; for (float& y : d.y.reshaped()) y = static_cast<float>(rng.normal()); })); },
     [] { return of_numbers("unrelated targets", with(numbers(), [](auto& d) { Rng rng{9}; for (float& y : d.y.reshaped()) y += static_cast<float>(rng.normal()); })); }},
    {"distribution",
     [] { const auto dev = with(two_classes(100, 12, 5), [](auto& d) { d.x.row(2).array() += 1.5F; }); return of_classes("distribution", two_classes(), &dev); },
     [] { const auto dev = two_classes(100, 12, 5); return of_classes("distribution", two_classes(), &dev); }},

    {"outputs and loss",
     [] { Rng rng{1}; return of_network("outputs and loss", Sequential{Dense{12, 2, rng}, Softmax{}}); },
     [] { Rng rng{1}; return of_network("outputs and loss", Sequential{Dense{12, 2, rng}, Tanh{}}); }},
    {"output range",
     [] { return detail::output_range("Tanh", -0.5, 1.1); },
     [] { return detail::output_range("Tanh", -0.5, 1); }},
    {"classes as numbers",
     [] { return of_numbers("classes as numbers", with(numbers(), [](auto& d) { for (Index j = 0; j < 120; ++j) d.y(0, j) = static_cast<float>(j % 3); })); },
     [] { return of_numbers("classes as numbers", with(numbers(), [](auto& d) { for (Index j = 0; j < 120; ++j) d.y(0, j) = static_cast<float>(j % 2); })); }},
    {"initial outputs",
     [] { return detail::initial_outputs(5.1, 1, 10); },
     [] { return detail::initial_outputs(4.9, 1, 10); }},
    {"vanishing gradient",
     [] { return detail::vanishing_gradient(gradients({0.001, 0.009, 0.1, 1})); },
     [] { return detail::vanishing_gradient(gradients({0.001, 0.011, 0.1, 1})); }},
    {"symmetric units",
     [] { auto net = network(two_classes(), 2); net.layer<0>().weight.setConstant(0.1F), net.layer<2>().weight.setConstant(0.1F); return of_network("symmetric units", net); },
     [] { auto net = network(two_classes(), 2); net.layer<0>().weight.setConstant(0.1F); return of_network("symmetric units", net); }},  // broken by the second layer
    {"saturated units",
     [] { return detail::saturated_units(outputs("Tanh", 0, 0.51), true); },
     [] { return detail::saturated_units(outputs("Tanh", 0, 0.51), false); }},  // later up to 0.6
    {"dead units",
     [] { return detail::dead_units(outputs("ReLU", 0.51, 0), 256); },
     [] { return detail::dead_units(outputs("ReLU", 0.49, 0), 256); }},
    {"strong dropout",
     [] { Rng rng{1}; return of_network("strong dropout", Sequential{Dense{12, 8, rng}, Sequential{ReLU{}, Dropout{{.keep = 0.19}}}, Dense{8, 2, rng}}); },
     [] { Rng rng{1}; return of_network("strong dropout", Sequential{Dense{12, 8, rng}, Sequential{ReLU{}, Dropout{{.keep = 0.2}}}, Dense{8, 2, rng}}); }},

    {"unmixed batches",
     [] { return order(in_turn(64, 12)); },  // 5 changes of 31.5
     [] { return order(in_turn(64, 8)); }},  // 7 changes
    {"small steps",  // the geometric mean of ratio / 2 and 2 ratio is the ratio
     [] { return detail::small_steps(looks(2.4e-4)); },
     [] { return detail::small_steps(looks(2.6e-4)); }},
    {"large steps",
     [] { return detail::large_steps(looks(0.026)); },
     [] { return detail::large_steps(looks(0.024)); }},
    {"rising loss",
     [] { return detail::rising_loss(losses({1, 2, 5.1, 5.1, 3})); },
     [] { return detail::rising_loss(losses({1, 2, 100, 4.9, 3})); }},  // one batch alone
    {"penalty",
     [] { return detail::penalty({.loss = 2, .penalty = 2.1, .outputs = {}, .weights = {}}); },
     [] { return detail::penalty({.loss = 2, .penalty = 1.9, .outputs = {}, .weights = {}}); }},

    {"running statistics",
     [] { return detail::running_statistics({.path = "1", .mean = 0.24, .variance = 2.1}); },
     [] { return detail::running_statistics({.path = "1", .mean = 0.24, .variance = 1.9, .initial = 0.09}); }},
    {"same output",
     [] { return detail::same_output(0.049); },
     [] { return detail::same_output(0.051); }},
    {"memorized targets",
     [] { return detail::memorized_targets({.association = 10, .samples = 100}, {.constant = 0.5, .association = 2.9, .samples = 100}, true); },
     [] { return detail::memorized_targets({.association = 10, .samples = 100}, {.constant = 0.5, .association = 3.1, .samples = 100}, true); }},
    {"constant predictor",
     [] { return detail::constant_predictor({.error = 0.96, .samples = 100}, false); },
     [] { return detail::constant_predictor({.error = 0.94, .samples = 100}, false); }},
    {"underfitting",
     [] { return detail::underfitting(0.16, 0.1, true); },
     [] { return detail::underfitting(0.14, 0.1, true); }},
};
// clang-format on

}  // namespace

TEST_CASE("rules: every rule fires, and does not where a case comes close") {
  for (const Row& row : rows) {
    INFO(row.rule);
    const Found found = row.fires();
    CHECK(found);
    CHECK((!found || !found->what.empty()));
    CHECK_FALSE(row.close());
  }
}

TEST_CASE("rules: every rule has a row in this table") {
  for (const std::string_view rule : rule_names) {
    INFO(rule);
    CHECK(std::count_if(rows.begin(), rows.end(), [&](const Row& row) { return row.rule == rule; }) == 1);
  }
  CHECK(rows.size() == std::size(rule_names));
}

TEST_CASE("rules: the names of all rules are those that the headers apply") {
  std::set<std::string> applied;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator{DESCENT_TESTS_DIR "/../include/descent/diagnosis"}) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file{entry.path(), std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    for (const std::string_view call : {".apply(\"", "holds(rules, \""})
      for (std::size_t at = text.find(call); at != std::string::npos; at = text.find(call, at + 1)) {
        const std::size_t begin = at + call.size();
        applied.insert(text.substr(begin, text.find('"', begin) - begin));
      }
  }
  CHECK(applied == std::set<std::string>(std::begin(rule_names), std::end(rule_names)));
}

TEST_CASE("rules: other sides of the thresholds") {
  CHECK(of_classes("feature scale", with(two_classes(), [](auto& d) { d.x *= 0.04F; })));
  CHECK(of_numbers("target scale", with(numbers(), [](auto& d) { d.y.setConstant(3); }))->severity ==
        Severity::error);
  CHECK(of_numbers("few samples", numbers(49)));
  CHECK_FALSE(of_numbers("few samples", numbers(50)));
  CHECK(detail::initial_outputs(0.009, 1, 10));
  CHECK_FALSE(detail::initial_outputs(0.009, 1, 1));  // one output may be small by chance
  CHECK(detail::initial_outputs(0.001, 1, 1));
  CHECK_FALSE(detail::initial_outputs(50, 20, 1));     // relative to the targets
  CHECK_FALSE(detail::small_steps(looks(1e-5, 0.2)));  // the learning rate warms up
  CHECK(detail::running_statistics({.path = "1", .mean = 0.26}));
  CHECK(detail::running_statistics({.path = "1", .initial = 0.11}));
  CHECK(detail::output_range("ReLU", -1, 1));
  CHECK_FALSE(detail::output_range("ReLU", 0, 1));
  // A network that learned little: 8 sqrt(25 / 100) - 2 sqrt(2) = 1.17.
  const auto memorized = [](double association, double constant, double samples) {
    return detail::memorized_targets({.association = 8, .samples = 100},
                                     {.constant = constant, .association = association, .samples = samples},
                                     false);
  };
  CHECK(memorized(1.1, 1, 25));
  CHECK_FALSE(memorized(1.2, 1, 25));
  CHECK(memorized(-1, 0.11, 100));
  CHECK_FALSE(memorized(-1, 0.09, 100));  // 9 samples are not of the most frequent class
  CHECK(detail::constant_predictor({.error = 0.49, .constant = 0.5, .standard_error = 0.02, .samples = 100},
                                   true));
  CHECK(detail::underfitting(0.21, 0.1, false));
  CHECK_FALSE(detail::underfitting(0.19, 0.1, false));
}

TEST_CASE("rules: layers without an activation have no dead units") {
  const auto dead = [](UnitKind kind, bool is_composition = false) {
    auto all = outputs("", 1, 0);
    all[0].unit_kind = kind, all[0].is_composition = is_composition;
    return detail::dead_units(all, 256).has_value();
  };
  CHECK(dead(UnitKind::activated));
  CHECK_FALSE(dead(UnitKind::activated, true));
  CHECK_FALSE(dead(UnitKind::plain));
  CHECK_FALSE(dead(UnitKind::copied));
}

TEST_CASE("rules: the gradient of an embedding does not count as vanishing") {
  auto weights = gradients({1e-6, 1e-6, 0.001, 0.011, 0.1, 1});
  weights[0].path = "0.weight", weights[1].path = "1.weight";
  const std::vector<OutputStatistics> layers{{.path = "0", .type = "Embedding"},
                                             {.path = "1", .type = "PositionEmbedding"}};
  CHECK(detail::vanishing_gradient(weights));
  CHECK_FALSE(detail::vanishing_gradient(weights, layers));
  weights[3].gradient = 0.009;
  CHECK(detail::vanishing_gradient(weights, layers));
}

TEST_CASE("rules: a recurrent layer saturates, and cannot return numbers beyond 1") {
  const Matrix<> y{{0.98F, -0.99F, 0.5F, 1.5F}};  // 1.5: of another activation than tanh
  for (const std::string type : {"RNN", "LSTM", "GRU", "Tanh"})
    CHECK(detail::saturated_share(type, Batch<>{y}) == 0.5);
  CHECK(detail::output_range("GRU", -0.5, 1.1));
  CHECK_FALSE(detail::output_range("GRU", -0.5, 1));
  CHECK_FALSE(detail::output_range("RNN", -0.5, 1.1));
}

TEST_CASE("rules: the share of suspects by chance is that of the multinomial distribution") {
  using Catch::Matchers::WithinRel;
  // A half of one class: at least 7 of 10 neighbors of the other, at most 1 of its own, is 9 or 10 of the other.
  CHECK_THAT(detail::suspects_by_chance({50, 50}), WithinRel(0.5 * 11 / 1024, 1e-12));
  // A fifth: 0.8^10 + 10 * 0.2 * 0.8^9.
  CHECK_THAT(detail::suspects_by_chance({80, 20}), WithinRel(0.2 * 0.3758096384, 1e-12));
  CHECK(detail::suspects_by_chance({10, 10, 10, 10}) < 0.005);
}

TEST_CASE("rules: the association of classes is the root of Pearson's chi-squared for two classes") {
  // 20 + 15 of 50 predictions are right: chi-squared = 50 (20 * 15 - 5 * 10)^2 / (25 * 25 * 30 * 20) = 25 / 3.
  CHECK(detail::association_of_classes({25, 25}, {30, 20}, 35, 50) == Catch::Approx(std::sqrt(25.0 / 3)));
  CHECK(detail::association_of_classes({50, 0}, {30, 20}, 30, 50) == 0);  // always the same class
  // All right: chance 0.36, (0.36 + 0.36^2 - 2 (0.2^3 + 2 * 0.4^3)) / 50 = 0.2176 / 50.
  CHECK(detail::association_of_classes({10, 20, 20}, {10, 20, 20}, 50, 50) ==
        Catch::Approx(0.64 / std::sqrt(0.2176 / 50)));
}

TEST_CASE("rules: the association of numbers is the correlation times the root of the number of samples") {
  const Matrix<double> p{{-2, -1, 0, 1, 2}}, y{{-2, 0, 1, 0, 1}};  // r^2 = 0.6
  for (const Index copies : {1, 2, 6})                             // more and fewer rows than samples
    CHECK(detail::association_of_numbers<double>(p.replicate(copies, 1), y.replicate(copies, 1)) ==
          Catch::Approx(std::sqrt(3)));
  CHECK(detail::association_of_numbers<double>(0 * p, y) == 0);
  const Matrix<double> targets = y.array() + 7, predictions = p.array() - 3;
  CHECK(detail::quality_of_numbers(predictions, targets).association == Catch::Approx(std::sqrt(3)));
}

TEST_CASE("rules: of many targets, the largest counts") {
  const auto scale = [](double constants, double deviation) {
    detail::Moments moments{.mean = std::vector<double>(9, constants), .variance = std::vector<double>(9, 0)};
    moments.mean[4] = 0.5, moments.variance[4] = deviation * deviation;
    return detail::target_scale(moments);
  };
  CHECK_FALSE(scale(1, 0.021));
  CHECK(scale(1, 0.019));
  CHECK(scale(1, 0)->severity == Severity::error);
  CHECK(scale(1, 11));
}

TEST_CASE("rules: a rule is switched off by name, and an unknown name is refused") {
  const Dataset<> data = with(two_classes(), [](auto& d) { d.x *= 10; });
  const auto net = network(data, 2);
  CHECK(examine(net, data, SoftmaxCrossEntropy{}).find("feature scale") != nullptr);
  CHECK(examine(net, data, SoftmaxCrossEntropy{}, {.without = {"feature scale"}}).find("feature scale") ==
        nullptr);
  CHECK(message_of<DataError>([&] { examine(net, data, SoftmaxCrossEntropy{}, {.without = {"scale"}}); }) ==
        "examine: expected the name of a rule in .without, got \"scale\"; choose from rule_names");
}

}  // namespace rules_test
