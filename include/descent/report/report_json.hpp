#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

#include "descent/core/finite.hpp"
#include "descent/core/types.hpp"
#include "descent/diagnosis/finding.hpp"
#include "descent/diagnosis/rules/network.hpp"
#include "descent/diagnosis/rules/rule.hpp"
#include "descent/diagnosis/statistics.hpp"
#include "descent/diagnosis/summary.hpp"
#include "descent/report/environment.hpp"
#include "descent/report/json_writer.hpp"
#include "descent/report/report_data.hpp"
#include "descent/report/results.hpp"
#include "descent/report/score_curves.hpp"
#include "descent/training/history.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Returns at most `most` indices of values, in order: in each part of the series the lowest and the highest value, so
/// that no peak is lost; and the first and the last.
inline std::vector<std::size_t> thinned(const std::vector<double>& values, std::size_t most) {
  const std::size_t size = values.size();
  std::vector<std::size_t> kept;
  if (size <= most) {
    for (std::size_t i = 0; i < size; ++i) kept.push_back(i);
    return kept;
  }
  const std::size_t parts = std::max<std::size_t>(1, (most - 2) / 2);
  kept.push_back(0);
  for (std::size_t part = 0; part < parts; ++part) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(part * size / parts),
               end = values.begin() + static_cast<std::ptrdiff_t>((part + 1) * size / parts);
    const auto [low, high] = std::minmax_element(begin, end);
    kept.push_back(static_cast<std::size_t>(std::min(low, high) - values.begin()));
    kept.push_back(static_cast<std::size_t>(std::max(low, high) - values.begin()));
  }
  kept.push_back(size - 1);
  kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
  return kept;
}

/// Writes the JSON of a page. A page that is not `complete` has at most some thousand numbers of each kind.
class ReportJson {
 public:
  ReportJson(JsonWriter& json, bool complete) : json_{json}, complete_{complete} {}

  void write(const ReportData& d) {
    json_.object([&] {
      constexpr const char* states[] = {"planned", "training", "finished", "failed"};
      json_("title", d.title);
      json_("state", states[static_cast<std::size_t>(d.state)]);
      json_("failure", d.failure);
      json_("started", whole(d.started)), json_("written", whole(d.written)), json_("seconds", d.seconds);
      json_("epochs", d.epochs), json_("planned_epochs", d.planned_epochs), json_("steps", d.steps);
      json_("history", [&] { history(d.history, d.first_epoch); });
      if (d.has_doctor || !d.findings.empty()) json_("findings", [&] { findings(d.findings); });
      if (!d.looks.empty()) json_("looks", [&] { looks(d.looks); });
      if (!d.results.empty())
        json_("results", [&] { json_.list(d.results, [&](const Results& r) { results(r); }); });
      if (d.search) json_("search", [&] { search(*d.search); });
      if (d.summary) json_("summary", [&] { summary(*d.summary); });
      json_("options", [&] { texts(d.options); });
      json_("environment", [&] { texts(environment()); });
      json_("command", d.command);
    });
  }

  void history(const History& h, std::int64_t first_epoch) {
    const std::size_t series = 2 + static_cast<std::size_t>(std::distance(h.begin(), h.end()));
    const auto kept =
        h.epochs() == 0 ? std::vector<std::size_t>{} : thinned(h.begin()->values, points(2000, series));
    const auto pick = [&](const std::vector<double>& values) {
      return [&] { json_.list(kept, [&](std::size_t i) { json_.put(value_at(values, i)); }); };
    };
    json_.object([&] {
      json_("epochs", h.epochs());
      json_("epoch", [&] {
        json_.list(kept, [&](std::size_t i) { json_.put(first_epoch + 1 + static_cast<std::int64_t>(i)); });
      });
      json_("series", [&] {
        json_.list(h, [&](const Series& s) {
          json_.object([&] { json_("name", s.name), json_("values", pick(s.values)); });
        });
      });
      json_("learning_rate", pick(h.learning_rate())), json_("seconds", pick(h.seconds()));
    });
  }

 private:
  static constexpr std::ptrdiff_t most_features = 12;

  /// Returns a value of a series, or not-a-number: a history that was put together by hand may have series of different
  /// lengths.
  static double value_at(const std::vector<double>& values, std::size_t i) {
    return i < values.size() ? values[i] : not_a_number<double>();
  }
  static std::int64_t whole(double seconds) { return static_cast<std::int64_t>(seconds); }
  /// The number of points of each of some series on the page.
  std::size_t points(std::size_t numbers, std::size_t series) const {
    return complete_ ? static_cast<std::size_t>(-1)
                     : std::max<std::size_t>(8, numbers / std::max<std::size_t>(1, series));
  }
  void texts(const NamedTexts& all) {
    json_.list(all, [&](const auto& each) { json_.put(std::vector<std::string>{each.first, each.second}); });
  }

  void findings(const Findings& all) {
    json_.list(all, [&](const Finding& f) {
      json_.object([&] {
        constexpr const char* names[] = {"note", "warning", "error"};
        json_("severity", names[static_cast<std::size_t>(f.severity)]);
        json_("rule", f.rule), json_("place", f.place), json_("what", f.what), json_("cure", f.cure);
        json_("measured", f.measured), json_("limit", f.limit);
        if (f.step) json_("step", *f.step);
      });
    });
  }

  void looks(const std::vector<Look>& all) {
    const Look& last = all.back();
    std::vector<double> losses;
    for (const Look& look : all) losses.push_back(look.loss);
    const auto kept = thinned(losses, points(1600, 2 * last.weights.size() + 3 * last.outputs.size()));
    const auto over_looks = [&](auto&& f) {
      return [&, f] { json_.list(kept, [&](std::size_t i) { json_.put(f(all[i])); }); };
    };
    json_.object([&] {
      json_("step", over_looks([](const Look& look) { return look.step; }));
      json_("band", std::vector<double>{limit::small_steps, limit::large_steps});
      json_("dead_limit", limit::dead_units), json_("saturated_limit", limit::saturated);
      json_("weights", [&] {
        json_.list(last.weights, [&](const WeightStatistics& w) {
          const auto k = static_cast<std::size_t>(&w - last.weights.data());
          json_.object([&] {
            json_("path", w.path);
            json_("update_ratio",
                  over_looks([k](const Look& look) { return look.weights[k].update_ratio(); }));
            json_("gradient", over_looks([k](const Look& look) { return look.weights[k].gradient; }));
          });
        });
      });
      json_("outputs", [&] {
        json_.list(last.outputs, [&](const OutputStatistics& o) {
          if (!has_units(o)) return;
          const auto k = static_cast<std::size_t>(&o - last.outputs.data());
          json_.object([&] {
            json_("path", o.path), json_("type", o.type);
            json_("rms", over_looks([k](const Look& look) { return look.outputs[k].rms; }));
            json_("constant", over_looks([k](const Look& look) { return look.outputs[k].constant; }));
            json_("saturated", over_looks([k](const Look& look) { return look.outputs[k].saturated; }));
          });
        });
      });
    });
  }

  void results(const Results& r) {
    json_.object([&] {
      json_("name", r.name), json_("samples", r.samples);
      json_("classes", r.class_names);
      json_("features",
            complete_ || std::ssize(r.feature_names) <= most_features
                ? r.feature_names
                : std::vector<std::string>(r.feature_names.begin(), r.feature_names.begin() + most_features));
      json_("shape", std::vector<Index>{r.shape.channels, r.shape.height, r.shape.width});
      if (!r.counts.empty()) {
        json_("class_count", r.counts.size());
        counts(r.counts);
      }
      if (!r.curves.points.empty()) {
        json_("area", r.curves.area), json_("average_precision", r.curves.average_precision);
        json_("positives", r.curves.positives);
        json_("curve", [&] {
          json_.list(r.curves.points, [&](const ScorePoint& p) {
            json_.put(std::vector<double>{p.threshold, p.recall, p.false_alarms, p.precision});
          });
        });
      }
      if (!r.numbers.empty())
        json_("numbers", [&] {
          json_.list(r.numbers, [&](const NumberResults& n) {
            json_.object([&] {
              json_("rmse", n.root_mean_square), json_("r2", n.r2);
              json_("samples", [&] {
                json_.list(n.samples, [&](const Example& e) {
                  json_.put(std::vector<double>{static_cast<double>(e.sample), e.actual, e.predicted});
                });
              });
            });
          });
        });
      json_("mistakes", [&] { examples(r.mistakes, r.shape); });
    });
  }
  /// Writes the confusion matrix or, of many classes, the most frequent confusions and the hits of each class.
  void counts(const std::vector<std::vector<Index>>& all) {
    if (all.size() <= Results::most_classes) return json_("counts", all);
    std::vector<std::vector<Index>> pairs;
    Index hits = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      hits += all[i][i];
      for (std::size_t j = 0; j < all.size(); ++j)
        if (i != j && all[i][j] > 0)
          pairs.push_back({all[i][j], static_cast<Index>(i), static_cast<Index>(j)});
    }
    std::stable_sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) { return a[0] > b[0]; });
    if (!complete_ && pairs.size() > Results::most_mistakes) pairs.resize(Results::most_mistakes);
    json_("hits", hits), json_("pairs", pairs);
  }
  void examples(const std::vector<Example>& all, const Shape& shape) {
    const bool is_image = shape.height > 1 && shape.width > 1;
    json_.list(all, [&](const Example& e) {
      json_.object([&] {
        json_("sample", e.sample), json_("actual", e.actual), json_("predicted", e.predicted);
        if (e.inputs.empty()) return;
        if (is_image)
          json_("pixels", pixels_of(e.inputs, shape));
        else if (complete_ || std::ssize(e.inputs) <= most_features)
          json_("inputs", e.inputs);
        else
          json_("inputs", std::vector<double>(e.inputs.begin(), e.inputs.begin() + most_features));
      });
    });
  }
  /// Returns the pixels of an image of one channel, or of the first three, as hexadecimal digits: row by row, the
  /// channels of a pixel together, scaled so that the image uses the whole range. A large image is reduced.
  static std::string pixels_of(const std::vector<double>& values, const Shape& shape) {
    constexpr Index most_side = 64;
    constexpr const char* hex = "0123456789abcdef";
    const Index step = (std::max(shape.height, shape.width) + most_side - 1) / most_side;
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const double least = *low / 2, range = *high / 2 - least;  // halves, since the difference may overflow
    std::string text = joined((shape.width + step - 1) / step, ' ');
    for (Index row = 0; row < shape.height; row += step)
      for (Index column = 0; column < shape.width; column += step)
        for (Index channel = 0; channel < (shape.channels >= 3 ? 3 : 1); ++channel) {
          const Index at = (row * shape.width + column) * shape.channels + channel;
          const auto level =
              range > 0
                  ? static_cast<unsigned>(255 * ((values[static_cast<std::size_t>(at)] / 2 - least) / range))
                  : 0U;
          text += hex[level / 16], text += hex[level % 16];
        }
    return text;
  }

  void search(const SearchTable& s) {
    json_.object([&] {
      json_("monitor", s.monitor), json_("largest_is_best", s.largest_is_best), json_("trials", s.trials);
      json_("parameters", [&] {
        json_.list(s.parameters, [&](const auto& p) {
          json_.object([&] { json_("name", p.name), json_("range", p.range), json_("choice", p.is_choice); });
        });
      });
      json_("rows", [&] {
        json_.list(s.rows, [&](const auto& row) {
          json_.object([&] {
            json_("trial", row.trial), json_("epochs", row.epochs), json_("value", row.value);
            json_("settings", row.settings);
            if (!row.failure.empty()) json_("failure", row.failure);
          });
        });
      });
    });
  }

  void summary(const Summary& s) {
    const auto row = [&](const LayerSummary& layer) {
      json_.object([&] {
        json_("path", layer.path), json_("type", layer.type), json_("composition", layer.is_composition);
        json_("output", std::vector<Index>{layer.output.channels, layer.output.height, layer.output.width});
        json_("parameters", layer.parameters), json_("state", layer.state), json_("flops", layer.flops);
      });
    };
    json_.object([&] {
      json_("layers", [&] { json_.list(s.layers, row); });
      json_("total", [&] { row(s.total); });
      json_("parameter_bytes", s.parameter_bytes()), json_("output_bytes", s.output_bytes());
    });
  }

  JsonWriter& json_;
  bool complete_;
};

}  // namespace descent::inline DESCENT_ABI::detail
