// Lesson 1: a classifier of handwritten digits.
//
//   01_digits --epochs 50 --batch-size 32 --learning-rate 3e-3 --hidden 128 64 --seed 1

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <descent/descent.hpp>
#include <iostream>
#include <string>
#include <vector>

using namespace descent;

struct Settings {
  std::string data = EXAMPLES_DATA "digits.csv";
  int epochs = 50;
  Index batch_size = 32;
  double learning_rate = 3e-3;
  std::vector<Index> hidden = {128, 64};
  std::uint64_t seed = 1;
};

Settings read_settings(int argc, char** argv);
void draw_misread_digits(const DynamicSequential<>& net, const Dataset<>& test, const Matrix<>& images);

int main(int argc, char** argv) try {
  const Settings settings = read_settings(argc, argv);

  // 1797 images of 8 x 8 pixels: a training set, a dev set for choosing hyper-parameters, and a test set, which is
  // used for nothing else.
  const Dataset digits = read_csv(settings.data, {.label = "label"});
  auto [train, dev, test] =
      split(digits, {.train = 0.7, .dev = 0.1, .stratify = true, .seed = settings.seed});
  const Matrix<> test_images = test.x;

  // Normalize every pixel to mean 0 and standard deviation 1, computed from the training set.
  const Standardize scale{train.x};
  for (Dataset<>* part : {&train, &dev, &test}) scale.apply(part->x);

  // Each hidden layer has batch normalization, and dropout of a fifth of its outputs.
  Rng rng{settings.seed};
  DynamicSequential net;
  Index width = digits.features();
  for (const Index units : settings.hidden) {
    net.add(Dense{width, units, rng, Bias::none})
        .add(BatchNorm{units})
        .add(ReLU{})
        .add(Dropout{{.keep = 0.8}});
    width = units;
  }
  net.add(Dense{width, 10, rng});

  // Adam, with a learning rate that decays from epoch to epoch.
  const InverseTime decay{.initial = settings.learning_rate, .decay_rate = 0.1};
  fit(net, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = decay},
      {.epochs = settings.epochs,
       .batch_size = settings.batch_size,
       .validation = &dev,
       .metrics = {Accuracy{}},
       .seed = settings.seed});

  std::cout << '\n' << evaluate(net, test, ConfusionMatrix{10}) << '\n';
  draw_misread_digits(net, test, test_images);
  std::printf("test accuracy: %.4f\n", evaluate(net, test, Accuracy{}));
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}

Settings read_settings(int argc, char** argv) {
  Settings s;
  CLI::App app{"Trains a network to read handwritten digits."};
  app.option_defaults()->always_capture_default();
  app.add_option("--data", s.data, "CSV file with 64 pixels and a label per line");
  app.add_option("--epochs", s.epochs, "passes through the training set");
  app.add_option("--batch-size", s.batch_size, "images per step");
  app.add_option("--learning-rate", s.learning_rate, "initial learning rate of Adam");
  app.add_option("--hidden", s.hidden, "number of units of each hidden layer");
  app.add_option("--seed", s.seed, "seed of split, initialization, order and dropout");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return s;
}

/// Draws the first four misclassified digits side by side.
void draw_misread_digits(const DynamicSequential<>& net, const Dataset<>& test, const Matrix<>& images) {
  const std::vector<Index> read = predict_classes(net, test.x);
  std::vector<Index> misread;
  for (Index i = 0; i < test.samples() && misread.size() < 4; ++i)
    if (read[static_cast<std::size_t>(i)] != static_cast<Index>(test.y(0, i))) misread.push_back(i);

  for (const Index i : misread)
    std::printf("%d, read as %d      ", static_cast<int>(test.y(0, i)),
                static_cast<int>(read[static_cast<std::size_t>(i)]));
  std::printf("\n");
  for (Index row = 0; row < 8; ++row) {
    for (const Index i : misread) {
      for (Index column = 0; column < 8; ++column) {
        constexpr const char* shades[] = {"  ", "..", "++", "##", "@@"};
        std::printf("%s", shades[static_cast<int>(images(8 * row + column, i)) / 4]);
      }
      std::printf("    ");
    }
    std::printf("\n");
  }
}
