// Lesson 11: one small network for many small tables.
//
//   11_small_sets                                  iris, wine, breast cancer
//   11_small_sets --data mine.csv --label kind     a table of your own
//
// Every fifth row is the test set. With so few rows a single number says little, so each set is learnt five
// times, from other first weights, and the mean is what counts. L2 keeps the network from learning by heart.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <descent/descent.hpp>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

using namespace descent;

double test_accuracy(Dataset<> train, Dataset<> test, Index classes, std::uint64_t seed) {
  const Standardize scale{train.x};
  for (Dataset<>* part : {&train, &test}) scale.apply(part->x);

  Rng rng{seed};
  Sequential net{Dense{train.features(), 32, rng}, ReLU{}, Dense{32, classes, rng}};
  fit(net, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = Cosine{.initial = 0.01, .steps = 60}},
      {.epochs = 60, .batch_size = 16, .regularizer = L2{.lambda = 1}, .seed = seed, .progress = silent});
  return evaluate(net, test, Accuracy{});
}

int main(int argc, char** argv) try {
  std::vector<std::string> files{EXAMPLES_DATA "iris.csv", EXAMPLES_DATA "wine.csv", EXAMPLES_DATA "breast_cancer.csv"};
  std::string label = "label";
  CLI::App app{"Learns small tables."};
  app.add_option("--data", files, "CSV files")->capture_default_str();
  app.add_option("--label", label, "the column of the class")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  for (const std::string& file : files) {
    const Dataset data = read_csv(file, {.label = label});
    std::vector<Index> train_rows, test_rows;
    for (Index i = 0; i < data.samples(); ++i) (i % 5 == 0 ? test_rows : train_rows).push_back(i);
    const Dataset train = data.subset(train_rows), test = data.subset(test_rows);
    const auto classes = static_cast<Index>(data.y.maxCoeff()) + 1;

    std::printf("%-14s", std::filesystem::path{file}.stem().string().c_str());
    double mean = 0;
    for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
      const double accuracy = test_accuracy(train, test, classes, seed);
      std::printf("  %.3f", accuracy);
      mean += accuracy / 5;
    }
    std::printf("   mean %.4f\n", mean);
  }
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
