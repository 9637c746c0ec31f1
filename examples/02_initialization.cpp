// Lesson 2: the initialization decides whether a network learns.
//
// Two concentric circles, and a network 2-10-5-1. Only the initial weights differ:
//   zeros       all units of a layer compute the same value, get the same gradient, and stay equal: the loss
//               stays at log 2 = 0.693, that of a random guess
//   too large   the network starts with confident wrong predictions; its loss is huge, and its decision boundary
//               stays ragged
//   He          variance 2 / n_in: with ReLU, the variance of the activations is the same in all layers

#include <cmath>
#include <cstdio>
#include <descent/descent.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "plot.hpp"

using namespace descent;

int main(int argc, char** argv) try {
  const std::string out = argc > 1 ? argv[1] : ".";  // the folder for the pictures

  const Dataset train = circles({.samples = 300, .noise = 0.05, .factor = 0.7, .seed = 1});
  const Dataset test = circles({.samples = 1000, .noise = 0.05, .factor = 0.7, .seed = 2});

  std::vector<plot::Picture> maps;
  std::vector<plot::Line> losses;
  std::printf("log 2 is %.4f\n\n%-10s %10s %10s %10s %10s\n", std::log(2), "weights", "first loss",
              "last loss", "train", "test");
  const auto compare = [&](const std::string& name, const auto& init) {
    Rng rng{3};
    Sequential net{Dense{2, 10, rng, init}, ReLU{}, Dense{10, 5, rng, init}, ReLU{}, Dense{5, 1, rng, init}};
    const History history =
        fit(net, train, SigmoidCrossEntropy{}, GradientDescent{.learning_rate = 0.01},
            {.epochs = 15000, .batch_size = full_batch, .shuffle = false, .progress = silent});
    const std::vector<double>& loss = history["loss"];
    std::printf("%-10s %10.4f %10.4f %10.3f %10.3f\n", name.c_str(), loss.front(), loss.back(),
                evaluate(net, train, Accuracy{}), evaluate(net, test, Accuracy{}));
    maps.push_back(plot::class_map(name, net, test));
    losses.push_back({name, loss});
  };
  compare("zeros", Zeros{});
  compare("too large", Normal{.deviation = 10});
  compare("He", HeNormal{});

  maps.push_back(plot::line_chart({.title = "Loss", .x_label = "step", .y_most = 1.5}, losses));
  plot::write_svg(out + "/02_initialization.svg", maps, 2);
  std::cout << "\nThe pictures are in " << out << "/02_initialization.svg\n";
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
