#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/report/environment.hpp"
#include "descent/report/report_data.hpp"
#include "descent/training/early_stopping.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Returns the options of a run that differ from one run to another, as text.
NamedTexts options_of(const auto& run) {
  const auto& o = run.options;
  NamedTexts all;
  const auto add = [&](std::string_view name, const auto&... parts) {
    all.emplace_back(std::string{name}, joined(parts...));
  };
  const auto add_if = [&](bool given, std::string_view name, const auto&... parts) {
    if (given) add(name, parts...);
  };
  const auto watch = [](const auto& rule) {
    return joined(rule.monitor, ", patience ", rule.patience,
                  rule.mode == Mode::max ? ", largest" : ", smallest");
  };
  const auto& shape = run.train.sample_shape();
  add("training samples", run.train.samples(), ", each ",
      shape.positions() == 1 ? joined(shape.channels)
                             : joined(shape.channels, " x ", shape.height, " x ", shape.width));
  if (run.validation != nullptr) add("validation samples", run.validation->samples());
  add_if(!run.loss.empty(), "loss", run.loss);
  add_if(!run.optimizer.empty(), "optimizer", run.optimizer);
  add("learning rate", run.learning_rate);
  add("epochs", o.epochs);
  if (o.batch_size >= run.train.samples())
    add("batch size", "all samples");
  else
    add("batch size", o.batch_size);
  add("seed", o.seed);
  add("threads", static_cast<int>(o.threads));
  add("order", o.order ? "given" : o.shuffle ? "shuffled" : "as in the data set");
  add_if(o.accumulate != 1, "accumulate", o.accumulate, " batches for a step");
  add_if(o.average_weights > 0, "average of weights", o.average_weights);
  add_if(o.drop_last, "drop last", "yes");
  add_if(o.first_epoch != 0, "first epoch", o.first_epoch);
  if (o.early_stopping) add("early stopping", watch(*o.early_stopping));
  if (o.reduce_on_plateau)
    add("reduce on plateau", watch(*o.reduce_on_plateau), ", factor ", o.reduce_on_plateau->factor);
  return all;
}

/// Returns the trials of a search, the best first.
SearchTable search_table(const auto& trials) {
  const auto text = [](double value) { return joined(Formatted{value, std::chars_format::general, 4}); };
  SearchTable table{.monitor = trials.monitor(),
                    .largest_is_best = trials.mode() == Mode::max,
                    .parameters = {},
                    .rows = {},
                    .trials = trials.size()};
  for (const auto& trial : trials)
    for (const auto& p : trial.parameters) {
      const auto is_known = [&](const auto& other) { return other.name == p.name && other.range == p.range; };
      if (std::none_of(table.parameters.begin(), table.parameters.end(), is_known))
        table.parameters.push_back({p.name, p.range, p.is_choice()});
    }
  for (const auto& trial : trials) {
    if (table.rows.size() == SearchTable::most_rows) break;
    SearchTable::Row row{trial.number, trial.epochs, trial.value(trials.monitor()), {}, trial.failure};
    for (const auto& parameter : table.parameters) {
      row.settings.emplace_back();
      for (const auto& p : trial.parameters)
        if (p.name == parameter.name && p.range == parameter.range)
          row.settings.back() = p.is_choice() ? p.option : text(p.value);
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace descent::inline DESCENT_ABI::detail
