// Lesson 18: activations and gradients that vanish or explode with depth.
//
// Digits, and networks of 20 hidden layers. With weights of variance c / n_in, a layer of ReLU units multiplies the size
// of its inputs by sqrt(c / 2) and backward that of the gradient; that of a weight has both factors, so it is as small or
// as large in all layers. After 20 layers:
//   half of He      0.5^20 = 1e-6: both vanish, and nothing is learned
//   twice He        2^20 = 1e6: both explode
//   Xavier          c = 1, right for tanh: sqrt(1/2)^20 = 1e-3
//   He              c = 2: both keep their size
//   batch norm      any c: each layer brings its outputs back to deviation 1; only the gradient grows, slowly
//   residual        y = x + f(x): the identity carries both across the layers, here with half of He
// A `Doctor` watches the training: its looks have the sizes that are drawn, and its findings name what is wrong.

#include <cmath>
#include <cstdio>
#include <descent/descent.hpp>
#include <descent/diagnosis.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "plot.hpp"

using namespace descent;

constexpr int depth = 20;
constexpr Index width = 32;

/// He initialization, multiplied by a factor.
struct ScaledHe {
  float factor;
  void operator()(Matrix<>& weight, const Fan& fan, Rng& rng) const {
    HeNormal{}(weight, fan, rng);
    weight *= factor;
  }
};

enum class Block { plain, batch_norm, residual };

DynamicSequential<> make_network(Block block, const auto& init) {
  Rng rng{1};
  DynamicSequential net{Dense{64, width, rng}, ReLU{}};
  for (int i = 0; i < depth; ++i) {
    if (block == Block::plain) net.add(Sequential{Dense{width, width, rng, init}, ReLU{}});
    if (block == Block::batch_norm)
      net.add(Sequential{Dense{width, width, rng, init, Bias::none}, BatchNorm{width}, ReLU{}});
    if (block == Block::residual) net.add(Residual{Sequential{ReLU{}, Dense{width, width, rng, init}}});
  }
  net.add(Dense{width, 10, rng});
  return net;
}

/// True if the path of a layer or parameter begins with the position of a block.
bool in_block(const std::string& path) {
  const int position = std::stoi(path);
  return position >= 2 && position < 2 + depth;
}

/// The statistics of a network in training, as base-10 logarithms.
struct Curves {
  std::vector<double> activations, gradients;       // of each block at the first step
  std::vector<double> activation, gradient, ratio;  // every 4 steps, of the last block and of the first
  std::vector<double> loss;

  explicit Curves(const Doctor& doctor) {
    for (const Look& look : doctor.looks()) {
      std::vector<double> outputs, slopes, ratios;
      for (const OutputStatistics& y : look.outputs)
        if (in_block(y.path) && y.path.find('.') == std::string::npos) outputs.push_back(std::log10(y.rms));
      for (const WeightStatistics& w : look.weights)
        if (in_block(w.path)) {
          slopes.push_back(std::log10(w.gradient));
          ratios.push_back(std::log10(w.update_ratio()));
        }
      if (look.step == 1) activations = outputs, gradients = slopes;
      if (look.step % 4 != 0) continue;  // the first steps are looked at more often
      activation.push_back(outputs.back());
      gradient.push_back(slopes.front());
      ratio.push_back(ratios.front());
      loss.push_back(look.loss);
    }
  }
};

int main(int argc, char** argv) try {
  const std::string out = argc > 1 ? argv[1] : ".";  // the folder for the pictures

  const Dataset digits = read_csv(EXAMPLES_DATA "digits.csv", {.label = "label"});
  auto [train, dev, test] = split(digits, {.train = 0.8, .dev = 0, .stratify = true, .seed = 1});
  const Standardize scale{train.x};
  for (Dataset<>* part : {&train, &test}) scale.apply(part->x);

  std::vector<std::string> names;
  std::vector<Curves> curves;
  const auto compare = [&, &train = train, &test = test](const std::string& name, DynamicSequential<> net) {
    Doctor doctor{{.every = 4}};
    fit(net, train, SoftmaxCrossEntropy{}, Adam{},
        {.epochs = 20, .batch_size = 64, .observer = &doctor, .progress = silent});
    names.push_back(name), curves.emplace_back(doctor);
    const Curves& c = curves.back();
    std::printf("%-11s activations 1e%+.1f to 1e%+.1f, gradients 1e%+.1f to 1e%+.1f, accuracy %.3f\n",
                name.c_str(), c.activations.front(), c.activations.back(), c.gradients.front(),
                c.gradients.back(), evaluate(net, test, Accuracy{}));
    std::cout << doctor.findings() << '\n';
  };
  compare("half of He", make_network(Block::plain, ScaledHe{0.5F}));
  compare("twice He", make_network(Block::plain, ScaledHe{2}));
  compare("Xavier", make_network(Block::plain, XavierNormal{}));
  compare("He", make_network(Block::plain, HeNormal{}));
  compare("batch norm", make_network(Block::batch_norm, ScaledHe{0.5F}));
  compare("residual", make_network(Block::residual, ScaledHe{0.5F}));

  std::vector<plot::Picture> charts;
  const auto draw = [&](const plot::Axes& axes, std::vector<double> Curves::*values) {
    std::vector<plot::Line> lines;
    for (std::size_t i = 0; i < names.size(); ++i) lines.push_back({names[i], curves[i].*values});
    charts.push_back(plot::line_chart(axes, lines));
  };
  const std::string rms = "log10 of the root mean square";
  draw({.title = "Activations, step 1", .x_label = "layer", .y_label = rms, .x_first = 1},
       &Curves::activations);
  draw({.title = "Gradients, step 1", .x_label = "layer", .y_label = rms, .x_first = 1}, &Curves::gradients);
  draw({.title = "Loss", .x_label = "step", .x_first = 4, .x_per_value = 4, .y_most = 4}, &Curves::loss);
  draw({.title = "Activations, layer 20", .x_label = "step", .y_label = rms, .x_first = 4, .x_per_value = 4},
       &Curves::activation);
  draw({.title = "Gradient, layer 1", .x_label = "step", .y_label = rms, .x_first = 4, .x_per_value = 4},
       &Curves::gradient);
  draw({.title = "Update over weight, layer 1",
        .x_label = "step",
        .y_label = "log10",
        .x_first = 4,
        .x_per_value = 4},
       &Curves::ratio);
  plot::write_svg(out + "/18_gradients.svg", charts);
  std::cout << "The pictures are in " << out << "/18_gradients.svg\n";
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
