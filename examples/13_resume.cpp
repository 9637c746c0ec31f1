// Lesson 13: a run that is killed resumes, and ends with the same bits as an uninterrupted run.
//
//   13_resume                                              demonstrates it with three runs
//   13_resume --checkpoint run.ckpt                        trains, or resumes from run.ckpt: kill and restart it
//   13_resume --checkpoint run.ckpt --die-after-step 150   exits after that step without cleaning up, as if killed
//
// The checkpoint contains the weights, the running statistics, the moments of Adam, the position in the shuffled epoch,
// the history and the state of early stopping. It needs no random numbers of dropout: they are functions of the seed
// and the step.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <descent/descent.hpp>
#include <filesystem>
#include <iostream>
#include <limits>
#include <string>

using namespace descent;

struct Settings {
  std::string data = EXAMPLES_DATA "digits.csv";
  std::string checkpoint;
  std::int64_t die_after_step = std::numeric_limits<std::int64_t>::max();
};

auto train(const Settings& settings) {
  const Dataset digits = read_csv(settings.data, {.label = "label"});
  auto [train, dev, test] = split(digits, {.train = 0.7, .dev = 0.1, .stratify = true, .seed = 1});

  Rng rng{1};
  Sequential net{Standardize{train.x},   Dense{64, 64, rng}, BatchNorm{64}, ReLU{},
                 Dropout{{.keep = 0.9}}, Dense{64, 10, rng}};
  const bool begun = std::filesystem::exists(settings.checkpoint);
  const History history = fit(net, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = 3e-3},
                              {.epochs = 20,
                               .validation = &dev,
                               .metrics = {Accuracy{}},
                               .early_stopping = EarlyStopping{.patience = 10},
                               .on_step_end = {[&](const auto& e) {
                                 if (e.step > settings.die_after_step) std::_Exit(1);
                               }},
                               .checkpoint = {.path = settings.checkpoint, .every_steps = 10},
                               .resume_from = begun ? settings.checkpoint : "",
                               .progress = silent});
  std::printf("%s: %zu epochs, loss %.6f, test accuracy %.4f\n", begun ? "resumed" : "new run",
              history.epochs(), history["loss"].back(), evaluate(net, test, Accuracy{}));
  return predict(net, test.x);
}

void show(const std::string& program, Settings settings) {
  const Matrix<> uninterrupted = train(settings);

  settings.checkpoint = (std::filesystem::temp_directory_path() / "13_resume.ckpt").string();
  std::filesystem::remove(settings.checkpoint);
  const std::string command = '"' + program + "\" --data \"" + settings.data + "\" --checkpoint \"" +
                              settings.checkpoint + "\" --die-after-step 255";
  std::printf("a second process was killed in epoch 7, exit status %s\n",
              std::system(command.c_str()) == 0 ? "0" : "1");

  const Matrix<> resumed = train(settings);
  std::printf("predictions of both runs: %s\n", resumed == uninterrupted ? "the same bits" : "different");
  std::filesystem::remove(settings.checkpoint);
  std::filesystem::remove(settings.checkpoint + ".best");
}

int main(int argc, char** argv) try {
  CLI::App app{"Trains with checkpoints."};
  Settings settings;
  app.add_option("--data", settings.data, "CSV file with a column 'label'")->capture_default_str();
  app.add_option("--checkpoint", settings.checkpoint, "file to write, and to resume from if it exists");
  app.add_option("--die-after-step", settings.die_after_step, "exit after this step without cleaning up");
  CLI11_PARSE(app, argc, argv);
  if (settings.checkpoint.empty())
    show(argv[0], settings);
  else
    train(settings);
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
