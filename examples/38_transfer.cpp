// Lesson 38: a network that knows many digits learns the others from a few examples: its last layer is replaced and
// trained first, the layers before it stay as they are.
//
//   38_transfer --examples 5 --seed 1

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <descent/descent.hpp>
#include <iostream>
#include <string>
#include <vector>

using namespace descent;

namespace {

/// Returns the samples of the classes from `first` to `last`, counted from 0; at most `most` of each.
Dataset<> digits_between(const Dataset<>& digits, int first, int last, int most) {
  std::vector<Index> chosen;
  std::vector<int> taken(10);
  for (Index j = 0; j < digits.samples(); ++j) {
    const int digit = static_cast<int>(digits.y(0, j));
    if (digit >= first && digit <= last && taken[static_cast<std::size_t>(digit)]++ < most) chosen.push_back(j);
  }
  Dataset<> part = digits.subset(chosen);
  part.y.array() -= static_cast<float>(first);
  return part;
}

}  // namespace

int main(int argc, char** argv) try {
  std::string data = EXAMPLES_DATA "digits.csv";
  int examples = 5;
  std::uint64_t seed = 1;
  CLI::App app{"Learns five digits from a few examples with a network that was trained on the other five."};
  app.option_defaults()->always_capture_default();
  app.add_option("--data", data, "CSV file with 64 pixels and a label per line");
  app.add_option("--examples", examples, "examples of each new digit");
  app.add_option("--seed", seed, "seed of split, initialization and order");
  CLI11_PARSE(app, argc, argv);

  Dataset digits = read_csv(data, {.label = "label"});
  digits.x = digits.x / 8 - Matrix<>::Ones(digits.x.rows(), digits.x.cols());
  const auto [train, dev, test] = split(digits, {.train = 0.7, .dev = 0.1, .stratify = true, .seed = seed});
  const Dataset old_digits = digits_between(train, 0, 4, 1000);
  const Dataset few = digits_between(train, 5, 9, examples), unseen = digits_between(test, 5, 9, 1000);

  // The digits 0 to 4, with all their samples.
  Rng rng{seed};
  Sequential net{Dense{64, 96, rng}, BatchNorm{96}, ReLU{}, Dense{96, 48, rng}, ReLU{}, Dense{48, 5, rng}};
  const Sequential fresh = net;
  fit(net, old_digits, SoftmaxCrossEntropy{}, Adam{.learning_rate = 3e-3},
      {.epochs = 20, .seed = seed, .progress = silent});

  // The digits 5 to 9, with a few. A new last layer, and first only that.
  net.layer<5>() = Dense{48, 5, rng};
  const auto before = parameters_of(net.layer<0>());
  fit(net, few, SoftmaxCrossEntropy{}, AdamW{.learning_rate = 1e-2},
      {.epochs = 60, .batch_size = 10, .frozen = {"0", "1", "3"}, .seed = seed, .progress = silent});
  const double head_only = evaluate(net, unseen, Accuracy{});
  std::printf("first layer unchanged: %s\n", parameters_of(net.layer<0>()) == before ? "yes" : "no");

  // Then all of it, with small steps of what it has learned before.
  fit(net, few, SoftmaxCrossEntropy{}, AdamW{.learning_rate = 3e-3},
      {.epochs = 40,
       .batch_size = 10,
       .frozen = {"1"},
       .rate_factors = {{"0", 0.1}, {"3", 0.3}},
       .seed = seed,
       .progress = silent});
  const double tuned = evaluate(net, unseen, Accuracy{});

  // The same examples without what the other digits have taught.
  auto scratch = fresh;
  fit(scratch, few, SoftmaxCrossEntropy{}, AdamW{.learning_rate = 1e-2},
      {.epochs = 100, .batch_size = 10, .seed = seed, .progress = silent});

  std::printf("%d examples of each new digit\n", examples);
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
