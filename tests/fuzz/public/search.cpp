#include <cstdint>
#include <descent/search.hpp>
#include <sstream>
#include <string>

#include "fuzz/public/calls.hpp"

namespace fuzz {

namespace {
using namespace descent;

/// Settings whose ranges are drawn from the source.
struct Drawn {
  static inline Range real{"real", 0, 1}, whole{"whole", 0, 1};
  static inline Choice choice{"choice", {"a", "b"}};
  static inline bool has_branch = true;

  double x = 0;
  float y = 0;
  std::int64_t n = 0;
  unsigned char small = 0;
  int option = 0;

  static void visit(auto&& f, auto& s) {
    f(real, s.x);
    f(choice, s.option);
    if (has_branch && s.option == 0) f(whole, s.n);
    if (has_branch && s.option == 1) {
      f(Range{"y", real.low, real.high, whole.scale}, s.y);
      f(Range{"small", whole.low, whole.high, real.scale}, s.small);
    }
  }
};

Range any_range(Source& source, std::string_view name) {
  Range r{name, 1, 4, static_cast<Scale>(source.below(3))};
  if (r.scale == Scale::one_minus_log) r.low = 0.25, r.high = 0.75;
  if (source.one_in(4)) r.low = source.number();
  if (source.one_in(4)) r.high = source.number();
  return r;
}

AnyStrategy any_strategy(Source& source) {
  const auto option = [&](int right) { return source.one_in(8) ? static_cast<int>(source.whole()) : right; };
  switch (source.below(6)) {
    case 0:
      return RandomSearch{};
    case 1:
      return GridSearch{.points = option(2)};
    case 2:
      return AsynchronousHalving{.first = option(1), .factor = option(2)};
    case 3:
      return MedianPruning{.warm_up = option(1), .group = option(3)};
    case 4:
      return ParzenHalving{.first = option(1), .random = option(2), .group = option(2)};
    default:
      return Halving{.first = option(1), .factor = option(2)};
  }
}
}  // namespace

void add_search(Calls& calls) {
  calls.push_back({"Search", [](Source& source) {
                     Drawn::real = any_range(source, "real");
                     Drawn::whole = any_range(source, "whole");
                     Drawn::choice = source.flag() ? Choice{"choice", {"a", "b"}}
                                                   : Choice{"choice", {source.number(), 1}};
                     Drawn::has_branch = source.flag();
                     SearchOptions options{.trials = static_cast<int>(source.size(20)),
                                           .epochs = static_cast<int>(source.size(3)),
                                           .monitor = "cost",
                                           .mode = source.flag() ? Mode::min : Mode::max,
                                           .strategy = any_strategy(source)};
                     if (options.trials > 1000) options.trials = -1;
                     Search<Drawn> search{options};
                     for (int steps = 0; steps < 200; ++steps) {
                       const auto trial = search.ask();
                       if (!trial) break;
                       if (source.one_in(8))
                         search.fail(trial->number, "no reason");
                       else
                         search.tell(trial->number, source.one_in(4) ? source.number() : source.byte());
                     }
                     const auto trials = search.trials();
                     std::ostringstream out;
                     out << trials;
                     trials.write_csv(out), trials.write_json(out);
                     out << importance(trials) << ranking(trials);
                     options.within = trials.best(static_cast<int>(source.size(2)));
                     Search<Drawn>{options};
                   }});
}

}  // namespace fuzz
