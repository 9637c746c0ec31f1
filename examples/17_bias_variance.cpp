// Lesson 17: bias and variance, and what to do next.
//
// The digits of lesson 1, and three attempts. After each, `diagnose` compares the errors of people, of the training set
// and of the dev set, and the next attempt does what it says:
//   2 units, 200 images        high bias, and variance: first a larger network
//   64 units, 200 images       high variance: more data, augmented, and regularization
//   256 units, all images      neither, as far as a dev set of 180 images can tell
// Three checks before the training cost less than an epoch or two: `summary` lists the layers, `overfit` shows that the
// network can learn a batch by heart, and `find_learning_rate` suggests a rate.

#include <cmath>
#include <cstdio>
#include <descent/descent.hpp>
#include <descent/diagnosis.hpp>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

#include "plot.hpp"

using namespace descent;

// An estimate: people misread 0.2 % of the digits of MNIST, which have more pixels.
constexpr double human = 0.002;

auto make_network(Index units, double keep) {
  Rng rng{1};
  return Sequential{Dense{64, units, rng},    ReLU{}, Dropout{{.keep = keep}},
                    Dense{units, units, rng}, ReLU{}, Dropout{{.keep = keep}},
                    Dense{units, 10, rng}};
}

/// Trains, prints the errors and what to do next, and draws the errors of all epochs.
plot::Picture attempt(const std::string& title, auto net, const Dataset<>& train, const Dataset<>& dev,
                      double learning_rate, Augmentation<float> augment = {}) {
  // About as many steps for every size of the training set.
  const int epochs = static_cast<int>(40000 / train.samples());
  std::vector<double> train_errors, dev_errors;
  fit(net, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = learning_rate},
      {.epochs = epochs,
       .augment = augment,
       .on_epoch_end = {[&](const auto& e) {
         train_errors.push_back(1 - evaluate(e.model, train, Accuracy{}));
         dev_errors.push_back(1 - evaluate(e.model, dev, Accuracy{}));
       }},
       .progress = silent});
  std::printf("%s: human error %.1f %%, training error %.1f %%, dev error %.1f %%\n", title.c_str(),
              100 * human, 100 * train_errors.back(), 100 * dev_errors.back());
  std::cout << diagnose({.human = human,
                         .train = train_errors.back(),
                         .dev = dev_errors.back(),
                         .dev_samples = dev.samples()})
            << '\n';
  const std::vector<double> people(train_errors.size(), human);
  return plot::line_chart({.title = title, .y_label = "error"},
                          {{"training set", train_errors}, {"dev set", dev_errors}, {"people", people}});
}

/// Draws the loss over the learning rate, and the valley whose middle is suggested.
plot::Picture draw(const LearningRateCurve& curve) {
  std::vector<double> valley(curve.losses.size(), std::nan(""));
  for (std::size_t i = curve.first; i <= curve.last; ++i) valley[i] = curve.losses[i];
  return plot::line_chart({.title = "Range test",
                           .x_label = "log10 of the learning rate",
                           .x_first = std::log10(curve.rates[0]),
                           .x_per_value = std::log10(curve.rates[1] / curve.rates[0])},
                          {{"smoothed loss", curve.losses}, {"valley", valley}});
}

int main(int argc, char** argv) try {
  const std::string out = argc > 1 ? argv[1] : ".";  // the folder for the pictures

  const Dataset digits = read_csv(EXAMPLES_DATA "digits.csv", {.label = "label"});
  auto [train, dev, test] = split(digits, {.train = 0.7, .dev = 0.1, .stratify = true, .seed = 1});
  const Standardize scale{train.x};
  for (Dataset<>* part : {&train, &dev}) scale.apply(part->x);
  std::cout << compare_distributions(train, dev) << '\n';
  std::vector<Index> first(200);
  std::iota(first.begin(), first.end(), Index{0});
  const Dataset few = train.subset(first);

  std::vector<plot::Picture> charts;
  charts.push_back(attempt("2 units, 200 images", make_network(2, 1), few, dev, 3e-3));

  const auto net = make_network(64, 1);
  std::cout << summary(net, train.sample_shape()) << '\n';
  std::cout << overfit(net, SoftmaxCrossEntropy{}, Adam{}, few) << '\n';
  const LearningRateCurve curve = find_learning_rate(net, SoftmaxCrossEntropy{}, Adam{}, few);
  std::cout << curve << '\n';
  charts.push_back(draw(curve));

  charts.push_back(attempt("64 units, 200 images", net, few, dev, curve.suggested));
  const Augment augment{Shape{1, 8, 8}, RandomAffine{.degrees = 10, .pixels = 0.5, .zoom = 0.1}};
  charts.push_back(
      attempt("256 units, all images", make_network(256, 0.5), train, dev, curve.suggested, augment));

  plot::write_svg(out + "/17_bias_variance.svg", charts, 2);
  std::cout << "The pictures are in " << out << "/17_bias_variance.svg\n";
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
