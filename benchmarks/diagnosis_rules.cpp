// The rules of `examine` and `Doctor` on planted faults and on healthy designs.
//
//   diagnosis_rules [SEEDS] [tuned | held_out] [FAULT | healthy [DATA SET]]
//
// Every design, of dense layers for tables, convolutions for images, and recurrent layers, attention or convolutions for
// sequences and tokens, is trained on every data set with each seed, once as it is and once for each fault. The first table has,
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

#include "diagnosis_networks.hpp"
#include "diagnosis_sets.hpp"

using namespace descent;

namespace {

/// Training and validation set with the planted faults of the data.
std::pair<Dataset<>, Dataset<>> prepared(const Case& c, const Set& set, std::uint64_t seed, Rng& rng) {
  auto parts =
      split(set.data, {.train = 0.7, .dev = 0.3, .stratify = set.of_classes && !set.by_step, .seed = seed});
  Dataset<>&train = parts.train, &dev = parts.dev;
  const auto keep = [&](auto&& wanted) {
    std::vector<Index> rows;
    for (Index j = 0; j < train.samples(); ++j)
      if (wanted(j)) rows.push_back(j);
    train = train.subset(rows);
  };
  const auto disturb = [&](Dataset<>& data) {
    for (Index j = 0; j < data.samples(); ++j)
      if (rng.uniform() < c.noise) data.y.col(j) = set.data.y.col(rng.below(set.data.samples()));
  };
  disturb(train);
  if (c.noise >= 1) disturb(dev);
  if (c.imbalance) keep([&](Index j) { return train.y(0, j) == 0 || rng.uniform() < 0.05; });
  if (c.samples > 0) keep([&](Index j) { return j < c.samples; });
  if (c.constant)
    for (Index i = 0; i < train.features(); i += 2)
      train.x.row(i).setConstant(3), dev.x.row(i).setConstant(3);
  if (!c.raw && set.kind != Kind::tokens) {
    const Standardize scale{train.inputs()};
    const Shape shape = train.sample_shape();
    for (Matrix<>* x : {&train.x, &dev.x}) {  // of each channel
      x->resize(shape.channels, x->size() / shape.channels);
      scale.apply(*x);
      x->resize(shape.size(), x->size() / shape.size());
    }
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
      for (Index i = 0; i < dev.features(); ++i) dev.x(i, j) = train.x(i, from) + normal(rng, c.jitter);
      dev.y.col(j) = train.y.col(from);
      if (!dev.lengths.empty())
        dev.lengths[static_cast<std::size_t>(j)] = train.lengths[static_cast<std::size_t>(from)];
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

/// True for layers of one or two units, which are too narrow for most sets.
bool is_narrow(const Case& c) { return c.width <= 2; }

/// The alarms of a run, and the first step of one; 0 before training.
struct Alarms {
  bool fits = false;  // the training set; only of a design that is healthy or narrow
  std::set<std::string> rules;
  std::string details;
  std::int64_t first = INT64_MAX;
  void add(const Findings& findings) {
    for (const Finding& f : findings)
      if (f.severity > Severity::note) {
        rules.insert(f.rule), first = std::min(first, f.step.value_or(0));
        detail::append(details, {" ", f.rule, " (", detail::rounded(f.measured), ", limit ",
                                 detail::rounded(f.limit), ")"});
      }
  }
};

template <class L, class O>
Alarms run(const Case& c, const Set& set, std::uint64_t seed, const L& loss, const O& optimizer) {
  Rng rng{1000 * seed + 17};
  const auto [train, dev] = prepared(c, set, seed, rng);
  const Index classes = static_cast<Index>(set.data.y.maxCoeff()) + 1;
  auto net = network(c, set, set.of_classes && !c.sigmoid ? classes : 1, rng);
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
  if (c.fault.empty() || is_narrow(c))
    alarms.fits =
        (set.of_classes ? evaluate(net, train, Accuracy{}) : evaluate(net, train, R2{})) > set.enough;
  return alarms;
}

Alarms run(const Case& c, const Set& set, std::uint64_t seed) {
  const bool is_table = set.kind == Kind::table;
  const double momentum = !set.of_classes || c.unit == Unit::rnn ? 0.02 : 0.1;
  const auto with = [&](const auto& loss) {
    if (c.step == Step::adam) return run(c, set, seed, loss, Adam{.learning_rate = 2e-3 * c.rate});
    return run(c, set, seed, loss,
               Momentum{.learning_rate = (is_table || c.unit == Unit::relu ? 1 : 0.5) * momentum * c.rate});
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

  const Index width = held_out ? 24 : 16;
  const int deep = held_out ? 4 : 3;
  for (const Unit unit : {Unit::relu, Unit::batch_norm, Unit::group_norm, Unit::tanh, Unit::residual}) {
    const int depth = unit == Unit::residual ? deep + 1 : held_out && unit != Unit::tanh ? 3 : 2;
    cases.push_back({.kind = Kind::image, .unit = unit, .depth = depth, .width = width});
    if (unit != Unit::tanh)
      cases.push_back(
          {.kind = Kind::image, .unit = unit, .step = Step::momentum, .depth = depth, .width = width});
  }
  for (const Unit unit : {Unit::lstm, Unit::gru, Unit::rnn, Unit::attention, Unit::conv, Unit::batch_norm}) {
    Case c{.kind = Kind::sequence, .unit = unit, .depth = 1, .width = width};
    if (has_convolutions(c)) c.depth = deep;
    cases.push_back(c);
    if (has_convolutions(c) || unit == Unit::gru) cases.push_back(c), cases.back().step = Step::momentum;
    if (has_convolutions(c) || unit == Unit::rnn) continue;
    cases.push_back(c), cases.back().depth = 2;
    if (unit != Unit::attention) cases.back().bidirectional = held_out;
    cases.push_back(c), cases.back().keep = 0.8, cases.back().depth = 2;
  }
  return cases;
}

/// A fault in each of some designs.
std::vector<Case> faults(bool held_out) {
  const Index width = held_out ? 96 : 48;
  std::vector<Case> cases;
  std::size_t turn = 0;
  const auto add = [&](std::string name, std::set<std::string_view> rules, Case c,
                       std::vector<Unit> units = {}) {
    ++turn;
    c.fault = std::move(name), c.rules = std::move(rules);
    const Unit unit_of_fault = c.unit;
    const int depth_of_fault = c.depth;
    if (c.width == 48) c.width = width;
    for (const Step step : {Step::adam, Step::momentum}) {
      c.step = step;
      if (units.empty()) cases.push_back(c);
      for (const Unit unit : units) c.unit = unit, cases.push_back(c);
    }
    // For images and sequences, which take longer, some designs in turn.
    c.step = Step::adam;
    if (c.width > 2) c.width = held_out ? 24 : 16;
    const auto add_for = [&](Kind kind, std::vector<Unit> some, std::size_t count) {
      c.kind = kind;
      std::rotate(some.begin(), some.begin() + static_cast<std::ptrdiff_t>(turn % some.size()), some.end());
      some.resize(std::min(count, some.size()));
      for (const Unit unit : some) {
        c.unit = unit;
        c.depth = depth_of_fault;
        if (kind == Kind::sequence && depth_of_fault == 2) c.depth = has_convolutions(c) ? 3 : 1;
        cases.push_back(c);
      }
    };
    const bool needs_unit = unit_of_fault != Unit::relu;
    const bool needs_activation = c.dead_bias != 0 || c.depth > 5;
    if (needs_unit) {
      add_for(Kind::image, {unit_of_fault}, 1);
      if (unit_of_fault == Unit::batch_norm) add_for(Kind::sequence, {unit_of_fault}, 1);
      return;
    }
    add_for(Kind::image,
            {Unit::relu, c.init != 1        ? Unit::tanh
                         : c.dead_bias != 0 ? Unit::relu
                                            : Unit::group_norm},
            1);
    if (needs_activation) return add_for(Kind::sequence, {Unit::conv}, 1);
    add_for(Kind::sequence, {Unit::lstm, Unit::attention, Unit::gru, Unit::conv}, 2);
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

/// True if the data set can have the design and the fault.
bool applies(const Case& c, const Set& set) {
  const bool is_sequence = set.kind == Kind::sequence || set.kind == Kind::tokens;
  if (c.kind != set.kind && !(c.kind == Kind::sequence && is_sequence)) return false;
  if (has_convolutions(c) && !set.data.lengths.empty()) return false;
  const bool binary = set.of_classes && set.data.y.maxCoeff() == 1;
  const bool of_classes = c.softmax || c.imbalance || (c.noise > 0 && c.noise < 1);
  const bool of_numbers = c.raw_targets;
  if (of_classes && !set.of_classes) return false;
  if (of_numbers && set.of_classes) return false;
  if (c.sigmoid && !binary) return false;
  if (c.constant && set.data.features() < 4) return false;
  if (c.leak && set.data.features() < 2) return false;
  if (c.jitter > 0 && (set.data.features() < 10 || set.kind == Kind::tokens))
    return false;  // no near neighbors
  if (set.kind != Kind::table && (c.constant || c.leak)) return false;
  if (set.kind == Kind::tokens && (c.shift != 0 || c.raw)) return false;
  if (set.by_step && (c.imbalance || c.sorted || c.samples > 0)) return false;
  if (c.raw)
    return std::sqrt(set.data.x.array().square().rowwise().mean().maxCoeff()) > 5;  // else nothing is wrong
  return true;
}

/// Healthy designs that did not fit the training set in their 900 steps, where an alarm is right.
const std::string not_learned = "healthy, but did not learn";

/// The row of a run in the tables. A narrow design that fits the training set is not too narrow, and has one of its own.
std::string row_of(const Case& c, bool fits) {
  if (c.fault.empty()) return fits ? "" : not_learned;
  return is_narrow(c) && fits ? c.fault + ", and fits" : c.fault;
}

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
  const std::string_view only = argc > 3 ? argv[3] : "", only_set = argc > 4 ? argv[4] : "";
  const std::vector<Set> sets = data_sets(held_out);
  std::vector<Case> cases = healthy(held_out);
  for (Case& c : faults(held_out)) cases.push_back(std::move(c));

  std::vector<std::string> order{"", not_learned};
  constexpr std::string_view groups[] = {"tables, classes", "tables, numbers", "images", "sequences"};
  std::map<std::string, Tally> by_fault[std::size(groups)];
  std::vector<std::string> false_alarms;
  for (const Case& c : cases) {
    if (only == "healthy" ? !c.fault.empty() : c.fault.find(only) == std::string::npos) continue;
    for (const bool fits : {false, true})
      if (const std::string row = row_of(c, fits); std::find(order.begin(), order.end(), row) == order.end())
        order.push_back(row);
    for (const Set& set : sets) {
      if (!applies(c, set) || set.name.find(only_set) == std::string::npos) continue;
      for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const Alarms alarms = run(c, set, seed + (held_out ? 100 : 0));
        const std::string fault = row_of(c, alarms.fits);
        const std::size_t group = set.kind == Kind::table ? !set.of_classes : set.kind == Kind::image ? 2 : 3;
        Tally& tally = by_fault[group][fault];
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
          false_alarms.push_back(line + alarms.details);
        }
      }
    }
  }

  for (std::size_t group = 0; group < std::size(groups); ++group) {
    std::cout << '\n'
              << detail::left_aligned(std::string{groups[group]}, 36)
              << "runs    alarm  names it  by step 50\n";
    for (const std::string& fault : order) {
      const auto found = by_fault[group].find(fault);
      if (found == by_fault[group].end()) continue;
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
