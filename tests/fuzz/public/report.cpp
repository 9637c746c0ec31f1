#include <unistd.h>

#include <descent/descent.hpp>
#include <descent/diagnosis.hpp>
#include <descent/report.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "fuzz/public/calls.hpp"
#include "fuzz/public/networks.hpp"

namespace fuzz {

namespace {
using namespace descent;

/// A file that each call replaces, and that is removed at the end.
struct TemporaryFile {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("descent_fuzz_report_" + std::to_string(getpid()));

  ~TemporaryFile() { std::filesystem::remove(path), std::filesystem::remove(path.string() + ".json"); }
};
/// Returns its name, or sometimes one that cannot be written.
std::string any_path(Source& source) {
  static const TemporaryFile file;
  if (source.one_in(16)) return source.flag() ? "/no/such/place" : "";
  return file.path.string();
}

History any_history(Source& source) {
  History history;
  if (source.one_in(4)) history.add(source.text(), source.number());
  const auto names = std::vector<std::string>{source.text(), "val_" + source.text()};
  for (Index epochs = source.count(4); epochs > 0; --epochs) {
    NamedValues values{{names[0], source.number()}};
    if (names[1] != names[0]) values.push_back({names[1], source.number()});
    history.add_epoch(values, source.number(), source.number());
  }
  return history;
}

Dataset<double> any_samples(Source& source) {
  const Index samples = source.count(6);
  Dataset<double> data{.x = source.matrix(5, samples), .y = source.matrix(source.one_in(4) ? 3 : 1, samples)};
  if (!source.one_in(4))
    for (Index j = 0; j < data.y.cols(); ++j)
      for (Index i = 0; i < data.y.rows(); ++i) data.y(i, j) = source.below(3);
  if (source.one_in(4)) data.class_names.assign(source.below(4), source.text());
  if (source.one_in(4)) data.shape = {source.count(1), source.count(5), source.count(1)};
  return data;
}
}  // namespace

void add_report(Calls& calls) {
  calls.push_back({"Report: evaluate and add", [](Source& source) {
                     ReportOptions options{
                         .title = source.text(), .command = {source.text()}, .json = source.flag()};
                     if (source.one_in(4)) options.every_seconds = source.number();
                     Report report{any_path(source), options};
                     report.add(Findings{});
                     report.evaluate(source.text(), usual_network(source), any_samples(source));
                   }});
  calls.push_back(
      {"Report: a run", [](Source& source) {
         Report report{any_path(source), {.every_seconds = 0}};
         Doctor doctor;
         auto net = usual_network(source);
         const Dataset<double> train = any_samples(source), dev = any_samples(source);
         fit(net, train, SoftmaxCrossEntropy{},
             Adam{.learning_rate = source.one_in(4) ? source.number() : 0.01},
             {.epochs = 2, .validation = &dev, .observer = {&doctor, &report}, .progress = silent});
       }});
  calls.push_back({"compare_runs", [](Source& source) {
                     std::vector<NamedRun> runs;
                     for (unsigned n = source.below(4); n > 0; --n)
                       runs.push_back({source.text(), any_history(source)});
                     compare_runs(any_path(source), runs, source.text());
                   }});
  calls.push_back({"write_events", [](Source& source) {
                     write_events(any_path(source), any_history(source), source.number());
                   }});
}

}  // namespace fuzz
