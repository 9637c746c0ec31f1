// Lesson 32: LeNet-5 reads the handwritten digits of MNIST. Convolutions share their weights between places, so that it
// makes half as many errors as the network of lesson 7 with a quarter of its weights; images that are shifted at random
// save it some more.
//
//   32_lenet_mnist --data FOLDER             test accuracy about 99.2 % after 6 epochs
//   32_lenet_mnist --data FOLDER --shift     about 99.3 %
//   32_lenet_mnist --data FOLDER --rows --rate 4e-3     about 99.1 %: an LSTM reads the rows from top to bottom
//
// The rate was chosen with --dev, on images of the training set: a choice by the test set would flatter the result.
// The images are not part of this repository: FOLDER has the four files of MNIST, plain or gzipped.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <descent/descent.hpp>
#include <filesystem>
#include <iostream>
#include <numeric>
#include <span>
#include <string>
#include <vector>
#ifdef EXAMPLES_HAVE_ZLIB
#include <descent/io/gzip.hpp>
#endif

using namespace descent;

/// Reads the training set ("train") or the test set ("t10k").
Dataset<> read_mnist(const std::filesystem::path& folder, const std::string& part) {
  const IdxFiles plain{.images = folder / (part + "-images-idx3-ubyte"),
                       .labels = folder / (part + "-labels-idx1-ubyte")};
#ifdef EXAMPLES_HAVE_ZLIB
  IdxFiles packed = plain;
  packed.images += ".gz";
  packed.labels += ".gz";
  if (!exists(plain.images) && exists(packed.images)) return read_idx_gzip(packed);
#endif
  return read_idx(plain);
}

int main(int argc, char** argv) try {
  std::string folder;
  int epochs = 6;
  std::uint64_t seed = 1;
  double rate = 2e-3;
  bool shift = false, rows = false, dev = false;
  CLI::App app{"Trains LeNet-5 on MNIST."};
  app.option_defaults()->always_capture_default();
  app.add_option("--data", folder, "folder with the files of MNIST");
  app.add_option("--epochs", epochs, "passes through the training set");
  app.add_option("--seed", seed, "seed of initialization, order and shifts");
  app.add_option("--rate", rate, "initial learning rate");
  app.add_flag("--shift", shift, "shift the training images by up to a pixel");
  app.add_flag("--rows", rows, "an LSTM of the rows in place of LeNet-5");
  app.add_flag("--dev", dev, "measure on the last 5000 training images, which are left out");
  CLI11_PARSE(app, argc, argv);
  if (folder.empty()) {
    std::cout << "MNIST is not in this repository: run 32_lenet_mnist --data FOLDER, where FOLDER has\n"
                 "  train-images-idx3-ubyte  train-labels-idx1-ubyte  t10k-images-idx3-ubyte  "
                 "t10k-labels-idx1-ubyte\n"
                 "or these files gzipped, as .gz.\n";
    return 0;
  }

  Dataset train = read_mnist(folder, "train"), test = read_mnist(folder, "t10k");
  for (Dataset<>* part : {&train, &test}) part->x /= 255;  // pixels from 0 to 1

  if (dev) {
    std::vector<Index> images(static_cast<std::size_t>(train.samples()));
    std::iota(images.begin(), images.end(), Index{0});
    const std::span all{images};
    test = train.subset(all.last(5000));
    train = train.subset(all.first(all.size() - 5000));
  }

  Augmentation<float> augment;
  if (shift) augment = Augment{train.shape, RandomCrop{.padding = 1}};
  const auto run = [&](auto net) {
    const Cosine decay{.initial = rate, .steps = epochs};
    fit(net, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = decay},
        {.epochs = epochs, .batch_size = 64, .metrics = {Accuracy{}}, .augment = augment, .seed = seed});
    std::cout << '\n' << evaluate(net, test, ConfusionMatrix{10}) << '\n';
    std::printf("%s accuracy: %.4f\n", dev ? "dev" : "test", evaluate(net, test, Accuracy{}));
  };

  Rng rng{seed};
  if (rows) {
    // The same numbers as a sequence: each row is a time step, its pixels are the features.
    for (Dataset<>* part : {&train, &test}) part->shape = {.channels = 28, .width = 28};
    run(Sequential{LSTM{28, 128, rng, {.outputs = Outputs::last}}, Dense{128, 10, rng}});
    return 0;
  }
  // The network of LeCun et al. (1998) with ReLU in place of tanh and the maximum in place of the mean.
  run(Sequential{Conv2D{1, 6, rng, {.kernel = 5, .padding = Padding::same()}}, ReLU{},
                 MaxPool2D{{.kernel = 2}}, Conv2D{6, 16, rng, {.kernel = 5}}, ReLU{},
                 MaxPool2D{{.kernel = 2}}, Flatten{}, Dense{16 * 5 * 5, 120, rng}, ReLU{},
                 Dense{120, 84, rng}, ReLU{}, Dense{84, 10, rng}});
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
