// Lesson 36: several labels for each sample. A song may be fast, loud, sad and danceable, or nothing of these.
//
// The targets have a row for each label, 1 where the sample has it. Each output is the logit of a label, judged by the
// sigmoid; the softmax would make the labels exclude each other.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <descent/descent.hpp>
#include <iostream>
#include <string>
#include <vector>

using namespace descent;

namespace {

const std::vector<std::string> labels{"fast", "loud", "sad", "danceable"};

/// Songs of 6 measured features, whose labels depend on them, with some noise.
Dataset<> songs(Index samples, std::uint64_t seed) {
  Rng rng{seed};
  Dataset<> data{.x = Matrix<>(6, samples), .y = Matrix<>(4, samples)};
  for (Index j = 0; j < samples; ++j) {
    for (float& x : data.x.col(j)) x = static_cast<float>(rng.normal());
    const auto x = data.x.col(j);
    const auto is = [&](float score) {
      return score + 0.3F * static_cast<float>(rng.normal()) > 0 ? 1.0F : 0.0F;
    };
    data.y(0, j) = is(x(0) + 0.5F * x(1));
    data.y(1, j) = is(x(2) * x(2) - 1);
    data.y(2, j) = is(-x(0) - x(3) - 1);
    data.y(3, j) = is(x(0) + std::abs(x(4)) - 2);  // rare
  }
  return data;
}

}  // namespace

int main() try {
  const Dataset<> train = songs(4000, 1), test = songs(2000, 2);
  Rng rng{1};
  Sequential net{Dense{6, 32, rng}, ReLU{}, Dense{32, 4, rng}};
  fit(net, train, SigmoidCrossEntropy{}, Adam{.learning_rate = Cosine{.initial = 1e-2, .steps = 30}},
      {.epochs = 30, .progress = silent});

  MultilabelF1 f1;
  f1.update(Batch<>{predict(net, test.x)}, Batch<>{test.y});
  std::printf("labels right     %.3f\n", evaluate(net, test, MultilabelAccuracy{}));
  std::printf("samples right    %.3f\n", evaluate(net, test, MultilabelExactMatch{}));
  std::printf("F1, macro        %.3f\n", f1.value());
  for (std::size_t i = 0; i < labels.size(); ++i)
    std::printf("  %-14s %.3f\n", labels[i].c_str(), f1.per_label()[i]);

  const BestThreshold best = best_threshold(net, train, MultilabelF1{});
  std::printf("F1 at logit %+.2f %.3f\n", best.threshold,
              evaluate(net, test, MultilabelF1{.threshold = best.threshold}));
  const Matrix<> p = predict_probabilities(net, test.x.leftCols(1), {.multilabel = true});
  for (std::size_t i = 0; i < labels.size(); ++i)
    std::printf("the first song is %s with probability %.2f\n", labels[i].c_str(),
                static_cast<double>(p(static_cast<Index>(i), 0)));
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
