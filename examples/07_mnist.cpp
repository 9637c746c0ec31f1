// Lesson 7: a softmax classifier for MNIST, 70,000 images of 28 x 28 pixels.
//
//   07_mnist --data FOLDER                                   784-256-128-10, accuracy about 98 % after 5 epochs
//   07_mnist --data FOLDER --no-batch-norm --dropout 1       without batch normalization and dropout
//
// The images are not part of this repository: FOLDER has the four files of MNIST, plain or gzipped.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <descent/descent.hpp>
#include <filesystem>
#include <iostream>
#include <string>
#ifdef EXAMPLES_HAVE_ZLIB
#include <descent/io/gzip.hpp>
#endif

using namespace descent;

struct Settings {
  std::string data;
  bool batch_norm = true;
  double keep = 0.8;
  int epochs = 5;
  std::uint64_t seed = 1;
};

Settings read_settings(int argc, char** argv);
Dataset<> read_mnist(const std::filesystem::path& folder, const std::string& part);

int main(int argc, char** argv) try {
  const Settings settings = read_settings(argc, argv);
  if (settings.data.empty()) {
    std::cout << "MNIST is not in this repository: run 07_mnist --data FOLDER, where FOLDER has\n"
                 "  train-images-idx3-ubyte  train-labels-idx1-ubyte  t10k-images-idx3-ubyte  "
                 "t10k-labels-idx1-ubyte\n"
                 "or these files gzipped, as .gz.\n";
    return 0;
  }

  Dataset train = read_mnist(settings.data, "train");
  Dataset test = read_mnist(settings.data, "t10k");
  for (Dataset<>* part : {&train, &test}) part->x /= 255;  // pixels from 0 to 1

  Rng rng{settings.seed};
  DynamicSequential net;
  Index width = train.features();
  for (const Index units : {256, 128}) {
    net.add(Dense{width, units, rng, settings.batch_norm ? Bias::none : Bias::learned});
    if (settings.batch_norm) net.add(BatchNorm{units});
    net.add(ReLU{});
    if (settings.keep < 1) net.add(Dropout{{.keep = settings.keep}});
    width = units;
  }
  net.add(Dense{width, 10, rng});

  // A learning rate that decays to 0.
  const Cosine decay{.initial = 2e-3, .steps = settings.epochs};
  fit(net, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = decay},
      {.epochs = settings.epochs, .batch_size = 128, .metrics = {Accuracy{}}, .seed = settings.seed});

  std::cout << '\n' << evaluate(net, test, ConfusionMatrix{10}) << '\n';
  std::printf("test accuracy: %.4f\n", evaluate(net, test, Accuracy{}));
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}

Settings read_settings(int argc, char** argv) {
  Settings s;
  CLI::App app{"Trains a network on MNIST."};
  app.option_defaults()->always_capture_default();
  app.add_option("--data", s.data, "folder with the files of MNIST");
  app.add_flag("--batch-norm,!--no-batch-norm", s.batch_norm, "batch normalization before each activation");
  app.add_option("--dropout", s.keep, "probability of keeping a hidden value; 1 for no dropout");
  app.add_option("--epochs", s.epochs, "passes through the training set");
  app.add_option("--seed", s.seed, "seed of initialization, order and dropout");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return s;
}

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
