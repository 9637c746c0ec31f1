// Compares the strategies of a search: the epochs that each needs for the same accuracy on a dev set.
//
//   search [TRIALS [RESAMPLES [SEARCHES [FOLDER]]]]        240, 400 and 20 by default, a few minutes
//
// The data are the digits, or with FOLDER the first 4,000 images for training in the files of MNIST in it, plain or gzipped:
// 3,000 to train and 1,000 for the dev set.
//
// First, random settings are trained for 27 epochs each. Then every strategy searches among these many times: it draws
// some of them, and sees of each curve the part that it asks for. The accuracy of the best trial is the mean over the
// resamples; that of random search for any number of epochs is interpolated between its rows, on the log scale.
//
// A strategy that draws settings by what it has seen is compared with halving in searches that train anew.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <descent/descent.hpp>
#include <descent/search.hpp>
#include <filesystem>
#include <string>
#include <vector>
#ifdef BENCHMARK_HAVE_ZLIB
#include <descent/io/gzip.hpp>
#endif

using namespace descent;

namespace {

constexpr int epochs = 27;

struct Settings {
  enum class Rule { adam, momentum };
  Rule rule = Rule::adam;
  double rate = 0, beta = 0.9, keep = 1;
  int layers = 1;
  Index width = 64, second = 64;

  static void visit(auto&& f, auto& s) {
    f(Choice{"optimizer", {"adam", "momentum"}}, s.rule);
    if (s.rule == Rule::adam) {
      f(Range{"rate", 1e-5, 1e-1, Scale::log}, s.rate);
    } else {
      f(Range{"rate", 1e-3, 10, Scale::log}, s.rate);
      f(Range{"beta", 0.5, 0.999, Scale::one_minus_log}, s.beta);
    }
    f(Range{"layers", 1, 2}, s.layers);
    f(Range{"width", 8, 128, Scale::log}, s.width);
    if (s.layers > 1) f(Range{"second", 8, 64, Scale::log}, s.second);
    f(Range{"keep", 0.5, 1}, s.keep);
  }
};

struct Data {
  Dataset<> train, dev;
};

Data digits() {
  const Dataset all = read_csv(EXAMPLES_DATA "digits.csv", {.label = "label"});
  auto parts = split(all, {.train = 0.6, .dev = 0.2, .stratify = true, .seed = 1});
  const Standardize scale{parts.train.x};
  for (Dataset<>* part : {&parts.train, &parts.dev}) scale.apply(part->x);
  return {parts.train, parts.dev};
}

Data mnist(const std::filesystem::path& folder) {
  IdxFiles files{.images = folder / "train-images-idx3-ubyte", .labels = folder / "train-labels-idx1-ubyte"};
#ifdef BENCHMARK_HAVE_ZLIB
  if (!exists(files.images)) files.images += ".gz", files.labels += ".gz";
  const Dataset all = read_idx_gzip(files);
#else
  const Dataset all = read_idx(files);
#endif
  const auto part = [&](Index first, Index samples) {
    return Dataset{all.x.middleCols(first, samples) / 255, all.y.middleCols(first, samples)};
  };
  return {part(0, 3000), part(3000, 1000)};
}

DynamicSequential<> build(Index features, const Settings& s, std::uint64_t seed) {
  Rng rng{seed};
  DynamicSequential net{Dense{features, s.width, rng}, ReLU{}, Dropout{{.keep = s.keep}}};
  Index width = s.width;
  if (s.layers > 1) {
    net.add(Dense{width, s.second, rng}).add(ReLU{}).add(Dropout{{.keep = s.keep}});
    width = s.second;
  }
  return net.add(Dense{width, 10, rng});
}

auto start_on(const Data& data) {
  return [&](const Settings& s, std::uint64_t seed) {
    const FitOptions<DynamicSequential<>> options{
        .validation = &data.dev, .metrics = {Accuracy{}}, .seed = seed};
    const auto net = build(data.train.features(), s, seed);
    if (s.rule == Settings::Rule::adam)
      return trial(Trainer{net, SoftmaxCrossEntropy{}, Adam{.learning_rate = s.rate}, options}, data.train);
    return trial(
        Trainer{net, SoftmaxCrossEntropy{}, Momentum{.learning_rate = s.rate, .beta = s.beta}, options},
        data.train);
  };
}

/// Returns the curves of the dev accuracy of random settings; one that failed has no values.
std::vector<std::vector<double>> curves_of(const Data& data, int trials) {
  const auto table = search<Settings>(start_on(data), {.trials = trials,
                                                       .epochs = epochs,
                                                       .monitor = "val_accuracy",
                                                       .mode = Mode::max,
                                                       .strategy = RandomSearch{}});
  std::vector<std::vector<double>> curves(static_cast<std::size_t>(trials));
  for (const auto& trial : table)
    for (const Series& s : trial.measured)
      if (s.name == "val_accuracy") curves[static_cast<std::size_t>(trial.number)] = s.values;
  return curves;
}

struct Result {
  double epochs = 0, accuracy = 0;  // means
};

/// Searches many times among trained settings.
Result resampled(const std::vector<std::vector<double>>& curves, const AnyStrategy& strategy, int trials,
                 int resamples) {
  Result mean;
  Rng rng{1};
  for (int k = 0; k < resamples; ++k) {
    std::vector<std::size_t> rows;
    for (int i = 0; i < trials; ++i)
      rows.push_back(static_cast<std::size_t>(rng.below(static_cast<Index>(curves.size()))));
    SearchState state{std::vector<TrialState>(rows.size()), epochs};
    int used = 0;
    while (const auto step = strategy.next(state)) {
      TrialState& trial = state.trials[static_cast<std::size_t>(step->trial)];
      const std::vector<double>& curve = curves[rows[static_cast<std::size_t>(step->trial)]];
      used += step->epochs - trial.epochs;
      if (curve.empty()) {
        trial.failed = true;
        continue;
      }
      for (int e = trial.epochs + 1; e <= step->epochs; ++e)
        trial.scores.emplace_back(e, curve[static_cast<std::size_t>(e - 1)]);
      trial.epochs = step->epochs;
    }
    const std::vector<int> ranked = state.ranked(state.all(), epochs);
    mean.epochs += static_cast<double>(used) / resamples;
    if (!ranked.empty()) mean.accuracy += state.trial(ranked[0]).score(epochs) / resamples;
  }
  return mean;
}

/// Searches among settings that are trained anew, and prints the mean of the epochs and of the best accuracy, with its
/// standard error.
void trained(const char* name, const Data& data, const AnyStrategy& strategy, int trials, int searches) {
  double used = 0, sum = 0, squares = 0;
  for (int k = 0; k < searches; ++k) {
    const auto table = search<Settings>(start_on(data), {.trials = trials,
                                                         .epochs = epochs,
                                                         .monitor = "val_accuracy",
                                                         .mode = Mode::max,
                                                         .strategy = strategy,
                                                         .seed = static_cast<std::uint64_t>(k),
                                                         .progress = silent});
    for (const auto& trial : table) used += trial.epochs;
    const double best = table.best().value("val_accuracy");
    sum += best, squares += best * best;
  }
  const double mean = sum / searches, variance = std::max(0.0, squares / searches - mean * mean);
  std::printf("%-36s %8.0f %14.4f +- %.4f\n", name, used / searches, mean,
              std::sqrt(variance / std::max(1, searches - 1)));
  std::fflush(stdout);
}

/// Returns the epochs that random search needs for an accuracy, interpolated between its results.
double random_epochs(const std::vector<Result>& random, double accuracy) {
  std::size_t i = 1;
  while (i + 1 < random.size() && random[i].accuracy < accuracy) ++i;
  const Result &a = random[i - 1], &b = random[i];
  const double share = (accuracy - a.accuracy) / (b.accuracy - a.accuracy);
  return std::exp(std::log(a.epochs) + share * (std::log(b.epochs) - std::log(a.epochs)));
}

}  // namespace

int main(int argc, char** argv) {
  const int trials = argc > 1 ? std::atoi(argv[1]) : 240, resamples = argc > 2 ? std::atoi(argv[2]) : 400;
  const int searches = argc > 3 ? std::atoi(argv[3]) : 20;
  const bool has_mnist = argc > 4;
  const Data data = has_mnist ? mnist(argv[4]) : digits();
  const auto curves = curves_of(data, trials);

  std::printf("%-36s %8s %14s %22s\n", "strategy", "epochs", "dev accuracy", "random search needs");
  std::vector<Result> random;
  for (const int n : {5, 10, 20, 40, 80}) {
    random.push_back(resampled(curves, RandomSearch{}, n, resamples));
    std::printf("random, %2d trials %27.0f %14.4f\n", n, random.back().epochs, random.back().accuracy);
  }
  const auto compare = [&](const char* name, const AnyStrategy& strategy, int n) {
    const Result result = resampled(curves, strategy, n, resamples);
    const double needed = random_epochs(random, result.accuracy);
    std::printf("%-36s %8.0f %14.4f %15.0f (%.1fx)\n", name, result.epochs, result.accuracy, needed,
                needed / result.epochs);
    return needed / result.epochs;
  };
  compare("halving, 27 trials from 1 epoch", Halving{}, 27);
  compare("halving, 27 trials from 3 epochs", Halving{.first = 3}, 27);
  const double saved = compare("halving, 81 trials from 1 epoch", Halving{}, 81);
  compare("halving, 81 trials from 3 epochs", Halving{.first = 3}, 81);
  compare("asynchronous halving, 81 trials", AsynchronousHalving{}, 81);
  compare("median pruning, 20 trials", MedianPruning{}, 20);
  compare("median pruning, 81 trials", MedianPruning{}, 81);
  std::printf("halving of 81 trials needs %.2f of the epochs of random search\n", 1 / saved);

  std::printf("\n%-36s %8s %14s\n", "trained anew", "epochs", "dev accuracy");
  for (const int n : {27, 81, 243})
    trained(("halving, " + std::to_string(n) + " trials from 3 epochs").c_str(), data, Halving{.first = 3}, n,
            searches);
  trained("Parzen halving, 54 trials", data, ParzenHalving{}, 54, searches);
  trained("Parzen halving, 81 trials", data, ParzenHalving{}, 81, searches);
  return saved >= (has_mnist ? 3 : 2) ? 0 : 1;
}
