// Lesson 12: minimization of any function of parameters, and early stopping.
//
// First a parabola: J(w) = w^2 - 10 w + 25 = (w - 5)^2, minimal at w = 5. The optimizers need only a struct that
// names its parameters.
//
// Then a network that is too large for its 60 samples. Its training loss keeps falling; its dev loss rises again
// after a while. Early stopping ends the run after 60 epochs without improvement, and restores the weights of the
// best epoch. The learning curves and the decision boundary of these weights are drawn, and the curves are also
// written as CSV.

#include <cstdio>
#include <descent/descent.hpp>
#include <filesystem>
#include <iostream>
#include <string>

#include "plot.hpp"

using namespace descent;

struct Number {
  using Scalar = double;
  Vector<double> w = Vector<double>::Zero(1);
  static void visit(auto&& f, auto&... tree) { f(Parameter{"w", Role::weight}, tree.w...); }
};

void minimize_a_parabola() {
  const auto objective = [](const Number& at, Number& gradient) {
    const double w = at.w(0);
    gradient.w(0) = 2 * w - 10;
    return w * w - 10 * w + 25;
  };
  const auto descend = [&](const char* name, const auto& optimizer) {
    Number at;
    const Minimum found = minimize(at, objective, optimizer, {.steps = 5000});
    std::printf("%-18s w = %.4f   J = %.1e   after %lld steps\n", name, at.w(0), found.cost,
                static_cast<long long>(found.steps));
  };
  descend("gradient descent", GradientDescent{.learning_rate = 0.1});
  descend("Adam", Adam{.learning_rate = 0.1});
  descend("L-BFGS", LBFGS{});
}

void stop_early(const std::filesystem::path& out) {
  const Dataset train = moons({.samples = 60, .noise = 0.3, .seed = 1});
  const Dataset dev = moons({.samples = 500, .noise = 0.3, .seed = 2});
  Rng rng{1};
  Sequential net{Dense{2, 64, rng}, ReLU{}, Dense{64, 64, rng}, ReLU{}, Dense{64, 1, rng}};
  const History history = fit(net, train, SigmoidCrossEntropy{}, Adam{.learning_rate = 1e-3},
                              {.epochs = 2000,
                               .batch_size = full_batch,
                               .validation = &dev,
                               .metrics = {Accuracy{}},
                               .early_stopping = EarlyStopping{.monitor = "val_loss", .patience = 60},
                               .progress = silent});
  std::printf("stopped after %zu of 2000 epochs; dev loss %.4f at the end, %.4f with the best weights\n",
              history.epochs(), history["val_loss"].back(), evaluate(net, dev, SigmoidCrossEntropy{}));

  plot::write_svg(out / "12_curves.svg",
                  {plot::line_chart({.title = "Early stopping"},
                                    {{"train", history["loss"]}, {"dev", history["val_loss"]}}),
                   plot::class_map("The weights of the best epoch", net, train)});
  replace_file((out / "12_curves.csv").string(), "12_minimize",
               [&](std::ostream& file) { history.write_csv(file); });
}

int main(int argc, char** argv) try {
  const std::string out = argc > 1 ? argv[1] : ".";  // the folder for the curves

  minimize_a_parabola();
  std::printf("\n");
  stop_early(out);
  std::cout << "\nThe curves are in " << out << "/12_curves.csv and 12_curves.svg\n";
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
