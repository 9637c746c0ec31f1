// Lesson 41: which columns of a table a network depends on, by shuffling each and by its slopes.
//
//   41_sensitivity --seed 1

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <descent/descent.hpp>
#include <descent/diagnosis/column_importance.hpp>
#include <iostream>
#include <string>

using namespace descent;

int main(int argc, char** argv) try {
  std::string data = EXAMPLES_DATA "wine.csv";
  std::uint64_t seed = 1;
  CLI::App app{"Ranks the columns of a table by how much a network depends on them."};
  app.option_defaults()->always_capture_default();
  app.add_option("--data", data, "CSV file with 13 measurements and a label per line");
  app.add_option("--seed", seed, "seed of split, initialization, order and shuffles");
  CLI11_PARSE(app, argc, argv);

  auto [train, dev, test] =
      split(read_csv(data, {.label = "label"}), {.train = 0.6, .dev = 0, .stratify = true, .seed = seed});
  const Standardize scale{train.x};
  scale.apply(train.x);
  scale.apply(test.x);

  // A column of noise, which a network should not depend on.
  const auto with_noise = [&](Dataset<>& set, std::uint64_t noise_seed) {
    Rng rng{noise_seed};
    set.x.conservativeResize(set.x.rows() + 1, Eigen::NoChange);
    for (float& value : set.x.row(set.x.rows() - 1)) value = static_cast<float>(rng.normal());
    set.feature_names.push_back("noise");
  };
  with_noise(train, 1);
  with_noise(test, 2);

  Rng rng{seed};
  Sequential net{Dense{train.features(), 16, rng}, ReLU{}, Dense{16, 3, rng}};
  fit(net, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = 3e-3},
      {.epochs = 60, .batch_size = 16, .regularizer = L2{.lambda = 1}, .seed = seed, .progress = silent});
  std::printf("test accuracy: %.3f\n\n", evaluate(net, test, Accuracy{}));

  const auto shuffled =
      permutation_importance(net, test, SoftmaxCrossEntropy{}, {.repetitions = 10, .seed = seed});
  std::cout << "rise of the loss when a column is shuffled\n" << shuffled << '\n';
  std::cout << "change of the outputs with a usual change of a column\n" << sensitivity(net, test) << '\n';

  // Weights as one vector: the loss along the line from the first weights to the last.
  Rng again{seed};
  Sequential start{Dense{train.features(), 16, again}, ReLU{}, Dense{16, 3, again}};
  const Vector<> from = parameters_of(start), to = parameters_of(net);
  std::printf("loss on the way from the first weights to the last\n");
  for (int step = 0; step <= 4; ++step) {
    const float t = static_cast<float>(step) / 4;
    set_parameters(start, from + t * (to - from));
    std::printf("  %.2f  %.4f\n", static_cast<double>(t), evaluate(start, train, SoftmaxCrossEntropy{}));
  }
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
