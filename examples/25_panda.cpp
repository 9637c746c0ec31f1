// Lesson 25: one network, nursed like a panda's cub: pause, look, change, go back. A trainer is a value, so that a copy
// of it is the way back.
//
// Training begins with a rate that is too high. After each day of two epochs the dev set is looked at; a day that made
// it worse is undone, and lived again with a third of the rate.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <descent/descent.hpp>
#include <iostream>
#include <string>

using namespace descent;

int main(int argc, char** argv) try {
  std::string data = EXAMPLES_DATA "digits.csv";
  int days = 8;
  CLI::App app{"Nurses one network for digits."};
  app.add_option("--data", data, "CSV file with a column 'label'")->capture_default_str();
  app.add_option("--days", days, "days of two epochs")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  const Dataset digits = read_csv(data, {.label = "label"});
  const auto [train, dev, test] = split(digits, {.train = 0.6, .dev = 0.2, .stratify = true, .seed = 1});
  Rng rng{1};
  Sequential net{Standardize{train.x}, Dense{64, 64, rng}, ReLU{}, Dense{64, 10, rng}};

  Trainer trainer{
      net, SoftmaxCrossEntropy{}, Momentum{.learning_rate = 3}, {.validation = &dev, .progress = silent}};
  double best = evaluate(trainer.model, dev, SoftmaxCrossEntropy{});
  std::printf("at the beginning: dev loss %.4f\n", best);
  int undone = 0;
  for (int day = 1; day <= days; ++day) {
    const auto before = trainer;
    bool is_worse = false;
    try {
      trainer.run(train, 2);
      is_worse = trainer.history()["val_loss"].back() > best;
    } catch (const NumericalError&) {
      is_worse = true;
    }
    if (is_worse) {
      trainer = before;
      trainer.optimizer.learning_rate = trainer.learning_rate() / 3;
      std::printf("day %2d: worse; undone, rate %.4f\n", day, trainer.learning_rate());
      ++undone;
    } else {
      best = trainer.history()["val_loss"].back();
      std::printf("day %2d: dev loss %.4f with rate %.4f\n", day, best, trainer.learning_rate());
    }
  }
  std::printf("%d of %d days were undone; %zu epochs remain in the history\n", undone, days,
              trainer.history().epochs());
  std::printf("test accuracy: %.4f\n", evaluate(trainer.model, test, Accuracy{}));
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
