// Lesson 3: a network that is too large for its data overfits; regularization prevents it.
//
// Two overlapping moons, 100 samples, and a network of about 5000 weights:
//   none       the decision boundary winds around single samples
//   L2         lambda / (2 m) * sum of w^2 is added to the loss, which penalizes large weights, hence sharp bends
//   dropout    each hidden value is dropped with probability 0.4 in training, so no unit can rely on a single other
// The test set matters: the gap between training and test accuracy is the variance of course section 1.2.

#include <cstdio>
#include <descent/descent.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "plot.hpp"

using namespace descent;

int main(int argc, char** argv) try {
  const std::string out = argc > 1 ? argv[1] : ".";  // the folder for the pictures

  const Dataset train = moons({.samples = 100, .noise = 0.35, .seed = 1});
  const Dataset test = moons({.samples = 2000, .noise = 0.35, .seed = 2});

  std::vector<plot::Picture> maps;
  std::vector<plot::Line> curves;
  std::printf("%-10s %10s %10s %10s\n", "", "train", "test", "test loss");
  const auto compare = [&](const std::string& name, double lambda, double keep) {
    Rng rng{1};
    Sequential net{Dense{2, 64, rng},  ReLU{}, Dropout{{.keep = keep}},
                   Dense{64, 64, rng}, ReLU{}, Dropout{{.keep = keep}},
                   Dense{64, 1, rng}};
    const History history = fit(net, train, SigmoidCrossEntropy{}, Adam{.learning_rate = 3e-3},
                                {.epochs = 500,
                                 .batch_size = full_batch,
                                 .validation = &test,
                                 .metrics = {Accuracy{}},
                                 .regularizer = L2{.lambda = lambda},
                                 .progress = silent});
    std::printf("%-10s %10.3f %10.3f %10.3f\n", name.c_str(), evaluate(net, train, Accuracy{}),
                evaluate(net, test, Accuracy{}), evaluate(net, test, SigmoidCrossEntropy{}));
    maps.push_back(plot::class_map(name, net, train));
    curves.push_back({name, history["val_accuracy"]});
  };
  compare("none", 0, 1);
  compare("L2", 1, 1);
  compare("dropout", 0, 0.6);

  maps.push_back(plot::line_chart({.title = "Test set", .y_label = "accuracy"}, curves));
  plot::write_svg(out + "/03_regularization.svg", maps, 2);
  std::cout << "\nThe pictures are in " << out << "/03_regularization.svg\n";
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
