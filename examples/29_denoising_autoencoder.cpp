// Lesson 29: an autoencoder that removes noise. Convolutions with a stride reduce an image of 64 pixels to 32 numbers, and
// transposed convolutions enlarge these to an image again.
//
// The network sees each training image with new noise in every epoch, and its target is the image without noise: it
// cannot learn the noise by heart. The picture shows test images, with noise, without noise, and as the network sees
// them.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <descent/descent.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "plot.hpp"

using namespace descent;

constexpr double noise = 0.4;

/// Draws rows of images of 8 x 8 pixels from 0 to 1.
plot::Picture drawn(const std::vector<Matrix<>>& rows) {
  plot::Picture picture;
  constexpr double pixel = 5;
  for (std::size_t row = 0; row < rows.size(); ++row)
    for (Index j = 0; j < rows[row].cols(); ++j)
      for (Index i = 0; i < 64; ++i) {
        const double shade = 255 * (1 - std::clamp(static_cast<double>(rows[row](i, j)), 0.0, 1.0));
        const std::string gray = std::to_string(static_cast<int>(shade));
        picture.svg +=
            "<rect x='" + plot::number(20 + static_cast<double>(9 * j + i % 8) * pixel) + "' y='" +
            plot::number(20 + (10 * static_cast<double>(row) + static_cast<double>(i / 8)) * pixel) +
            "' width='5.2' height='5.2' fill='rgb(" + gray + ',' + gray + ',' + gray + ")'/>\n";
      }
  return picture;
}

int main(int argc, char** argv) try {
  const std::string out = argc > 1 ? argv[1] : ".";  // the folder for the picture

  Dataset digits = read_csv(EXAMPLES_DATA "digits.csv", {.label = "label"});
  digits.shape = {.channels = 1, .height = 8, .width = 8};
  digits.x /= 16;       // pixels from 0 to 1
  digits.y = digits.x;  // without noise
  auto [train, dev, test] = split(digits, {.train = 0.8, .dev = 0, .seed = 1});
  Rng noise_rng{2};
  for (float& value : test.x.reshaped()) value += static_cast<float>(noise * noise_rng.normal());

  Rng rng{1};
  Sequential net{Conv2D{1, 16, rng, {.kernel = 3, .padding = Padding::same()}},
                 ReLU{},
                 Conv2D{16, 32, rng, {.kernel = 3, .stride = 2, .padding = 1}},  // 4 x 4
                 ReLU{},
                 Conv2D{32, 8, rng, {.kernel = 3, .stride = 2, .padding = 1}},  // 2 x 2
                 ReLU{},
                 ConvTranspose2D{8, 32, rng, {.kernel = 2, .stride = 2}},  // 4 x 4
                 ReLU{},
                 ConvTranspose2D{32, 16, rng, {.kernel = 2, .stride = 2}},  // 8 x 8
                 ReLU{},
                 Conv2D{16, 1, rng, {.kernel = 3, .padding = Padding::same()}}};
  const int epochs = 25;
  const Cosine decay{.initial = 3e-3, .steps = epochs};
  fit(net, train, MeanSquaredError{}, Adam{.learning_rate = decay},
      {.epochs = epochs,
       .batch_size = 32,
       .augment = Augment{train.shape, RandomNoise{.deviation = noise}},
       .seed = 1,
       .progress = silent});

  const double before = std::sqrt((test.x - test.y).squaredNorm() / static_cast<double>(test.x.size()));
  std::printf("RMSE of a test image: %.3f with noise, %.3f without\n", before,
              evaluate(net, test, RootMeanSquaredError{}));

  const Batch<> some = test.inputs().columns(0, 9);
  plot::write_svg(out + "/29_denoising_autoencoder.svg",
                  {drawn({some, predict(net, some), test.y.leftCols(9)})});
  std::cout << "\nThe picture is in " << out << "/29_denoising_autoencoder.svg\n";
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
