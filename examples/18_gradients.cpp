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

#include <cmath>
#include <cstdio>
#include <descent/descent.hpp>
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

double rms(const auto& numbers) { return std::sqrt(1.0 * numbers.cwiseAbs2().mean()); }

int main(int argc, char** argv) try {
  const std::string out = argc > 1 ? argv[1] : ".";  // the folder for the pictures

  const Dataset digits = read_csv(EXAMPLES_DATA "digits.csv", {.label = "label"});
  auto [train, dev, test] = split(digits, {.train = 0.8, .dev = 0, .stratify = true, .seed = 1});
  const Standardize scale{train.x};
  for (Dataset<>* part : {&train, &test}) scale.apply(part->x);

  std::vector<plot::Line> activations, gradients, over_time, losses;
  std::printf("%-12s %22s %22s %8s %9s\n", "", "activations first/last", "gradients first/last", "loss",
              "accuracy");
  const auto compare = [&, &train = train, &test = test](const std::string& name, Block block,
                                                         const auto& init) {
    const DynamicSequential<> net = make_network(block, init);
    activations.push_back({name, {}}), gradients.push_back({name, {}});
    over_time.push_back({name, {}}), losses.push_back({name, {}});

    // The outputs of the blocks, 2 to depth + 1, for a batch before training.
    DynamicSequential<>::Cache cache;
    net.forward(train.inputs().columns(0, 256), cache, Pass::measuring());
    net.visit_outputs(cache, [&](const Name& layer, const Batch<>& y) {
      const std::string path = layer.path();
      if (path.find('.') == std::string::npos && in_block(path))
        activations.back().values.push_back(std::log10(rms(y)));
    });

    // The gradient of each weight at the first step, and that of the first block at all steps.
    Trainer trainer{net, SoftmaxCrossEntropy{}, Adam{}, {.batch_size = 64, .progress = silent}};
    trainer.options.on_step_end = {[&](const auto& e) {
      visit_leaves(e.gradient, [&](const auto& leaf) {
        const std::string path = leaf.name().path();
        if (leaf.parameter.role != Role::weight || !in_block(path)) return;
        if (e.step == 1) gradients.back().values.push_back(std::log10(rms(leaf.array())));
        if (path.starts_with("2.")) over_time.back().values.push_back(std::log10(rms(leaf.array())));
      });
      losses.back().values.push_back(e.loss);
    }};
    const auto& a = activations.back().values;
    const auto& g = gradients.back().values;
    try {
      const double loss = trainer.run(train, 20)["loss"].back();
      std::printf("%-12s %11.1e %10.1e %11.1e %10.1e %8.3f %9.3f\n", name.c_str(), std::pow(10, a.front()),
                  std::pow(10, a.back()), std::pow(10, g.front()), std::pow(10, g.back()), loss,
                  evaluate(trainer.model, test, Accuracy{}));
    } catch (const NumericalError&) {
      std::printf("%-12s diverged\n", name.c_str());
    }
  };
  compare("half of He", Block::plain, ScaledHe{0.5F});
  compare("twice He", Block::plain, ScaledHe{2});
  compare("Xavier", Block::plain, XavierNormal{});
  compare("He", Block::plain, HeNormal{});
  compare("batch norm", Block::batch_norm, ScaledHe{0.5F});
  compare("residual", Block::residual, ScaledHe{0.5F});

  plot::write_svg(
      out + "/18_gradients.svg",
      {plot::line_chart({.title = "Activations", .x_label = "layer", .y_label = "log10 of rms", .x_first = 1},
                        activations),
       plot::line_chart(
           {.title = "Gradients, first step", .x_label = "layer", .y_label = "log10 of rms", .x_first = 1},
           gradients),
       plot::line_chart({.title = "Gradient of layer 1", .x_label = "step", .y_label = "log10 of rms"},
                        over_time),
       plot::line_chart({.title = "Loss", .x_label = "step", .y_most = 4}, losses)},
      2);
  std::cout << "\nThe pictures are in " << out << "/18_gradients.svg\n";
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
