// Lesson 21: a Siamese network. One encoder, applied to both images of a pair, learns whether they show the same digit.
//
// A sample has two inputs, stacked in one column: the formula takes them apart, applies the encoder to each, and
// compares the two codes. The encoder has its weights once: the gradients of its two applications add.

#include <cstddef>
#include <cstdio>
#include <descent/autodiff.hpp>
#include <descent/descent.hpp>
#include <iostream>
#include <vector>

using namespace descent;

constexpr Index pixels = 64;

/// The logit of "the same digit": the nearer the codes of the two images, the larger it is.
struct Siamese : Formula<Siamese> {
  using Encoder = Sequential<Dense<>, ReLU<>, Dense<>>;

  explicit Siamese(Rng& rng) : encoder{Dense{pixels, 64, rng}, ReLU{}, Dense{64, 16, rng}} {}

  static void visit(auto&& f, auto&... tree) {
    Encoder::visit(under("encoder", f), tree.encoder...);
    f(Parameter{"threshold", Role::bias}, tree.threshold...);
  }
  Variable<> formula(const Variable<>& pair, const Pass& pass) const {
    const auto [left, right] = split(pair, {pixels, pixels});
    const auto difference = apply(encoder, left, pass) - apply(encoder, right, pass);
    return threshold - squared_norm(difference, Over::features);
  }

  Encoder encoder;
  Vector<> threshold = Vector<>::Ones(1);
};

/// Returns pairs of images with the target 1 where both show the same digit, which every second pair does.
Dataset<> pairs_of(const Dataset<>& images, Index count, Rng& rng) {
  std::vector<std::vector<Index>> same(10), other(10);  // for each digit
  for (Index i = 0; i < images.samples(); ++i)
    for (std::size_t digit = 0; digit < 10; ++digit)
      (static_cast<std::size_t>(images.y(i)) == digit ? same : other)[digit].push_back(i);

  const auto any_of = [&](const std::vector<Index>& indices) {
    return indices[static_cast<std::size_t>(rng.below(static_cast<Index>(indices.size())))];
  };
  Dataset<> pairs{.x = Matrix<>(2 * pixels, count), .y = Matrix<>(1, count)};
  for (Index j = 0; j < count; ++j) {
    const Index left = rng.below(images.samples());
    const auto& candidates = j % 2 == 0 ? same : other;
    const Index right = any_of(candidates[static_cast<std::size_t>(images.y(left))]);
    pairs.x.col(j) << images.x.col(left), images.x.col(right);
    pairs.y(j) = j % 2 == 0 ? 1 : 0;
  }
  return pairs;
}

int main() try {
  Dataset digits = read_csv(EXAMPLES_DATA "digits.csv", {.label = "label"});
  digits.x /= 16;  // pixels from 0 to 1
  const auto images = split(digits, {.train = 0.7, .dev = 0, .stratify = true, .seed = 1});

  Rng rng{1};
  const Dataset<> train = pairs_of(images.train, 10000, rng), test = pairs_of(images.test, 5000, rng);
  Siamese net{rng};
  std::printf("accuracy on pairs of new images before training: %.3f\n", evaluate(net, test, Accuracy{}));

  fit(net, train, SigmoidCrossEntropy{}, Adam{.learning_rate = 2e-3},
      {.epochs = 20, .batch_size = 64, .progress = silent});
  std::printf("accuracy on pairs of new images after training:  %.3f\n", evaluate(net, test, Accuracy{}));

  // The encoder is a network like any other: the nearest training image in the space of its codes names a digit.
  const Matrix<> known = predict(net.encoder, images.train.x), codes = predict(net.encoder, images.test.x);
  Index correct = 0;
  for (Index j = 0; j < codes.cols(); ++j) {
    Index nearest = 0;
    (known.colwise() - codes.col(j)).colwise().squaredNorm().minCoeff(&nearest);
    if (images.train.y(nearest) == images.test.y(j)) ++correct;
  }
  std::printf("digits named after the nearest code:             %.3f\n",
              static_cast<double>(correct) / static_cast<double>(codes.cols()));
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
