// Lesson 23: the gradient with respect to the inputs. It says to which pixels a classifier is sensitive, and how an
// image must change to be misread.
//
// Each pixel is moved a little in the direction in which the loss grows: the sign of dL/dx. Random noise of the same
// size is harmless. The map of the sensitivities also shows pixels at the border that are 0 in almost all images, so
// that nothing trains their weights, which keep their initial values. L2 makes them small.
//
// Source   Goodfellow, Shlens, Szegedy: Explaining and harnessing adversarial examples (2015)

#include <cstdio>
#include <descent/autodiff.hpp>
#include <descent/descent.hpp>
#include <iostream>

using namespace descent;

/// Trains a classifier, and returns its sensitivity to each pixel: the mean size of the slope of the loss.
Vector<> train_and_attack(const Split<>& digits, double lambda) {
  Rng rng{1};
  Sequential net{Dense{64, 64, rng}, ReLU{}, Dense{64, 10, rng}};
  const SoftmaxCrossEntropy loss;
  fit(net, digits.train, loss, Adam{.learning_rate = 3e-3},
      {.epochs = 30, .batch_size = 32, .regularizer = L2{.lambda = lambda}, .progress = silent});

  const Dataset<>& test = digits.test;
  const Matrix<> slope = input_gradient(net, loss, test.x, test.y);  // dL/dx of each image
  std::printf("L2 with lambda = %g\n  change   accuracy with noise   with adversarial images\n", lambda);
  for (const float change : {0.0F, 0.03F, 0.06F, 0.12F}) {
    Dataset<> noisy = test, adversarial = test;
    for (float& pixel : noisy.x.reshaped()) pixel += rng.below(2) == 0 ? -change : change;
    adversarial.x += change * slope.cwiseSign();
    std::printf("  %4.2f     %.3f                 %.3f\n", 1.0 * change, evaluate(net, noisy, Accuracy{}),
                evaluate(net, adversarial, Accuracy{}));
  }
  return slope.cwiseAbs().rowwise().mean();
}

/// Draws a number from 0 to 9 for each pixel.
void draw(const Vector<>& sensitivity) {
  for (Index row = 0; row < 8; ++row) {
    for (Index column = 0; column < 8; ++column)
      std::printf("%2.0f", 9.0 * sensitivity(8 * row + column) / sensitivity.maxCoeff());
    std::printf("\n");
  }
}

int main() try {
  Dataset digits = read_csv(EXAMPLES_DATA "digits.csv", {.label = "label"});
  digits.x /= 16;  // pixels from 0 to 1
  const Split<> parts = split(digits, {.train = 0.7, .dev = 0, .stratify = true, .seed = 1});

  for (const double lambda : {0.0, 1.0}) {
    const Vector<> sensitivity = train_and_attack(parts, lambda);
    std::printf("sensitivity to each pixel:\n");
    draw(sensitivity);
    std::printf("sensitivity to the left border, of that to the most important pixel: %.2f\n\n",
                sensitivity.reshaped(8, 8).row(0).mean() / sensitivity.maxCoeff());
  }
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
