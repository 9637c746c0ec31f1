#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/public/source.hpp"

namespace fuzz {

/// A public entry point, called with arguments that come from the source. It may throw a descent::Error.
struct Call {
  std::string name;
  std::function<void(Source&)> run;
  long long made = 0, returned = 0;  // so far; the others threw
};
using Calls = std::vector<Call>;

// Each part of the library adds its own; where tests/conformance has a table, the calls come from its rows.
void add_layers(Calls&);
void add_losses_and_metrics(Calls&);
void add_optimizers(Calls&);
void add_data(Calls&);
void add_training(Calls&);
void add_files(Calls&);

inline Calls all_calls() {
  Calls calls;
  for (const auto add :
       {add_layers, add_losses_and_metrics, add_optimizers, add_data, add_training, add_files})
    add(calls);
  return calls;
}

}  // namespace fuzz
