// Lesson 19: planted faults, and who finds them.
//
// The digits of lesson 1, with one fault at a time, in the data, the network or the training. `examine` looks before the
// first step; if it has no warning, a `Doctor` watches two epochs of training, some 80 steps. For each fault the worst
// finding is printed, with its cure. Without a fault both are silent.
//
// Then a run is nursed as the panda of the course: it pauses, the findings are read, and from a copy of the trainer it
// starts again with a learning rate that `find_learning_rate` suggests.

#include <cstdio>
#include <descent/descent.hpp>
#include <descent/diagnosis.hpp>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

using namespace descent;

using Net = DynamicSequential<>;

struct Experiment {
  Dataset<> train, dev;
  Net net;
  Adam optimizer = {.learning_rate = 3e-3};
  FitOptions<Net> options = {.epochs = 2, .batch_size = 32, .progress = silent};
};

Net make_network(const auto& activation, const auto& init, int hidden = 2) {
  Rng rng{1};
  Net net;
  for (int i = 0; i < hidden; ++i) net.add(Dense{i == 0 ? 64 : 32, 32, rng, init}).add(activation);
  net.add(Dense{32, 10, rng, init});
  return net;
}

/// The experiment without a fault.
Experiment healthy(const Dataset<>& digits) {
  const auto parts = split(digits, {.train = 0.7, .dev = 0.3, .stratify = true, .seed = 1});
  Experiment e{.train = parts.train, .dev = parts.dev, .net = make_network(ReLU{}, HeNormal{})};
  const Standardize scale{e.train.x};
  scale.apply(e.train.x), scale.apply(e.dev.x);
  return e;
}

/// Prints the worst finding of `examine`, or else of a `Doctor` that watches the training.
void report(const std::string& fault, Experiment e) {
  Findings findings = examine(e.net, e.train, SoftmaxCrossEntropy{}, {.validation = &e.dev});
  if (findings.worst() < Severity::warning) {
    Doctor doctor;
    e.options.observer = &doctor;
    fit(e.net, e.train, SoftmaxCrossEntropy{}, e.optimizer, e.options);
    findings = doctor.findings();
  }
  std::cout << fault << ":\n  ";
  if (findings.worst() < Severity::warning)
    std::cout << "nothing\n";
  else
    std::cout << Findings::line(findings[0]);
}

int main() try {
  const Dataset digits = read_csv(EXAMPLES_DATA "digits.csv", {.label = "label"});
  const auto plant = [&](const std::string& fault, const std::function<void(Experiment&)>& change) {
    Experiment e = healthy(digits);
    change(e);
    report(fault, std::move(e));
  };
  Rng rng{1};

  plant("no fault", [](Experiment&) {});

  std::cout << "\nIn the data\n";
  plant("raw pixels, from 0 to 16", [&](Experiment& e) {
    const auto parts = split(digits, {.train = 0.7, .dev = 0.3, .stratify = true, .seed = 1});
    e.train = parts.train, e.dev = parts.dev;
  });
  plant("a tenth of the labels is wrong", [&](Experiment& e) {
    for (Index j = 0; j < e.train.samples(); j += 10)
      e.train.y(0, j) =
          static_cast<float>((static_cast<int>(e.train.y(0, j)) + 1 + static_cast<int>(rng.below(9))) % 10);
  });
  plant("the labels of other images", [&](Experiment& e) {
    Matrix<> shifted(1, e.train.samples());
    shifted << e.train.y.rightCols(1), e.train.y.leftCols(e.train.samples() - 1);
    e.train.y = shifted;
  });
  plant("images of the dev set in the training set",
        [&](Experiment& e) { e.dev.x.leftCols(20) = e.train.x.leftCols(20); });
  plant("a class that is rare", [&](Experiment& e) {
    std::vector<Index> kept;
    for (Index j = 0; j < e.train.samples(); ++j)
      if (e.train.y(0, j) != 7 || j % 10 == 0) kept.push_back(j);
    e.train = e.train.subset(kept);
  });

  std::cout << "\nIn the network\n";
  plant("weights of zero", [](Experiment& e) { e.net = make_network(ReLU{}, Zeros{}); });
  plant("weights of deviation 1",
        [](Experiment& e) { e.net = make_network(ReLU{}, Normal{.deviation = 1}); });
  plant("softmax twice", [](Experiment& e) { e.net.add(Softmax{}); });
  plant("seven layers of sigmoid units",
        [](Experiment& e) { e.net = make_network(Sigmoid{}, XavierNormal{}, 7); });
  plant("units that never fire",
        [](Experiment& e) { e.net[0].get_if<Dense<>>()->bias.head(24).setConstant(-20); });

  std::cout << "\nIn the training\n";
  plant("a learning rate that is 300 times too large", [](Experiment& e) { e.optimizer.learning_rate = 1; });
  plant("a learning rate that is 1000 times too small",
        [](Experiment& e) { e.optimizer.learning_rate = 3e-6; });
  plant("a penalty that is too large", [](Experiment& e) { e.options.regularizer = L2{.lambda = 1000}; });
  plant("sorted by class and not shuffled", [](Experiment& e) {
    std::vector<Index> sorted;
    for (int c = 0; c < 10; ++c)
      for (Index j = 0; j < e.train.samples(); ++j)
        if (static_cast<int>(e.train.y(0, j)) == c) sorted.push_back(j);
    e.train = e.train.subset(sorted);
    e.options.shuffle = false;
  });

  std::cout << "\nNursing a run\n";
  const Experiment e = healthy(digits);
  Trainer trainer{e.net, SoftmaxCrossEntropy{}, Adam{.learning_rate = 1}, e.options};
  trainer.options.observer = Doctor{};  // by value, so that a copy of the trainer has its own
  const auto run = [&] {
    trainer.run(e.train);
    std::printf("accuracy at rate %.3f: %.3f\n", trainer.learning_rate(),
                evaluate(trainer.model, e.dev, Accuracy{}));
    std::cout << trainer.options.observer.get_if<Doctor>()->findings();
  };
  const auto before = trainer;
  run();
  trainer = before;
  trainer.optimizer.learning_rate =
      find_learning_rate(trainer.model, trainer.loss, trainer.optimizer, e.train).suggested;
  run();
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
