// Lesson 27: a page that shows a run, to be opened in a browser while it trains.
//
//   27_report --page digits.html --epochs 200
//
// The same digits are read by two networks, with Adam and with Momentum. Each run has a page; a third compares the two.
// The page of a run is one file. It shows the curves, the layers, the findings of a Doctor, the digits that are misread,
// and what is needed to repeat the run.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <descent/descent.hpp>
#include <descent/diagnosis.hpp>
#include <descent/report.hpp>
#include <filesystem>
#include <iostream>
#include <string>

using namespace descent;

int main(int argc, char** argv) try {
  std::string path = "27_report.html";
  int epochs = 20;
  CLI::App app{"Trains networks for digits, and writes pages that show the runs."};
  app.add_option("--page", path, "HTML file to write")->capture_default_str();
  app.add_option("--epochs", epochs, "passes through the training set")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  auto parts = split(read_csv(EXAMPLES_DATA "digits.csv", {.label = "label"}),
                     {.train = 0.6, .dev = 0.2, .stratify = true, .seed = 1});
  auto& [train, dev, test] = parts;
  const Standardize scale{train.x};
  for (Dataset<>* data : {&train, &dev, &test}) data->shape = {.channels = 1, .height = 8, .width = 8};
  const auto network = [&](std::uint64_t seed) {
    Rng rng{seed};
    return Sequential{scale,  Flatten{},         Dense{64, 64, rng}, ReLU{}, Dense{64, 32, rng},
                      ReLU{}, Dense{32, 10, rng}};
  };

  // A Doctor beside the page: the page shows its findings, and what it measured in each layer.
  auto net = network(1);
  Doctor doctor;
  Report page{path, {.title = "Digits with Adam", .command = {argv, argv + argc}}};
  const History adam = fit(net, train, SoftmaxCrossEntropy{}, Adam{},
                           {.epochs = epochs,
                            .validation = &dev,
                            .metrics = {Accuracy{}},
                            .observer = {&doctor, &page},
                            .progress = silent});
  page.evaluate("test set", net, test);
  std::printf("Adam: validation accuracy %.3f, %zu findings\n", adam["val_accuracy"].back(),
              doctor.findings().size());

  // Without a Doctor, and ended by a callback.
  auto other = network(1);
  Report second{path + ".momentum.html", {.title = "Digits with Momentum"}};
  const History momentum = fit(other, train, SoftmaxCrossEntropy{}, Momentum{.learning_rate = 0.1},
                               {.epochs = epochs,
                                .validation = &dev,
                                .metrics = {Accuracy{}},
                                .on_epoch_end = {[](const auto& e) {
                                  return e.history["loss"].back() < 0.01 ? Next::stop : Next::proceed;
                                }},
                                .observer = &second,
                                .progress = silent});
  std::printf("Momentum: validation accuracy %.3f\n", momentum["val_accuracy"].back());

  compare_runs(path + ".runs.html", {{"Adam", adam}, {"Momentum", momentum}}, "Adam and Momentum");

  // A run that fails leaves its page, with the message and what it had measured.
  auto third = network(1);
  Report failed{path + ".failed.html", {.title = "Digits with a rate that is too large"}};
  try {
    fit(third, train, SoftmaxCrossEntropy{}, GradientDescent{.learning_rate = 1e30},
        {.validation = &dev, .observer = &failed, .progress = silent});
  } catch (const NumericalError& error) {
    std::printf("failed as it should\n");
  }
  for (const char* page_of : {"", ".momentum.html", ".runs.html", ".failed.html"})
    std::printf("%s: less than 100 kB: %s\n", (path + page_of).c_str(),
                std::filesystem::file_size(path + page_of) < 100'000 ? "yes" : "no");
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
