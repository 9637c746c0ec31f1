// Writes the pages that a browser checks, and beside each the numbers that it must show: pages FOLDER.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <descent/descent.hpp>
#include <descent/diagnosis.hpp>
#include <descent/report.hpp>
#include <descent/search.hpp>
#include <filesystem>
#include <fstream>
#include <string>

using namespace descent;

namespace {

struct Settings {
  double rate = 1e-3, beta = 0.9;
  Index width = 8;
  int kind = 0;
  static void visit(auto&& f, auto& s) {
    f(Choice{"kind", {"adam", "momentum"}}, s.kind);
    f(Range{"rate", 1e-4, 1, Scale::log}, s.rate);
    if (s.kind == 1) f(Range{"beta", 0.5, 0.99, Scale::one_minus_log}, s.beta);
    f(Range{"width", 4, 64, Scale::log}, s.width);
  }
};

void write(const std::filesystem::path& path, const History& history) {
  std::ofstream out{path, std::ios::binary};
  history.write_json(out);
}

/// Images of ten classes, with names that are no markup, a Doctor and a search.
History digits(const std::string& folder) {
  auto parts = split(read_csv(EXAMPLES_DATA "digits.csv", {.label = "label"}),
                     {.train = 0.5, .dev = 0.2, .stratify = true, .seed = 1});
  const Standardize scale{parts.train.x};
  for (Dataset<>* data : {&parts.train, &parts.dev}) {
    scale.apply(data->x);
    data->shape = {.channels = 1, .height = 8, .width = 8};
    data->class_names = {"zero",
                         "<b>one</b>",
                         "two \"2\"",
                         "three\nlines",
                         "four \xE2\x80\xAE"
                         "4",
                         "five",
                         "six",
                         "seven",
                         "eight",
                         "</script>"};
  }
  Rng rng{1};
  Sequential net{Flatten{}, Dense{64, 32, rng}, BatchNorm{32}, ReLU{}, Dense{32, 16, rng},
                 Tanh{},    Dense{16, 10, rng}};
  Doctor doctor{{.every = 4}};
  Report page{folder + "/digits.html",
              {.title = "Digits </title> & <i>co</i>", .command = {"train", "--name", "it's"}}};
  History history = fit(net, parts.train, SoftmaxCrossEntropy{}, Adam{.learning_rate = 3e-3},
                        {.epochs = 12,
                         .validation = &parts.dev,
                         .metrics = {Accuracy{}},
                         .observer = {&doctor, &page},
                         .progress = silent});
  Findings more;
  more.add({.rule = "note",
            .severity = Severity::note,
            .what = "a note",
            .cure = "read it",
            .measured = 1,
            .limit = 2});
  more.add({.rule = "warning", .place = "2.weight", .what = "a warning", .cure = "mind it"});
  more.add(
      {.rule = "error", .severity = Severity::error, .place = "3", .what = "an error", .cure = "mend it"});
  page.add(more);

  Search<Settings> search{{.trials = 30, .epochs = 1, .monitor = "cost"}};
  while (const auto trial = search.ask())
    if (trial->number == 7)
      search.fail(7, "failed on purpose");
    else
      search.tell(trial->number, std::abs(std::log(trial->settings.rate) + 4) +
                                     1.0 / static_cast<double>(trial->settings.width));
  page.add(search.trials());
  return history;
}

/// Two classes; the run fails in the end.
History cancer(const std::string& folder) {
  auto parts = split(read_csv(EXAMPLES_DATA "breast_cancer.csv", {.label = "label"}),
                     {.train = 0.6, .dev = 0.4, .stratify = true, .seed = 1});
  Rng rng{2};
  Sequential net{Standardize{parts.train.x}, Dense{30, 8, rng}, ReLU{}, Dense{8, 1, rng}};
  Report page{folder + "/cancer.html"};
  History history;
  try {
    fit(net, parts.train, SigmoidCrossEntropy{}, Adam{},
        {.epochs = 8,
         .validation = &parts.dev,
         .metrics = {Accuracy{}, RocAuc{}},
         .on_epoch_end = {[&](const auto& e) {
           history = e.history;
           if (e.epoch == 6) throw DataError("callback", "expected patience, got <none>", "wait");
         }},
         .observer = &page,
         .progress = silent});
  } catch (const DataError&) {
  }
  page.evaluate("test set", net, parts.dev);
  return history;
}

/// Numbers to predict, for many epochs.
History numbers(const std::string& folder) {
  Rng rng{3};
  Dataset<> data{Matrix<>(3, 400), Matrix<>(1, 400)};
  for (Index j = 0; j < 400; ++j) {
    for (Index i = 0; i < 3; ++i) data.x(i, j) = static_cast<float>(rng.normal());
    data.y(0, j) = std::sin(data.x(0, j)) + data.x(1, j) * data.x(2, j);
  }
  auto parts = split(data, {.train = 0.7, .dev = 0.3, .seed = 1});
  Sequential net{Dense{3, 16, rng}, Tanh{}, Dense{16, 1, rng}};
  Report page{folder + "/numbers.html"};
  return fit(
      net, parts.train, MeanSquaredError{}, Adam{.learning_rate = Cosine{.initial = 1e-2, .steps = 100}},
      {.epochs = 100, .validation = &parts.dev, .metrics = {R2{}}, .observer = &page, .progress = silent});
}

/// A run that still trains: a page that loads itself again every second.
void live(const std::string& folder) {
  const Dataset<> data = blobs({.samples = 60, .classes = 3, .seed = 1});
  Rng rng{1};
  Sequential net{Dense{2, 8, rng}, ReLU{}, Dense{8, 3, rng}};
  Report page{folder + "/live.html", {.every_seconds = 1}};
  page.evaluate("training set", net, data);
  const auto keep = [&](const auto& e) {
    if (e.epoch == 3) std::filesystem::copy_file(folder + "/live.html", folder + "/live.kept.html");
  };
  Report quick{folder + "/live.html", {.every_seconds = 0}};
  fit(net, data, SoftmaxCrossEntropy{}, Adam{},
      {.epochs = 4, .validation = &data, .on_epoch_end = {keep}, .observer = &quick, .progress = silent});
  std::filesystem::rename(folder + "/live.kept.html", folder + "/live.html");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const History a = digits(folder), b = cancer(folder), c = numbers(folder);
  write(folder + "/digits.json", a), write(folder + "/cancer.json", b), write(folder + "/numbers.json", c);
  live(folder);
  compare_runs(folder + "/runs.html",
               {{"<b>Adam</b>", a}, {"a run with a long name, longer than its place", b}, {"three", c}},
               "Three runs");
  write(folder + "/runs.json", a);
}
