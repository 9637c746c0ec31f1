#include <descent/search/parzen_halving.hpp>

#include <algorithm>
#include <map>
#include <vector>

#include "search/settings.hpp"
#include "temporary_folder.hpp"
#include "thread_ranks.hpp"

using namespace descent;
using support::csv_of, support::message_of, support::Mixed, support::NetSettings, support::Plane,
    support::start_net;

namespace {

SearchOptions options() {
  return {.trials = 14,
          .epochs = 9,
          .monitor = "val_accuracy",
          .mode = Mode::max,
          .strategy = ParzenHalving{.first = 1, .random = 5, .group = 3},
          .progress = silent};
}

double cost_of(const Mixed& s) {
  const double rate = std::log10(s.rate) + (s.rule == Mixed::Rule::adam ? 3 : 1);
  return rate * rate + (s.rule == Mixed::Rule::adam ? 1 : 0) + (s.activation == "relu" ? 0 : 1) +
         std::abs(static_cast<double>(s.keep) - 0.8);
}

}  // namespace

TEST_CASE("ParzenHalving: promotes a third of the trials from rung to rung") {
  Search<Plane> search{
      {.trials = 81, .epochs = 27, .monitor = "cost", .strategy = ParzenHalving{.first = 1, .random = 9}}};
  while (const auto asked = search.ask()) search.tell(asked->number, asked->settings.x);
  std::map<int, int> counts;
  for (const auto& trial : search.trials()) ++counts[trial.epochs];
  CHECK(counts == std::map<int, int>{{1, 54}, {3, 18}, {9, 6}, {27, 3}});
}

TEST_CASE("ParzenHalving: trials after the first are better than random ones") {
  int better = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto trials =
        search<Mixed>(cost_of, {.trials = 81, .strategy = ParzenHalving{}, .seed = seed, .progress = silent});
    std::vector<double> random, drawn;
    for (const auto& trial : trials)
      (trial.number < 27 ? random : drawn).push_back(trial.value(trials.monitor()));
    const auto median = [](std::vector<double>& values) {
      std::sort(values.begin(), values.end());
      return values[values.size() / 2];
    };
    better += median(drawn) < median(random);
  }
  CHECK(better == 20);
}

TEST_CASE("ParzenHalving: the first trials are those of a random search") {
  const auto parzen =
      search<Mixed>(cost_of, {.trials = 12, .strategy = ParzenHalving{.random = 10}, .progress = silent});
  const auto random = search<Mixed>(cost_of, {.trials = 10, .strategy = RandomSearch{}, .progress = silent});
  for (const auto& trial : random) {
    const auto same =
        std::find_if(parzen.begin(), parzen.end(), [&](const auto& t) { return t.number == trial.number; });
    CHECK(same->value("val_loss") == trial.value("val_loss"));
  }
}

TEST_CASE("ParzenHalving: a group begins when the one before is complete") {
  Search<Plane> search{
      {.trials = 8, .epochs = 1, .monitor = "cost", .strategy = ParzenHalving{.random = 3, .group = 2}}};
  for (const int size : {3, 2, 2, 1}) {
    std::vector<int> asked;
    while (const auto trial = search.ask()) asked.push_back(trial->number);
    CHECK(static_cast<int>(asked.size()) == size);
    for (const int trial : asked) {
      CHECK(!search.ask());
      search.tell(trial, trial);
    }
  }
  CHECK(!search.ask());
}

TEST_CASE("ParzenHalving: any number of threads and ranks gives the same table", "[threads]") {
  SearchOptions o = options();
  const std::string expected = csv_of(search<NetSettings>(start_net, o));
  for (const int threads : {2, 4}) {
    o.threads = threads;
    CHECK(csv_of(search<NetSettings>(start_net, o)) == expected);
  }
  for (const int size : {2, 3}) {
    const auto messages = support::on_ranks(size, [&](Communicator& world) {
      SearchOptions own = options();
      own.communicator = &world;
      if (csv_of(search<NetSettings>(start_net, own)) != expected) throw std::runtime_error{"another table"};
    });
    for (const std::string& message : messages) CHECK(message == "");
  }
}

TEST_CASE("ParzenHalving: a search goes on from its folder and ends with the same table") {
  SearchOptions o = options();
  const std::string expected = csv_of(search<NetSettings>(start_net, o));
  const support::TemporaryFolder folder;
  o.folder = folder.path.string();
  struct Interrupt {};
  int starts = 0;
  for (const int most : {1, 4, 3, 5, 6}) {
    const int end = starts + most;
    const auto start = [&](const NetSettings& s, std::uint64_t seed) {
      if (starts++ >= end) throw Interrupt{};
      return start_net(s, seed);
    };
    try {
      search<NetSettings>(start, o);
    } catch (const Interrupt&) {
    }
    for (const auto& trial : load_trials<NetSettings>(o.folder)) CHECK(!trial.parameters.empty());
  }
  CHECK(csv_of(search<NetSettings>(start_net, o)) == expected);
}

TEST_CASE("ParzenHalving: options out of range are refused") {
  const auto message = [](const ParzenHalving& strategy) {
    return message_of<DataError>([&] { Search<Plane>{{.strategy = strategy}}; });
  };
  CHECK(message({.first = 0}) ==
        "ParzenHalving: expected .first of at least 1, got 0; pass a number of epochs");
  CHECK(message({.factor = 1}) ==
        "ParzenHalving: expected .factor of at least 2, got 1; pass a whole number");
  CHECK(message({.random = 0}) ==
        "ParzenHalving: expected .random of at least 1, got 0; pass a number of trials");
  CHECK(message({.group = 0}) ==
        "ParzenHalving: expected .group of at least 1, got 0; pass a number of trials");
}
