// Lesson 11: one small network for several small data sets.
//
//   11_small_sets                                  iris, wine, breast cancer
//   11_small_sets --data mine.csv --label kind     a table of your own
//
// Every fifth row is the test set. With few rows a single accuracy is noisy, so each set is learned five times, with
// different seeds, and the mean counts. Learning rate, L2 and epochs are chosen by cross-validation on the training
// rows: the test set must not be used for this choice.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <descent/descent.hpp>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

using namespace descent;

struct Choice {
  double learning_rate, lambda;
  int epochs;
};

double test_accuracy(Dataset<> train, Dataset<> test, const Choice& choice, std::uint64_t seed) {
  const Standardize scale{train.x};
  for (Dataset<>* part : {&train, &test}) scale.apply(part->x);

  Rng rng{seed};
  const auto classes = static_cast<Index>(std::max(train.y.maxCoeff(), test.y.maxCoeff())) + 1;
  Sequential net{Dense{train.features(), 32, rng}, ReLU{}, Dense{32, classes, rng}};
  fit(net, train, SoftmaxCrossEntropy{},
      Adam{.learning_rate = Cosine{.initial = choice.learning_rate, .steps = choice.epochs}},
      {.epochs = choice.epochs,
       .batch_size = 16,
       .regularizer = L2{.lambda = choice.lambda},
       .seed = seed,
       .progress = silent});
  return evaluate(net, test, Accuracy{});
}

/// Chooses hyper-parameters by cross-validation and the one-standard-error rule: the first choice whose mean accuracy
/// over the folds is within a standard error of the best. The choices are ordered from the most cautious to the
/// boldest.
Choice choose(const Dataset<>& train) {
  const auto folds = k_fold(train, {.folds = 5, .stratify = true, .seed = 1});
  std::vector<Choice> choices;
  std::vector<double> means;
  double least = 0;  // the best mean minus its standard error
  for (const double learning_rate : {0.003, 0.01})
    for (const int epochs : {30, 100})
      for (const double lambda : {10.0, 3.0, 1.0, 0.0}) {
        choices.push_back({learning_rate, lambda, epochs});
        Eigen::ArrayXd accuracy(5);
        for (Index k = 0; k < 5; ++k) {
          const auto& fold = folds[static_cast<std::size_t>(k)];
          accuracy(k) = test_accuracy(fold.train, fold.validation, choices.back(), 1);
        }
        means.push_back(accuracy.mean());
        if (means.back() == *std::max_element(means.begin(), means.end()))
          least = means.back() - std::sqrt((accuracy - means.back()).square().sum() / (5 * 4));
      }
  std::size_t first = 0;
  while (means[first] < least) ++first;
  return choices[first];
}

int main(int argc, char** argv) try {
  std::vector<std::string> files{EXAMPLES_DATA "iris.csv", EXAMPLES_DATA "wine.csv",
                                 EXAMPLES_DATA "breast_cancer.csv"};
  std::string label = "label";
  CLI::App app{"Trains a small network on each of several small data sets."};
  app.add_option("--data", files, "CSV files")->capture_default_str();
  app.add_option("--label", label, "class column")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  for (const std::string& file : files) {
    const Dataset data = read_csv(file, {.label = label});
    std::vector<Index> train_rows, test_rows;
    for (Index i = 0; i < data.samples(); ++i) (i % 5 == 0 ? test_rows : train_rows).push_back(i);
    const Dataset train = data.subset(train_rows), test = data.subset(test_rows);
    const Choice choice = choose(train);

    std::printf("%-14s", std::filesystem::path{file}.stem().string().c_str());
    double mean = 0;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const double accuracy = test_accuracy(train, test, choice, seed);
      std::printf("  %.3f", accuracy);
      mean += accuracy / 5;
    }
    std::printf("   mean %.4f   (rate %g, lambda %g, %d epochs)\n", mean, choice.learning_rate, choice.lambda,
                choice.epochs);
  }
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
