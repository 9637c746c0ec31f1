// Lesson 22: an autoencoder with tied weights. It compresses 64 pixels to 12 numbers, and decodes these by the transpose
// of the matrix that encoded them.
//
// A matrix that is used twice has one gradient, the sum of both uses, and the decoder costs no weights of its own. For
// comparison the same network with two matrices: almost twice as many parameters.

#include <algorithm>
#include <cstdio>
#include <descent/autodiff.hpp>
#include <descent/descent.hpp>
#include <iostream>

using namespace descent;

constexpr Index pixels = 64, code_size = 12;

struct TiedAutoencoder : Formula<TiedAutoencoder> {
  explicit TiedAutoencoder(Rng& rng) : weight(code_size, pixels) {
    XavierNormal{}(weight, Fan{pixels, code_size}, rng);
  }
  static void visit(auto&& f, auto&... tree) {
    f(Parameter{"weight", Role::weight}, tree.weight...);
    f(Parameter{"code_bias", Role::bias}, tree.code_bias...);
    f(Parameter{"pixel_bias", Role::bias}, tree.pixel_bias...);
  }
  Variable<> formula(const Variable<>& x, const Pass&) const {
    const auto w = x.graph().parameter(weight);
    const auto code = tanh(w * x + code_bias);
    return transpose(w) * code + pixel_bias;
  }

  Matrix<> weight;
  Vector<> code_bias = Vector<>::Zero(code_size), pixel_bias = Vector<>::Zero(pixels);
};

/// Draws images of 8 x 8 pixels from 0 to 1 side by side.
void draw(const Matrix<>& images) {
  constexpr const char* shades[] = {"  ", "..", "++", "##", "@@"};
  for (Index row = 0; row < 8; ++row) {
    for (Index j = 0; j < images.cols(); ++j) {
      for (Index column = 0; column < 8; ++column)
        std::printf("%s", shades[static_cast<int>(std::clamp(images(8 * row + column, j), 0.0F, 0.99F) * 5)]);
      std::printf("    ");
    }
    std::printf("\n");
  }
}

int main() try {
  Dataset digits = read_csv(EXAMPLES_DATA "digits.csv", {.label = "label"});
  digits.x /= 16;       // pixels from 0 to 1
  digits.y = digits.x;  // the target of an autoencoder is its input
  const auto images = split(digits, {.train = 0.7, .dev = 0, .seed = 1});

  const auto train_and_report = [&](const char* kind, auto& net) {
    fit(net, images.train, MeanSquaredError{}, Adam{.learning_rate = 3e-3},
        {.epochs = 60, .batch_size = 32, .progress = silent});
    std::printf("%-12s %4ld parameters, RMSE of a new image %.3f\n", kind,
                static_cast<long>(parameter_count(net)), evaluate(net, images.test, RootMeanSquaredError{}));
  };
  Rng rng{1};
  TiedAutoencoder tied{rng};
  Sequential untied{Dense{pixels, code_size, rng, XavierNormal{}}, Tanh{},
                    Dense{code_size, pixels, rng, XavierNormal{}}};
  train_and_report("tied", tied);
  train_and_report("two matrices", untied);

  std::printf("\nfour new images, and how the tied network decodes them:\n");
  draw(images.test.x.leftCols(4));
  draw(predict(tied, images.test.x.leftCols(4)));
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
