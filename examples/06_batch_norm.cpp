// Lesson 6: batch normalization lets a network learn at rates that are too high without it.
//
// Digits, a network of four hidden layers, and momentum at three learning rates, each with and without batch
// normalization before the activations. At a low rate both networks learn; at a high rate the network without
// batch normalization stops learning: a step of the first layer changes the inputs of all layers after it.

#include <cmath>
#include <cstdio>
#include <descent/descent.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "plot.hpp"

using namespace descent;

DynamicSequential<> make_network(bool normalized) {
  Rng rng{1};
  DynamicSequential net;
  Index width = 64;
  for (int i = 0; i < 4; ++i, width = 32) {
    // BatchNorm has a shift, so Dense needs no bias.
    net.add(Dense{width, 32, rng, normalized ? Bias::none : Bias::learned});
    if (normalized) net.add(BatchNorm{32});
    net.add(ReLU{});
  }
  net.add(Dense{width, 10, rng});
  return net;
}

int main(int argc, char** argv) try {
  const std::string out = argc > 1 ? argv[1] : ".";  // the folder for the pictures

  const Dataset digits = read_csv(EXAMPLES_DATA "digits.csv", {.label = "label"});
  auto [train, dev, test] = split(digits, {.train = 0.8, .dev = 0, .stratify = true, .seed = 1});
  const Standardize scale{train.x};
  for (Dataset<>* part : {&train, &test}) scale.apply(part->x);

  std::vector<plot::Picture> charts;
  for (const double rate : {0.1, 1.0, 3.0}) {
    std::vector<plot::Line> losses;
    for (const bool normalized : {false, true}) {
      DynamicSequential net = make_network(normalized);
      const char* const name = normalized ? "with" : "without";
      std::vector<double> loss;
      try {
        Trainer trainer{net,
                        SoftmaxCrossEntropy{},
                        Momentum{.learning_rate = rate},
                        {.batch_size = 64, .seed = 1, .progress = silent}};
        for (int epoch = 0; epoch < 15; ++epoch) loss.push_back(trainer.run(train, 1)["loss"].back());
        std::printf("rate %.1f %-8s batch normalization: loss %.4f   test accuracy %.3f\n", rate, name,
                    loss.back(), evaluate(trainer.model, test, Accuracy{}));
      } catch (const NumericalError&) {
        std::printf("rate %.1f %-8s batch normalization: diverged\n", rate, name);
      }
      losses.push_back({name, loss});
    }
    charts.push_back(plot::line_chart({.title = "Learning rate " + plot::number(rate), .y_most = 3}, losses));
  }
  plot::write_svg(out + "/06_batch_norm.svg", charts);
  std::cout << "\nThe pictures are in " << out << "/06_batch_norm.svg\n";
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
