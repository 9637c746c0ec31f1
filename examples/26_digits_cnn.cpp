// Lesson 26: handwritten digits as images, read by a small convolutional network with a third of the parameters of
// lesson 1's.
//
//   26_digits_cnn --epochs 20 --seed 1

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <descent/descent.hpp>
#include <descent/diagnosis.hpp>
#include <iostream>
#include <string>

using namespace descent;

int main(int argc, char** argv) try {
  std::string data = EXAMPLES_DATA "digits.csv";
  int epochs = 20;
  std::uint64_t seed = 1;
  CLI::App app{"Trains a small convolutional network to read handwritten digits."};
  app.option_defaults()->always_capture_default();
  app.add_option("--data", data, "CSV file with 64 pixels and a label per line");
  app.add_option("--epochs", epochs, "passes through the training set");
  app.add_option("--seed", seed, "seed of split, initialization, order and dropout");
  CLI11_PARSE(app, argc, argv);

  // The 64 pixels of a digit are an image of one channel. Pixels are from 0 to 16; a network reads small numbers best.
  Dataset digits = read_csv(data, {.label = "label"});
  digits.shape = {.channels = 1, .height = 8, .width = 8};
  digits.x = digits.x / 8 - Matrix<>::Ones(digits.x.rows(), digits.x.cols());
  auto [train, dev, test] = split(digits, {.train = 0.7, .dev = 0.1, .stratify = true, .seed = seed});

  // Each convolution looks at 3 x 3 pixels, whose weights all places share; each pooling halves the image.
  Rng rng{seed};
  Sequential net{Conv2D{1, 16, rng, {.kernel = 3, .padding = Padding::same(), .bias = Bias::none}},
                 BatchNorm{16},
                 ReLU{},
                 MaxPool2D{{.kernel = 2}},
                 Conv2D{16, 32, rng, {.kernel = 3, .padding = Padding::same(), .bias = Bias::none}},
                 BatchNorm{32},
                 ReLU{},
                 MaxPool2D{{.kernel = 2}},
                 Flatten{},
                 Dropout{{.keep = 0.8}},
                 Dense{32 * 2 * 2, 10, rng}};
  std::cout << summary(net, digits.shape) << '\n';

  const Cosine decay{.initial = 3e-3, .steps = epochs};
  fit(net, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = decay},
      {.epochs = epochs, .batch_size = 32, .validation = &dev, .metrics = {Accuracy{}}, .seed = seed});

  std::cout << '\n' << evaluate(net, test, ConfusionMatrix{10}) << '\n';
  std::printf("test accuracy: %.4f\n", evaluate(net, test, Accuracy{}));
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
