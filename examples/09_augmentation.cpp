// Lesson 9: augmentation. A digit that is rotated or shifted a little is the same digit.
//
// A network is trained on 100 images, ten of each digit. Augmentation transforms each image at random in every
// epoch: rotated by up to 12 degrees, shifted by up to one of the eight pixels, zoomed by up to 12 %. The test
// images are not augmented.

#include <cstdio>
#include <descent/descent.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "plot.hpp"

using namespace descent;

int main(int argc, char** argv) try {
  const std::string out = argc > 1 ? argv[1] : ".";  // the folder for the pictures

  const Dataset digits = read_csv(EXAMPLES_DATA "digits.csv", {.label = "label"});
  auto parts = split(digits, {.train = 100.0 / 1797, .dev = 0, .stratify = true, .seed = 1});
  Dataset<>&train = parts.train, &test = parts.test;
  for (Dataset<>* part : {&train, &test}) part->x /= 16;  // pixels from 0 to 1; 0 outside the image

  const Augmentation<float> none;
  const Augmentation<float> rotate_and_shift =
      Augment{Shape{1, 8, 8}, RandomAffine{.degrees = 12, .pixels = 1, .zoom = 0.12}};

  std::printf("%ld training images, %ld test images\n", static_cast<long>(train.samples()),
              static_cast<long>(test.samples()));
  std::vector<plot::Line> curves;
  const auto compare = [&](const std::string& name, const Augmentation<float>& augment) {
    Rng rng{1};
    Sequential net{Dense{64, 128, rng}, ReLU{}, Dense{128, 10, rng}};
    const Cosine decay{.initial = 3e-3, .steps = 300};
    const History history = fit(net, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = decay},
                                {.epochs = 300,
                                 .batch_size = 25,
                                 .validation = &test,
                                 .metrics = {Accuracy{}},
                                 .augment = augment,
                                 .seed = 1,
                                 .progress = silent});
    std::printf("%-22s test accuracy %.3f\n", name.c_str(), history["val_accuracy"].back());
    curves.push_back({name, history["val_accuracy"]});
  };
  compare("without augmentation", none);
  compare("with augmentation", rotate_and_shift);

  plot::write_svg(out + "/09_augmentation.svg",
                  {plot::line_chart({.title = "Test set", .y_label = "accuracy"}, curves)});
  std::cout << "\nThe picture is in " << out << "/09_augmentation.svg\n";
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
