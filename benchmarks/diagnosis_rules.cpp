// The rules of `examine` and `Doctor` on planted faults and on healthy designs.
//
//   diagnosis_rules [SEEDS] [tuned | held_out]
//
// Every design is trained on every data set with each seed, once as it is and once for each fault. The first table has,
// for each fault, the share of runs with an alarm, which is a warning or an error, of any rule; of a rule that names the
// fault; and before step 51. The second has the alarms in healthy runs. `held_out` takes other widths, depths, rates, data
// sets and milder faults than those by which the thresholds were chosen.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <descent/descent.hpp>
#include <descent/diagnosis.hpp>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace descent;

namespace {

struct Set {
  std::string name;
  Dataset<> data;
  bool of_classes;
};

/// Friedman's first function: y = 10 sin(pi x0 x1) + 20 (x2 - 1/2)^2 + 10 x3 + 5 x4 + N(0, 1), of 10 uniform features.
Dataset<> friedman(Index samples, std::uint64_t seed) {
  Rng rng{seed};
  Dataset<> data{.x = Matrix<>(10, samples), .y = Matrix<>(1, samples)};
  for (Index j = 0; j < samples; ++j) {
    for (float& value : data.x.col(j)) value = static_cast<float>(rng.uniform());
    const auto x = data.x.col(j);
    data.y(0, j) = 10 * std::sin(3.14159265F * x[0] * x[1]) + 20 * (x[2] - 0.5F) * (x[2] - 0.5F) + 10 * x[3] +
                   5 * x[4] + static_cast<float>(rng.normal());
  }
  return data;
}

/// Drops samples that equal an earlier one: iris has some.
Dataset<> distinct(const Dataset<>& data) {
  std::vector<Index> kept;
  for (Index j = 0; j < data.samples(); ++j)
    if (std::none_of(kept.begin(), kept.end(), [&](Index k) { return data.x.col(k) == data.x.col(j); }))
      kept.push_back(j);
  return data.subset(kept);
}

/// Makes a feature the target, to be predicted from the others.
Dataset<> predict_feature(const Dataset<>& data, Index feature) {
  Dataset<> result{.x = Matrix<>(data.features() - 1, data.samples()), .y = data.x.row(feature)};
  result.x << data.x.topRows(feature), data.x.bottomRows(data.features() - 1 - feature);
  return distinct(result);
}

std::vector<Set> data_sets(bool held_out) {
  const auto file = [](std::string_view name) {
    return read_csv(std::string{"examples/data/"}.append(name), {.label = "label"});
  };
  const Dataset<> digits = file("digits.csv"), iris = distinct(file("iris.csv")), wine = file("wine.csv"),
                  cancer = file("breast_cancer.csv");
  std::vector<Set> sets{
      {"digits", digits, true}, {"iris", iris, true}, {"wine", wine, true}, {"cancer", cancer, true}};
  const auto add = [&](std::string_view name, const Dataset<>& data, bool of_classes) {
    sets.push_back({std::string{name}, data, of_classes});
  };
  if (held_out) {
    add("blobs of 5", blobs({.samples = 800, .classes = 5, .features = 8, .spread = 4, .seed = 3}), true);
    add("circles", circles({.samples = 600, .noise = 0.08, .factor = 0.6, .seed = 3}), true);
    add("wave", noisy_wave({.samples = 500, .noise = 0.2, .seed = 8}), false);
    add("linear", noisy_regression({.samples = 400, .features = 12, .noise = 0.5, .seed = 8}), false);
    add("friedman", friedman(500, 8), false);
    add("cancer 3", predict_feature(cancer, 4), false);
    add("wine 9", predict_feature(wine, 9), false);
  } else {
    add("moons", moons({.samples = 600, .noise = 0.1, .seed = 7}), true);
    add("blobs", blobs({.samples = 600, .seed = 7}), true);
    add("spirals", spirals({.samples = 900, .turns = 1, .noise = 0.01, .seed = 7}), true);
    add("wave", noisy_wave({.samples = 600, .seed = 7}), false);
    add("linear", noisy_regression({.samples = 600, .features = 8, .noise = 0.3, .seed = 7}), false);
    add("friedman", friedman(800, 7), false);
    add("wine 0", predict_feature(wine, 0), false);
    add("iris 3", predict_feature(iris, 3), false);
    add("digits 28", predict_feature(digits, 28), false);
  }
  return sets;
}

enum class Unit { relu, tanh, sigmoid, batch_norm };
enum class Step { adam, momentum };

struct Case {
  std::string fault = {};                 // empty: healthy
  std::set<std::string_view> rules = {};  // those that name the fault
  Unit unit = Unit::relu;
  Step step = Step::adam;
  int depth = 2;
  Index width = 48;
  // Faults.
  double init = 1, rate = 1, dead_bias = 0, noise = 0, momentum = 0.9, l2 = 0, keep = 1, jitter = -1,
         shift = 0;
  Index samples = 0;
  bool raw = false, raw_targets = false, sorted = false, imbalance = false, constant = false, softmax = false,
       relu_output = false, sigmoid = false, leak = false;
};

DynamicSequential<> network(const Case& c, Index in, Index out, Rng& rng) {
  const auto initialize = [&](Matrix<>& w, const Fan& fan, Rng& random) {
    if (c.unit == Unit::tanh || c.unit == Unit::sigmoid)
      XavierNormal{}(w, fan, random);
    else
      HeNormal{}(w, fan, random);
    w *= static_cast<float>(c.init);
  };
  DynamicSequential<> net;
  for (int k = 0; k < c.depth; ++k, in = c.width) {
    Dense<> dense{in, c.width, rng, initialize, c.unit == Unit::batch_norm ? Bias::none : Bias::learned};
    for (Index u = 0; c.dead_bias != 0 && u < c.width; ++u)
      if (u % 10 < 7) dense.bias[u] = static_cast<float>(c.dead_bias);
    net.add(std::move(dense));
    if (c.unit == Unit::batch_norm) net.add(BatchNorm{c.width, {.momentum = c.momentum}});
    if (c.unit == Unit::tanh)
      net.add(Tanh{});
    else if (c.unit == Unit::sigmoid)
      net.add(Sigmoid{});
    else
      net.add(ReLU{});
    if (c.keep < 1) net.add(Dropout{{.keep = c.keep}});
  }
  net.add(Dense<>{in, out, rng, initialize});
  if (c.softmax) net.add(Softmax{});
  if (c.sigmoid) net.add(Sigmoid{});
  if (c.relu_output) net.add(ReLU{});
  return net;
}

/// Training and validation set with the planted faults of the data.
std::pair<Dataset<>, Dataset<>> prepared(const Case& c, const Set& set, std::uint64_t seed, Rng& rng) {
  auto parts = split(set.data, {.train = 0.7, .dev = 0.3, .stratify = set.of_classes, .seed = seed});
  Dataset<>&train = parts.train, &dev = parts.dev;
  const auto keep = [&](auto&& wanted) {
    std::vector<Index> rows;
    for (Index j = 0; j < train.samples(); ++j)
      if (wanted(j)) rows.push_back(j);
    train = train.subset(rows);
  };
  const auto disturb = [&](Dataset<>& data) {
    for (Index j = 0; j < data.samples(); ++j)
      if (rng.uniform() < c.noise) data.y(0, j) = set.data.y(0, rng.below(set.data.samples()));
  };
  disturb(train);
  if (c.noise >= 1) disturb(dev);
  if (c.imbalance) keep([&](Index j) { return train.y(0, j) == 0 || rng.uniform() < 0.05; });
  if (c.samples > 0) keep([&](Index j) { return j < c.samples; });
  if (c.constant)
    for (Index i = 0; i < train.features(); i += 2)
      train.x.row(i).setConstant(3), dev.x.row(i).setConstant(3);
  if (!c.raw) {
    const Standardize scale{train.x};
    scale.apply(train.x), scale.apply(dev.x);
  }
  if (!set.of_classes && !c.raw_targets) {
    const Standardize scale{train.y};
    scale.apply(train.y), scale.apply(dev.y);
  }
  if (c.raw_targets) train.y.array() = 100 * train.y.array() + 300, dev.y.array() = 100 * dev.y.array() + 300;
  if (c.leak) train.x.row(0) = 0.5F * train.y.row(0), dev.x.row(0) = 0.5F * dev.y.row(0);
  if (c.jitter >= 0)
    for (Index j = 0; j < dev.samples(); j += 3) {
      const Index from = rng.below(train.samples());
      for (Index i = 0; i < dev.features(); ++i)
        dev.x(i, j) = train.x(i, from) + static_cast<float>(c.jitter * rng.normal());
      dev.y.col(j) = train.y.col(from);
    }
  if (c.shift != 0) dev.x.array() += static_cast<float>(c.shift);
  if (c.sorted) {
    std::vector<Index> rows = plain_order(train.samples());
    std::stable_sort(rows.begin(), rows.end(),
                     [&](Index a, Index b) { return train.y(0, a) < train.y(0, b); });
    train = train.subset(rows);
  }
  return {std::move(train), std::move(dev)};
}

/// The alarms of a run, and the first step of one; 0 before training.
struct Alarms {
  bool learned = true;  // fits the training set
  std::set<std::string> rules;
  std::int64_t first = INT64_MAX;
  void add(const Findings& findings) {
    for (const Finding& f : findings)
      if (f.severity > Severity::note) rules.insert(f.rule), first = std::min(first, f.step.value_or(0));
  }
};

template <class L, class O>
Alarms run(const Case& c, const Set& set, std::uint64_t seed, const L& loss, const O& optimizer) {
  Rng rng{1000 * seed + 17};
  const auto [train, dev] = prepared(c, set, seed, rng);
  const Index classes = static_cast<Index>(set.data.y.maxCoeff()) + 1;
  auto net = network(c, train.features(), set.of_classes && !c.sigmoid ? classes : 1, rng);
  Alarms alarms;
  alarms.add(examine(net, train, loss, {.validation = &dev}));
  Doctor doctor;
  const Index batch = std::min<Index>(32, train.samples());
  const int epochs = std::max(10, static_cast<int>(900 * batch / train.samples()));
  FitOptions<DynamicSequential<>> options{.epochs = epochs, .batch_size = batch, .validation = &dev};
  if (c.l2 > 0) options.regularizer = L2{.lambda = c.l2};
  options.observer = &doctor;
  options.shuffle = !c.sorted;
  options.seed = seed;
  options.progress = silent;
  try {
    fit(net, train, loss, optimizer, options);
  } catch (const NumericalError&) {
    alarms.rules.insert("NumericalError");
  } catch (const DataError&) {  // such as a softmax twice, which `examine` has found
  }
  alarms.add(doctor.findings());
  if (c.fault.empty())
    alarms.learned =
        set.of_classes ? evaluate(net, train, Accuracy{}) > 0.9 : evaluate(net, train, R2{}) > 0.7;
  return alarms;
}

Alarms run(const Case& c, const Set& set, std::uint64_t seed) {
  const auto with = [&](const auto& loss) {
    if (c.step == Step::adam) return run(c, set, seed, loss, Adam{.learning_rate = 2e-3 * c.rate});
    return run(c, set, seed, loss, Momentum{.learning_rate = (set.of_classes ? 0.1 : 0.02) * c.rate});
  };
  if (!set.of_classes) return with(MeanSquaredError{});
  return c.sigmoid ? with(SigmoidCrossEntropy{}) : with(SoftmaxCrossEntropy{});
}

/// The healthy designs.
std::vector<Case> healthy(bool held_out) {
  std::vector<Case> cases;
  for (const Step step : {Step::adam, Step::momentum}) {
    if (held_out) {
      cases.push_back({.step = step, .depth = 1, .width = 128});
      cases.push_back({.unit = Unit::batch_norm, .step = step, .depth = 3, .width = 24});
      cases.push_back({.unit = Unit::tanh, .step = step, .depth = 3, .width = 96});
      cases.push_back({.step = step, .width = 128, .keep = 0.6});
      cases.push_back({.step = step, .rate = 0.5});
      cases.push_back({.step = step, .rate = 2});
      cases.push_back({.step = step, .depth = 4, .width = 64});
    } else {
      for (const Unit unit : {Unit::relu, Unit::batch_norm, Unit::tanh})
        cases.push_back({.unit = unit, .step = step});
      cases.push_back({.step = step, .l2 = 0.1});
    }
  }
  if (!held_out) {
    cases.push_back({.keep = 0.8});
    cases.push_back({.depth = 5});
    cases.push_back({.unit = Unit::batch_norm, .depth = 6});
  }
  return cases;
}

/// A fault in each of some designs.
std::vector<Case> faults(bool held_out) {
  const Index width = held_out ? 96 : 48;
  std::vector<Case> cases;
  const auto add = [&](std::string name, std::set<std::string_view> rules, Case c,
                       std::vector<Unit> units = {}) {
    c.fault = std::move(name), c.rules = std::move(rules);
    if (c.width == 48) c.width = width;
    for (const Step step : {Step::adam, Step::momentum}) {
      c.step = step;
      if (units.empty()) cases.push_back(c);
      for (const Unit unit : units) c.unit = unit, cases.push_back(c);
    }
  };
  const std::vector<Unit> any = held_out ? std::vector{Unit::relu, Unit::batch_norm}
                                         : std::vector{Unit::relu, Unit::batch_norm, Unit::tanh},
                          plain{Unit::relu, Unit::tanh};
  const std::set<std::string_view> scale{"initial outputs", "saturated units", "vanishing gradient"};

  add("initial weights x10", scale, {.init = 10}, plain);
  add("initial weights x5", scale, {.depth = 3, .init = 5}, plain);
  add("initial weights x0.03", scale, {.depth = 3, .init = 0.03}, plain);
  add("initial weights x0.01", scale, {.init = 0.01}, plain);
  add("initial weights 0", {"symmetric units", "initial outputs"}, {.init = 0});
  add("8 layers, weights x2.5", scale, {.depth = 8, .init = 2.5});
  add("8 layers, weights x0.3", scale, {.depth = 8, .init = 0.3});
  add("dead ReLU", {"dead units"}, {.dead_bias = -20});
  add("6 sigmoid layers", {"vanishing gradient"}, {.unit = Unit::sigmoid, .depth = 6});
  add("8 sigmoid layers", {"vanishing gradient"}, {.unit = Unit::sigmoid, .depth = 8});
  const std::set<std::string_view> fast{"large steps", "rising loss", "NumericalError"};
  add("rate x100", fast, {.rate = 100}, any);
  add("rate x30", fast, {.rate = 30}, any);
  add("rate /300", {"small steps"}, {.rate = 1.0 / 300}, any);
  add("rate /1000", {"small steps"}, {.rate = 1e-3}, any);
  add("L2 of 300", {"penalty"}, {.l2 = 300}, any);
  add("L2 of 100", {"penalty"}, {.l2 = 100}, any);
  add("dropout, keep 0.1", {"strong dropout"}, {.keep = 0.1});
  add("1 unit wide", {"underfitting", "constant predictor"}, {.width = 1}, any);
  add("2 units wide", {"underfitting", "constant predictor"}, {.width = 2}, any);
  add("BatchNorm momentum 0.9995", {"running statistics"}, {.unit = Unit::batch_norm, .momentum = 0.9995});
  add("BatchNorm momentum 0.999", {"running statistics"}, {.unit = Unit::batch_norm, .momentum = 0.999});
  add("raw inputs", {"feature scale"}, {.raw = true}, any);
  add("raw targets", {"target scale"}, {.raw_targets = true}, any);
  add("ReLU after the last layer", {"output range"}, {.relu_output = true});
  add("softmax twice", {"outputs and loss"}, {.softmax = true});
  add("sigmoid twice", {"outputs and loss"}, {.sigmoid = true});
  add("sorted, not shuffled", {"unmixed batches"}, {.sorted = true}, any);
  const std::set<std::string_view> unrelated{"unrelated targets", "memorized targets"};
  add("targets of other samples", unrelated, {.noise = 1}, any);
  add("30 % wrong targets", {"wrong labels"}, {.noise = 0.3});
  add("20 % wrong targets", {"wrong labels"}, {.noise = 0.2});
  add("10 % wrong targets", {"wrong labels"}, {.noise = 0.1});
  add("16 samples", {"few samples", "memorized targets"}, {.samples = 16});
  add("95 % of a class missing", {"class share"}, {.imbalance = true});
  add("half of the features constant", {"constant features"}, {.constant = true});
  add("a third of dev from train", {"twins"}, {.jitter = 0});
  add("the same, moved by 1 %", {"near twins"}, {.jitter = 0.01});
  add("the same, moved by 5 %", {"near twins"}, {.jitter = 0.05});
  add("dev shifted by a deviation", {"distribution"}, {.shift = 1});
  add("the target among the features", {"leaking feature"}, {.leak = true});
  return cases;
}

/// True if the data set can have the fault.
bool applies(const Case& c, const Set& set) {
  const bool binary = set.of_classes && set.data.y.maxCoeff() == 1;
  const bool of_classes = c.softmax || c.imbalance || (c.noise > 0 && c.noise < 1);
  const bool of_numbers = c.raw_targets;
  if (of_classes && !set.of_classes) return false;
  if (of_numbers && set.of_classes) return false;
  if (c.sigmoid && !binary) return false;
  if (c.constant && set.data.features() < 4) return false;
  if (c.leak && set.data.features() < 2) return false;
  if (c.jitter > 0 && set.data.features() < 10) return false;  // neighbors are as near as that
  const std::set<std::string_view> curved{"digits", "moons",    "blobs",      "spirals",
                                          "wave",   "friedman", "blobs of 5", "circles"};
  if (c.width <= 2) return curved.contains(set.name);  // the others need no more than that
  if (c.raw)
    return std::sqrt(set.data.x.array().square().rowwise().mean().maxCoeff()) > 5;  // else nothing is wrong
  return true;
}

/// Healthy designs that did not fit the training set in their 900 steps, where an alarm is right.
constexpr std::string_view not_learned = "healthy, but did not learn";

struct Tally {
  int runs = 0, alarmed = 0, named = 0, early = 0;
  std::map<std::string, int> rules = {};
};

std::string share(int part, int whole) {
  return detail::right_aligned(whole == 0 ? "" : detail::joined({100 * part / whole, " %"}), 9);
}

}  // namespace

int main(int argc, char** argv) {
  const auto seeds = static_cast<std::uint64_t>(argc > 1 ? std::atoi(argv[1]) : 3);
  const bool held_out = argc > 2 && std::string_view{argv[2]} == "held_out";
  const std::string_view only = argc > 3 ? argv[3] : "";
  const std::vector<Set> sets = data_sets(held_out);
  std::vector<Case> cases = healthy(held_out);
  for (Case& c : faults(held_out)) cases.push_back(std::move(c));

  std::vector<std::string> order{"", std::string{not_learned}};
  std::map<std::string, Tally> by_fault[2];  // of numbers, of classes
  std::vector<std::string> false_alarms;
  for (const Case& c : cases) {
    if (only == "healthy" ? !c.fault.empty() : c.fault.find(only) == std::string::npos) continue;
    if (std::find(order.begin(), order.end(), c.fault) == order.end()) order.push_back(c.fault);
    for (const Set& set : sets) {
      if (!applies(c, set)) continue;
      for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const Alarms alarms = run(c, set, seed + (held_out ? 100 : 0));
        const std::string fault = alarms.learned ? c.fault : std::string{not_learned};
        Tally& tally = by_fault[set.of_classes][fault];
        ++tally.runs;
        tally.alarmed += !alarms.rules.empty();
        tally.early += alarms.first <= 50;
        tally.named += std::any_of(alarms.rules.begin(), alarms.rules.end(),
                                   [&](const std::string& rule) { return c.rules.contains(rule); });
        for (const std::string& rule : alarms.rules) ++tally.rules[rule];
        if (fault.empty() && !alarms.rules.empty()) {
          std::string line =
              detail::joined({set.name, ", unit ", static_cast<int>(c.unit), ", step ",
                              static_cast<int>(c.step), ", depth ", c.depth, ", seed ", seed, ":"});
          for (const std::string& rule : alarms.rules) detail::append(line, {" ", rule, ","});
          false_alarms.push_back(line);
        }
      }
    }
  }

  for (const bool of_classes : {true, false}) {
    std::cout << (of_classes ? "\nclasses" : "\nnumbers")
              << "                             runs    alarm  names it  by step 50\n";
    for (const std::string& fault : order) {
      const auto found = by_fault[of_classes].find(fault);
      if (found == by_fault[of_classes].end()) continue;
      const Tally& tally = found->second;
      std::cout << detail::left_aligned(fault.empty() ? "healthy" : fault, 32)
                << detail::right_aligned(detail::joined({tally.runs}), 8) << share(tally.alarmed, tally.runs)
                << (fault.empty() ? "         " : share(tally.named, tally.runs))
                << share(tally.early, tally.runs) << "  ";
      for (const auto& [rule, count] : tally.rules) std::cout << ' ' << rule << ' ' << count << ',';
      std::cout << '\n';
    }
  }
  std::cout << "\nalarms in healthy runs\n";
  for (const std::string& line : false_alarms) std::cout << line << '\n';
}
