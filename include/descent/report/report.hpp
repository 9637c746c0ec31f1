#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/concepts/output_kind.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/options.hpp"
#include "descent/data/dataset.hpp"
#include "descent/diagnosis/doctor.hpp"
#include "descent/diagnosis/finding.hpp"
#include "descent/diagnosis/summary.hpp"
#include "descent/inference/predict.hpp"
#include "descent/report/page.hpp"
#include "descent/report/report_data.hpp"
#include "descent/report/report_json.hpp"
#include "descent/report/results.hpp"
#include "descent/report/run_options.hpp"
#include "descent/serialize/atomic_file.hpp"
#include "descent/training/progress.hpp"

namespace descent::inline DESCENT_ABI {

template <class S>
class Trials;

/// The options of `Report`.
struct ReportOptions {
  std::string title = {};                 ///< of the page; by default its file name
  std::vector<std::string> command = {};  ///< the command line to show, such as `{argv, argv + argc}`
  double every_seconds = 5;               ///< the shortest time between two pages of a run
  bool evaluate = true;             ///< at the end of a run, shows the predictions for the validation set
  bool json = false;                ///< writes all data beside the page, with the extension `.json`
  double (*clock)() = detail::now;  ///< the time in seconds, for tests
};

/// A page that shows a training run: curves, layers, the findings of a `Doctor`, predictions, and what is needed to
/// repeat the run. It is one HTML file, which any browser opens without a network; while training it is rewritten, and
/// a browser that shows it follows.
///
///   Doctor doctor;
///   Report page{"digits.html", {.title = "Digits"}};
///   fit(net, train, SoftmaxCrossEntropy{}, Adam{}, {.validation = &dev, .observer = {&doctor, &page}});
///   page.evaluate("test set", net, test);
///
/// It observes a run alone, or together with a `Doctor`, whose findings and statistics of the layers it shows. Of a
/// training that throws, it shows the message and what was measured before. For another training it begins anew. It is
/// a value; pass its address, since all copies write the same file.
///
/// Throws   DataError for `.every_seconds` below 0. FormatError when the file cannot be written: at the beginning of a
///          run, at its end, and by `evaluate`, `add` and `write`; at other times it is tried again.
/// Cost     a page takes about a millisecond and the time to write some 50 kB; at the end of a run, a forward pass of
///          the validation set (benchmarks/report.cpp)
/// Example  examples/27_report.cpp
class Report {
 public:
  explicit Report(std::string path, ReportOptions options = {})
      : path_{std::move(path)}, options_{std::move(options)} {
    expect_not_negative({"Report", "every_seconds", options_.every_seconds});
    if (options_.clock == nullptr) options_.clock = detail::now;
    data_.title = options_.title.empty() ? file_name() : options_.title;
    data_.command = options_.command;
  }

  const std::string& path() const { return path_; }

  /// Adds the predictions of a model for a data set, with its name, and writes the page: the confusion matrix, the
  /// samples that are wrong, and for two classes the curves over the threshold; for numbers, predicted against actual.
  ///
  /// Throws   as evaluate
  template <Layer M>
  void evaluate(std::string name, const M& model, const Dataset<typename M::Scalar>& data,
                const PredictOptions& options = {}) {
    add(detail::results_of(std::move(name), model, data, expected_of(model, data), *options.threads.start()));
    write();
  }

  /// Adds findings, such as those of `examine`, `diagnose` or `overfit`, and writes the page.
  void add(const Findings& findings) {
    added_.add(findings);
    write();
  }
  /// Adds the table of a search, with a chart of the settings, and writes the page.
  template <class S>
  void add(const Trials<S>& trials) {
    data_.search = detail::search_table(trials);
    write();
  }

  /// Writes the page with all that is known.
  void write() {
    data_.findings = added_;
    data_.findings.add(doctor_);
    written_at_ = options_.clock();
    data_.written = static_cast<double>(std::time(nullptr));
    const bool is_live = data_.state == detail::RunState::training;
    constexpr bool flush = false;  // it takes longer than all else, and a page is no checkpoint
    const auto replace = [&](const std::string& path, auto&& text) {
      replace_file(
          path, "Report", [&](std::ostream& out) { out << text(); }, flush);
    };
    replace(path_,
            [&] { return detail::page_text(json_text(6, false), is_live ? options_.every_seconds : -1); });
    if (options_.json) replace(json_path(), [&] { return json_text(17, true) + '\n'; });
  }

  // The members of an `Observer`.

  bool is_due(std::int64_t) const { return options_.clock() - written_at_ >= options_.every_seconds; }

  void begin(const auto& run) {
    if (run.steps == 0) forget();
    began_at_ = options_.clock() - data_.seconds;
    expected_ = run.expected;
    if (data_.started == 0) data_.started = static_cast<double>(std::time(nullptr));
    data_.options = detail::options_of(run);
    data_.first_epoch = run.options.first_epoch;
    data_.planned_epochs = run.options.epochs;
    data_.summary = summary(run.model, run.train.sample_shape());
    data_.state = detail::RunState::training;
    see(run);
    write();
  }
  void before_update(const auto& step) { write_again(step.run); }
  void after_update(const auto&) {}
  void end_epoch(const auto& run) {
    if (is_due(0)) write_again(run);
  }
  void end(const auto& run) {
    if (!options_.evaluate || run.validation == nullptr) return;
    add(detail::results_of("validation set", run.best_model, *run.validation, run.expected, run.workers));
  }
  void finish(const auto& run, std::string_view failure) {
    data_.state = failure.empty() ? detail::RunState::finished : detail::RunState::failed;
    data_.failure = failure;
    see(run);
    write();
  }

 private:
  void forget() {
    data_.state = detail::RunState::planned;
    data_.failure.clear();
    data_.started = data_.seconds = 0;
    data_.history = {};
    data_.looks.clear();
    data_.results.clear();
    data_.has_doctor = false;
    doctor_ = {};
  }

  /// Takes over the progress of a run.
  void see(const auto& run) {
    data_.seconds = options_.clock() - began_at_;
    data_.epochs = run.epochs - run.options.first_epoch;
    data_.steps = run.steps;
    data_.history = run.history;
    if (const Doctor* doctor = run.options.observer.template get_if<Doctor>()) {
      data_.has_doctor = true;
      doctor_ = doctor->findings();
      data_.looks = doctor->looks();
    }
  }
  /// Writes a page of a run in progress; a failure must not end the run.
  void write_again(const auto& run) {
    see(run);
    try {
      write();
    } catch (const FormatError&) {  // a full disk, say; `finish` throws if it stays so
    }
  }

  /// Adds results, in place of others of the same name.
  void add(detail::Results results) {
    for (detail::Results& other : data_.results)
      if (other.name == results.name) {
        other = std::move(results);
        return;
      }
    data_.results.push_back(std::move(results));
  }

  /// Returns the kind of outputs that the loss expects or, before a run, a guess: a model with more outputs than a
  /// sample has targets, or with outputs of a declared kind, predicts classes.
  template <Layer M>
  OutputKind expected_of(const M& model, const Dataset<typename M::Scalar>& data) const {
    if (data_.state != detail::RunState::planned) return expected_;
    const OutputKind declared = output_kind(model);
    const bool has_more = model.output_shape(data.sample_shape()).size() > data.y.rows();
    return declared == OutputKind::unknown && has_more ? OutputKind::scores : declared;
  }

  std::string json_text(int digits, bool complete) const {
    detail::JsonWriter json{digits};
    detail::ReportJson{json, complete}.write(data_);
    return json.text();
  }
  std::string file_name() const { return path_.substr(path_.find_last_of("/\\") + 1); }
  std::string json_path() const {
    const std::string name = file_name();
    const std::size_t dot = name.rfind('.');
    return path_.substr(0, path_.size() - (dot == std::string::npos ? 0 : name.size() - dot)) + ".json";
  }

  std::string path_;
  ReportOptions options_;
  detail::ReportData data_;
  Findings added_, doctor_;
  OutputKind expected_ = OutputKind::unknown;
  double began_at_ = 0, written_at_ = 0;
};

}  // namespace descent
