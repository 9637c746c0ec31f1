#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/public/source.hpp"

namespace fuzz {

/// A public entry point, called with arguments drawn from the source. It may throw a descent::Error.
struct Call {
  std::string name;
  std::function<void(Source&)> run;
  long long made = 0, returned = 0;  // the difference threw
};
using Calls = std::vector<Call>;

// One function per part of the library; if tests/conformance has a table, the calls are generated from its rows.
void add_layers(Calls&);
void add_losses_and_metrics(Calls&);
void add_optimizers(Calls&);
void add_data(Calls&);
void add_training(Calls&);
void add_files(Calls&);
void add_search(Calls&);
void add_report(Calls&);
void add_tables(Calls&);

inline Calls all_calls() {
  Calls calls;
  for (const auto add : {add_layers, add_losses_and_metrics, add_optimizers, add_data, add_training,
                         add_files, add_search, add_report, add_tables})
    add(calls);
  return calls;
}

}  // namespace fuzz
