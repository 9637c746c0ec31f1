// Lesson 13: a run that dies goes on as if nothing had happened.
//
//   13_resume                                              shows it, in three runs
//   13_resume --checkpoint run.ckpt                        trains, or goes on where run.ckpt ends: kill it, start it again
//   13_resume --checkpoint run.ckpt --die-after-step 150   ends at once after that step, as if the power had failed
//
// The checkpoint holds the weights, the running statistics, the moments of Adam, the place in the shuffled epoch, the
// history and what early stopping has seen. The random numbers of dropout need no place in it: they are a function of
// the seed and the step.

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
  std::printf("%s: %zu epochs measured, loss %.6f, test accuracy %.4f\n", begun ? "resumed " : "from new",
              history.epochs(), history["loss"].back(), evaluate(net, test, Accuracy{}));
  return predict(net, test.x);
}

void show(const std::string& program, Settings settings) {
  const Matrix<> uninterrupted = train(settings);

  settings.checkpoint = (std::filesystem::temp_directory_path() / "13_resume.ckpt").string();
  std::filesystem::remove(settings.checkpoint);
  const std::string command = '"' + program + "\" --data \"" + settings.data + "\" --checkpoint \"" +
                              settings.checkpoint + "\" --die-after-step 255";
  std::printf("another program died in epoch 7, with status %s\n",
              std::system(command.c_str()) == 0 ? "0" : "1");

  const Matrix<> resumed = train(settings);
  std::printf("predictions of both: %s\n", resumed == uninterrupted ? "the same bits" : "different");
  std::filesystem::remove(settings.checkpoint);
  std::filesystem::remove(settings.checkpoint + ".best");
}

int main(int argc, char** argv) try {
  CLI::App app{"Trains with checkpoints."};
  Settings settings;
  app.add_option("--data", settings.data, "CSV file with a column 'label'")->capture_default_str();
  app.add_option("--checkpoint", settings.checkpoint, "file to write, and to go on from if it is there");
  app.add_option("--die-after-step", settings.die_after_step, "end without a word after this step");
  CLI11_PARSE(app, argc, argv);
  if (settings.checkpoint.empty())
    show(argv[0], settings);
  else
    train(settings);
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
