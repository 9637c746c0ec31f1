// Lesson 38: a network that can read digits learns another question about the same images from a few examples: is the
// digit even? Its last layer is replaced and trained first; the layers before it stay as they are.
//
//   38_transfer --examples 3 --seed 1

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <descent/descent.hpp>
#include <iostream>
#include <string>
#include <vector>

using namespace descent;

namespace {

/// Returns a few samples of each digit.
Dataset<> some_of_each(const Dataset<>& digits, int most) {
  std::vector<Index> chosen;
  std::vector<int> taken(10);
  for (Index j = 0; j < digits.samples(); ++j)
    if (taken[static_cast<std::size_t>(digits.y(0, j))]++ < most) chosen.push_back(j);
  return digits.subset(chosen);
}

/// Returns the samples with the class 1 if their digit is even, else 0.
Dataset<> with_parity(Dataset<> digits) {
  for (float& digit : digits.y.reshaped()) digit = 1 - std::fmod(digit, 2.0F);
  digits.class_names = {"odd", "even"};
  return digits;
}

}  // namespace

int main(int argc, char** argv) try {
  std::string data = EXAMPLES_DATA "digits.csv";
  int examples = 3;
  std::uint64_t seed = 1;
  CLI::App app{"Learns to tell even digits from odd ones with a network that was trained to read digits."};
  app.option_defaults()->always_capture_default();
  app.add_option("--data", data, "CSV file with 64 pixels and a label per line");
  app.add_option("--examples", examples, "examples of each digit for the new question");
  app.add_option("--seed", seed, "seed of split, initialization and order");
  CLI11_PARSE(app, argc, argv);

  Dataset digits = read_csv(data, {.label = "label"});
  digits.x = digits.x / 8 - Matrix<>::Ones(digits.x.rows(), digits.x.cols());
  const auto [train, dev, test] = split(digits, {.train = 0.7, .dev = 0.1, .stratify = true, .seed = seed});
  const Dataset few = with_parity(some_of_each(train, examples)), unseen = with_parity(test);

  // The first question, with all samples.
  Rng rng{seed};
  Sequential net{Dense{64, 64, rng}, BatchNorm{64}, ReLU{}, Dense{64, 32, rng}, ReLU{}, Dense{32, 10, rng}};
  fit(net, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = 3e-3},
      {.epochs = 20, .seed = seed, .progress = silent});
  std::printf("reads digits: %.3f\n", evaluate(net, test, Accuracy{}));

  // The second question, with a few. A new last layer, and first only that.
  net.layer<5>() = Dense{32, 2, rng};
  const auto before = parameters_of(net.layer<0>());
  fit(net, few, SoftmaxCrossEntropy{}, AdamW{.learning_rate = 1e-2},
      {.epochs = 60, .batch_size = 10, .frozen = {"0", "1", "3"}, .seed = seed, .progress = silent});
  std::printf("first layer unchanged: %s\n", parameters_of(net.layer<0>()) == before ? "yes" : "no");
  const double head_only = evaluate(net, unseen, Accuracy{});

  // Then all of it, with small steps of what was learned before.
  fit(net, few, SoftmaxCrossEntropy{}, AdamW{.learning_rate = 1e-3},
      {.epochs = 20,
       .batch_size = 10,
       .frozen = {"1"},
       .rate_factors = {{"0", 0.1}, {"3", 0.3}},
       .seed = seed,
       .progress = silent});
  const double tuned = evaluate(net, unseen, Accuracy{});

  // The same few examples without what the first question has taught.
  Sequential scratch{Dense{64, 64, rng}, BatchNorm{64}, ReLU{},
                     Dense{64, 32, rng}, ReLU{},        Dense{32, 2, rng}};
  fit(scratch, few, SoftmaxCrossEntropy{}, AdamW{.learning_rate = 3e-3},
      {.epochs = 80, .batch_size = 10, .seed = seed, .progress = silent});

  std::printf("even or odd, from %d examples\n", static_cast<int>(few.samples()));
  std::printf("  from scratch:          %.3f\n", evaluate(scratch, unseen, Accuracy{}));
  std::printf("  new last layer:        %.3f\n", head_only);
  std::printf("  then all, small steps: %.3f\n", tuned);

  // The features that the last layer sees, such as for a search of similar digits.
  const Matrix<> features = outputs_of(net, "4", unseen.x);
  std::printf("features: %d x %d\n", static_cast<int>(features.rows()), static_cast<int>(features.cols()));
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
