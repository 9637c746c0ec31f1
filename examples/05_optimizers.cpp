// Lesson 5: four optimizers.
//
// First two moons, a network 2-16-8-1 and mini-batches of 64: gradient descent, momentum, RMSprop and Adam at
// the same learning rates. A rate that suits RMSprop and Adam is slow for the other two, and momentum, as an
// average of gradients, is no faster than gradient descent; a rate that suits these two makes the loss of the
// others oscillate. Decay, alpha = alpha0 / (1 + epoch / 10), takes large steps at first and lets RMSprop and Adam
// converge at the end; for gradient descent, which has not converged yet, it comes too early. The picture has the
// losses, and above them the decision boundaries at rate 0.2.
//
// Then a saddle point, J(u, v) = 50 u^2 + (v^2 - 1)^2 / 4. At (0, 0) the gradient is zero, but the minima are at
// v = 1 and v = -1. The start is near the saddle, at v = 0.001, where J is almost flat along v. Along u it is
// steep, so gradient descent diverges unless its rate is below 2 / 100, and is slow along v. With momentum the
// oscillations along u cancel, and the rate may be 15 times larger. RMSprop and Adam divide each step by the size
// of the gradients, so they are as fast in flat directions as in steep ones.

#include <cmath>
#include <cstdio>
#include <descent/descent.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "plot.hpp"

using namespace descent;

/// Compares the optimizers on two moons.
void two_moons(const std::string& out) {
  const Dataset train = moons({.samples = 600, .noise = 0.15, .seed = 1});
  const Dataset test = moons({.samples = 2000, .noise = 0.15, .seed = 2});
  std::vector<plot::Picture> boundaries, charts;
  const auto compare = [&](const std::string& title, const LearningRate& rate,
                           std::vector<plot::Picture>* maps = nullptr) {
    std::printf("%s\n", title.c_str());
    std::vector<plot::Line> losses;
    const auto train_with = [&](const std::string& name, const auto& optimizer) {
      Rng rng{1};
      Sequential net{Dense{2, 16, rng}, ReLU{}, Dense{16, 8, rng}, ReLU{}, Dense{8, 1, rng}};
      const History history = fit(net, train, SigmoidCrossEntropy{}, optimizer,
                                  {.epochs = 100, .batch_size = 64, .seed = 1, .progress = silent});
      const std::vector<double>& loss = history["loss"];
      std::printf("  %-18s loss %.4f   test accuracy %.3f\n", name.c_str(), loss.back(),
                  evaluate(net, test, Accuracy{}));
      losses.push_back({name, loss});
      if (maps) maps->push_back(plot::class_map(name + ", " + title, net, train));
    };
    train_with("gradient descent", GradientDescent{.learning_rate = rate});
    train_with("momentum", Momentum{.learning_rate = rate});
    train_with("RMSprop", RMSprop{.learning_rate = rate});
    train_with("Adam", Adam{.learning_rate = rate});
    charts.push_back(plot::line_chart({.title = title, .y_most = 0.8}, losses));
  };
  compare("rate 0.02", 0.02);
  compare("rate 0.2", 0.2, &boundaries);
  compare("rate 0.2 with decay", InverseTime{.initial = 0.2, .decay_rate = 0.1});

  std::vector<plot::Picture> pictures = boundaries;  // one row
  pictures.insert(pictures.end(), charts.begin(), charts.end());
  plot::write_svg(out + "/05_optimizers.svg", pictures, boundaries.size());
}

/// A model that is a point (u, v): any type that names its parameters in `visit` can be optimized.
struct Point {
  using Scalar = double;
  Vector<double> w = Vector<double>{{0.1, 0.001}};
  static void visit(auto&& f, auto&... tree) { f(Parameter{"w", Role::weight}, tree.w...); }
};

double saddle(const Point& at, Point& gradient) {
  const double u = at.w(0), v = at.w(1);
  gradient.w = Vector<double>{{100 * u, v * (v * v - 1)}};
  return 50 * u * u + (v * v - 1) * (v * v - 1) / 4;
}

/// Prints the number of steps until |v| exceeds 0.5.
void leave_the_saddle(const std::string& out) {
  std::vector<plot::Line> paths;
  const auto descend = [&](const std::string& name, const auto& optimizer) {
    Point at, gradient;
    auto state = optimizer.init(at);
    std::vector<double> path;
    int left = 0;
    for (int step = 1; step <= 2000; ++step) {
      path.push_back(saddle(at, gradient));
      optimizer.step(at, gradient, state);
      if (left == 0 && std::abs(at.w(1)) > 0.5) left = step;
    }
    std::printf("%-18s leaves the saddle after %4d steps\n", name.c_str(), left);
    path.resize(600);
    paths.push_back({name, path});
  };
  descend("gradient descent", GradientDescent{.learning_rate = 0.015});
  descend("momentum", Momentum{.learning_rate = 0.2});
  descend("RMSprop", RMSprop{.learning_rate = 0.01});
  descend("Adam", Adam{.learning_rate = 0.01});
  plot::write_svg(out + "/05_saddle.svg",
                  {plot::line_chart({.title = "Leaving a saddle", .x_label = "step", .y_most = 0.6}, paths)});
}

int main(int argc, char** argv) try {
  const std::string out = argc > 1 ? argv[1] : ".";  // the folder for the pictures

  two_moons(out);
  std::printf("\n");
  leave_the_saddle(out);
  std::cout << "\nThe pictures are in " << out << "/05_optimizers.svg and 05_saddle.svg\n";
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
