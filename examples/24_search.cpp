// Lesson 24: hyper-parameters are searched at random, on the right scale, from coarse to fine; many networks at once.
//
//   24_search --trials 81 --threads 2 --folder digits.search
//   24_search --parzen                    draws the later trials of the coarse search near the best so far
//
// With a folder, the search can be killed and started again: it continues, and ends with the same table.

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <descent/descent.hpp>
#include <descent/search.hpp>
#include <iostream>
#include <set>
#include <string>

using namespace descent;

/// The hyper-parameters of a network for digits, each with its range.
struct Settings {
  double rate = 1e-3, beta = 0.9, keep = 1;
  Index width = 64, batch_size = 32;

  static void visit(auto&& f, auto& s) {
    f(Range{"rate", 1e-3, 10, Scale::log}, s.rate);
    f(Range{"beta", 0.5, 0.99, Scale::one_minus_log}, s.beta);
    f(Range{"width", 8, 64, Scale::log}, s.width);
    f(Range{"keep", 0.5, 1}, s.keep);
    f(Choice{"batch size", {16, 32, 64}}, s.batch_size);
  }
};

struct Two {
  double rate = 0, width = 0;
  static void visit(auto&& f, auto& s) {
    f(Range{"rate", 1e-4, 1, Scale::log}, s.rate);
    f(Range{"width", 8, 64, Scale::log}, s.width);
  }
};

/// Prints how many values of the rate 25 trials of a grid and of a random search try.
void compare_grid_and_random() {
  for (const bool random : {false, true}) {
    const AnyStrategy strategy = random ? AnyStrategy{RandomSearch{}} : AnyStrategy{GridSearch{.points = 5}};
    Search<Two> search{{.trials = 25, .epochs = 1, .monitor = "cost", .strategy = strategy}};
    std::set<double> rates;
    while (const auto trial = search.ask()) {
      rates.insert(trial->settings.rate);
      search.tell(trial->number, 0);
    }
    std::printf("%s: 25 trials, %zu different rates\n", random ? "random" : "grid", rates.size());
  }
}

/// Prints the share of rates between 0.1 and 1 for a linear and a logarithmic scale.
void compare_scales() {
  Rng rng{1};
  int linear = 0, log = 0;
  for (int i = 0; i < 1000; ++i) {
    const double u = rng.uniform();
    linear += 1e-4 + u * (1 - 1e-4) > 0.1;
    log += std::pow(10, -4 + 4 * u) > 0.1;
  }
  std::printf("of rates from 0.0001 to 1 are above 0.1: linear %d %%, log %d %%\n", linear / 10, log / 10);
}

int main(int argc, char** argv) try {
  std::string data = EXAMPLES_DATA "digits.csv", folder;
  int trials = 81, threads = 1;
  bool parzen = false;
  CLI::App app{"Searches for hyper-parameters of a network for digits."};
  app.add_option("--data", data, "CSV file with a column 'label'")->capture_default_str();
  app.add_option("--trials", trials, "settings to try in each of the two searches")->capture_default_str();
  app.add_option("--threads", threads, "trials at the same time")->capture_default_str();
  app.add_option("--folder", folder, "directory that holds the coarse search");
  app.add_flag("--parzen", parzen, "draw later trials of the coarse search near the best so far");
  CLI11_PARSE(app, argc, argv);

  compare_grid_and_random();
  compare_scales();

  const Dataset digits = read_csv(data, {.label = "label"});
  const auto parts = split(digits, {.train = 0.6, .dev = 0.2, .stratify = true, .seed = 1});
  const Dataset<>&train = parts.train, &dev = parts.dev;
  const Standardize scale{train.x};
  const auto build = [&](const Settings& s, std::uint64_t seed) {
    Rng rng{seed};
    return Sequential{scale,  Dense{64, s.width, rng, Bias::none}, BatchNorm{s.width},
                      ReLU{}, Dropout{{.keep = s.keep}},           Dense{s.width, 10, rng}};
  };

  // Trains trial by trial for an epoch, the best third for 3, the best ninth for 9, and so on.
  const auto start = [&](const Settings& s, std::uint64_t seed) {
    return trial(
        Trainer{build(s, seed),
                SoftmaxCrossEntropy{},
                Momentum{.learning_rate = s.rate, .beta = s.beta},
                {.batch_size = s.batch_size, .validation = &dev, .metrics = {Accuracy{}}, .seed = seed}},
        train);
  };
  SearchOptions options{.trials = trials,
                        .epochs = 27,
                        .monitor = "val_accuracy",
                        .mode = Mode::max,
                        .threads = threads,
                        .folder = folder,
                        .seed = 1};
  if (parzen) options.strategy = ParzenHalving{};
  const auto coarse = search<Settings>(start, options);
  std::cout << "\ncoarse\n" << coarse << '\n' << importance(coarse);

  // Again, within the box around the best settings, and the best three with other seeds.
  options.strategy = Halving{};
  options.within = coarse.best(5);
  options.seed = 2;
  options.repeats = 3;
  options.folder = "";
  const auto fine = search<Settings>(start, options);
  std::cout << "\nfine\n" << fine << '\n' << ranking(fine);

  // The test set, which took no part in the choice.
  const Settings& best = fine.best().settings;
  auto net = build(best, 1);
  fit(net, train, SoftmaxCrossEntropy{}, Momentum{.learning_rate = best.rate, .beta = best.beta},
      {.epochs = 27, .batch_size = best.batch_size, .progress = silent});
  std::printf("\ntest accuracy of the best settings: %.4f\n", evaluate(net, parts.test, Accuracy{}));
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
