// Lesson 28: a classifier for images of your own. A folder has a folder for each class, with PNG or JPEG files of any
// size:
//
//   28_image_folder --folder photos --side 64 --epochs 30
//
// Without a folder the lesson draws one: circles, squares and triangles of random colors, places and sizes. Mirrored,
// shifted and recolored at random, 40 images of a class suffice.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <descent/descent.hpp>
#include <descent/io/images.hpp>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

using namespace descent;

/// Draws 60 images of each of three shapes as PNG files.
void draw_shapes(const std::filesystem::path& folder) {
  constexpr int side = 32;
  Rng rng{1};
  for (const std::string shape : {"circle", "square", "triangle"}) {
    std::filesystem::create_directories(folder / shape);
    for (int number = 0; number < 60; ++number) {
      const double size = 6 + 6 * rng.uniform(), x = size + 1 + (side - 2 * size - 2) * rng.uniform(),
                   y = size + 1 + (side - 2 * size - 2) * rng.uniform();
      double colors[6];  // of the background, then of the shape, which is brighter
      for (int c = 0; c < 6; ++c) colors[c] = (c < 3 ? 0 : 130) + 110 * rng.uniform();
      std::vector<std::uint8_t> pixels;
      for (int i = 0; i < side; ++i)
        for (int j = 0; j < side; ++j) {
          const double right = std::abs(j - x) / size, down = (i - y) / size;
          const bool is_inside = shape == "circle"   ? std::hypot(right, down) < 1
                                 : shape == "square" ? std::max(right, std::abs(down)) < 0.9
                                                     : down < 0.9 && right < (down + 1) / 2;
          for (int c = 0; c < 3; ++c)
            pixels.push_back(static_cast<std::uint8_t>(colors[is_inside ? c + 3 : c] + 15 * rng.uniform()));
        }
      png_image image{};
      image.version = PNG_IMAGE_VERSION;
      image.width = image.height = side;
      image.format = PNG_FORMAT_RGB;
      const std::string file = (folder / shape / (std::to_string(number) + ".png")).string();
      png_image_write_to_file(&image, file.c_str(), 0, pixels.data(), 0, nullptr);
    }
  }
}

int main(int argc, char** argv) try {
  std::string path;
  Index side = 32;
  int epochs = 15;
  std::uint64_t seed = 1;
  CLI::App app{"Trains a convolutional network on the images in a folder."};
  app.option_defaults()->always_capture_default();
  app.add_option("--folder", path, "folder with a folder of images for each class");
  app.add_option("--side", side, "height and width to which the images are resized");
  app.add_option("--epochs", epochs, "passes through the training set");
  app.add_option("--seed", seed, "seed of split, initialization, order and augmentation");
  CLI11_PARSE(app, argc, argv);
  if (path.empty()) draw_shapes(path = "28_shapes");

  const ImageFolder folder{path, {.height = side, .width = side, .resize = true}};
  const Dataset images = folder.load();
  std::printf("%ld images of %zu classes in %s\n", static_cast<long>(images.samples()),
              images.class_names.size(), path.c_str());
  const auto [train, dev, test] = split(images, {.train = 0.7, .dev = 0, .stratify = true, .seed = seed});

  // The first layer scales pixels from 0 to 255 to those a network reads best, and is saved with it.
  Rng rng{seed};
  const auto classes = static_cast<Index>(images.class_names.size());
  const Bias none = Bias::none;
  Sequential net{MinMax{train.x, {.low = -1}},
                 Conv2D{3, 16, rng, {.padding = 1, .bias = none}},
                 BatchNorm{16},
                 ReLU{},
                 MaxPool2D{{.kernel = 2}},
                 Conv2D{16, 32, rng, {.padding = 1, .bias = none}},
                 BatchNorm{32},
                 ReLU{},
                 MaxPool2D{{.kernel = 2}},
                 Conv2D{32, 32, rng, {.padding = 1, .bias = none}},
                 BatchNorm{32},
                 ReLU{},
                 GlobalAveragePool{},
                 Dense{32, classes, rng}};

  const Cosine decay{.initial = 5e-3, .steps = epochs};
  fit(net, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = decay},
      {.epochs = epochs,
       .batch_size = 32,
       .metrics = {Accuracy{}},
       .augment = Augment{train.shape, RandomFlip{}, RandomCrop{.padding = side / 16}, ColorJitter{}},
       .seed = seed});

  std::cout << '\n' << evaluate(net, test, ConfusionMatrix{classes}) << '\n';
  std::printf("test accuracy: %.3f\n", evaluate(net, test, Accuracy{}));

  const Dataset one = read_image(folder.files()[0], {.height = side, .width = side, .resize = true});
  const auto found = static_cast<std::size_t>(predict_classes(net, one.inputs())[0]);
  std::printf("%s: %s\n", folder.files()[0].filename().string().c_str(), images.class_names[found].c_str());
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
