#include <descent/search/search.hpp>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <sstream>
#include <stdexcept>

#include "search/settings.hpp"
#include "temporary_folder.hpp"
#include "thread_ranks.hpp"

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::csv_of, support::message_of, support::NetSettings, support::Plane, support::start_net;

namespace {

SearchOptions options(AnyStrategy strategy = Halving{}) {
  return {.trials = 9,
          .epochs = 9,
          .monitor = "val_accuracy",
          .mode = Mode::max,
          .strategy = std::move(strategy),
          .progress = silent};
}
Trials<NetSettings> search_nets(const SearchOptions& o) { return search<NetSettings>(start_net, o); }

}  // namespace

TEST_CASE("search: a paused trial has the bits of one that was not paused") {
  const auto trials = search_nets(options());
  const auto& best = trials.best();
  CHECK(best.epochs == 9);
  CHECK(best.value("val_accuracy") > 0.9);
  RunningTrial whole = start_net(best.settings, detail::seed_of(0, {best.number, 0, 0}));
  whole.train_to(9);
  CHECK(best.measured == NamedValues(whole.history().begin(), whole.history().end()));
}

TEST_CASE("search: any number of threads gives the same table", "[threads]") {
  for (const AnyStrategy& strategy :
       {AnyStrategy{Halving{}}, AnyStrategy{RandomSearch{}}, AnyStrategy{GridSearch{.points = 3}},
        AnyStrategy{MedianPruning{.warm_up = 2, .group = 3}}}) {
    SearchOptions o = options(strategy);
    o.repeats = 2;
    const auto expected = search_nets(o);
    for (const int threads : {2, 4}) {
      o.threads = threads;
      const auto trials = search_nets(o);
      CHECK(csv_of(trials) == csv_of(expected));
      for (std::size_t i = 0; i < 3; ++i) CHECK(trials[i].repeats == expected[i].repeats);
    }
  }
}

TEST_CASE("search: asynchronous halving on several threads runs each trial once", "[threads]") {
  SearchOptions o = options(AsynchronousHalving{});
  o.threads = 3;
  const auto trials = search_nets(o);
  CHECK(trials.size() == 9);
  CHECK(trials.best().epochs == 9);
  for (const auto& trial : trials) CHECK(trial.epochs > 0);
}

TEST_CASE("search: any number of ranks gives the same table", "[threads]") {
  SearchOptions o = options();
  o.repeats = 1;
  const std::string expected = csv_of(search_nets(o));
  for (const int size : {1, 2, 3}) {
    std::vector<std::string> tables(static_cast<std::size_t>(size));
    std::vector<std::atomic<int>> starts(static_cast<std::size_t>(size));
    const auto messages = support::on_ranks(size, [&](Communicator& world) {
      SearchOptions own = o;
      own.communicator = &world;
      own.threads = 2;
      const auto rank = static_cast<std::size_t>(world.rank());
      const auto start = [&](const NetSettings& s, std::uint64_t seed) {
        ++starts[rank];
        return start_net(s, seed);
      };
      tables[rank] = csv_of(search<NetSettings>(start, own));
    });
    for (const std::string& message : messages) CHECK(message == "");
    for (const std::string& table : tables) CHECK(table == expected);
    // Each starts its share of the 9 trials, one more for the names of the metrics, and its share of 3 repeats.
    for (const auto& count : starts) CHECK(count >= 9 / size + 1);
    for (const auto& count : starts) CHECK(count <= 9 / size + 1 + 4);
  }
}

TEST_CASE("search: ranks with different options are refused", "[threads]") {
  const auto messages = support::on_ranks(2, [&](Communicator& world) {
    SearchOptions own = options();
    own.communicator = &world;
    own.seed = static_cast<std::uint64_t>(world.rank());
    search_nets(own);
  });
  CHECK(messages[1] ==
        "search: expected the options and settings of rank 0 on all ranks, got others; pass the same options "
        "on all "
        "ranks");
  CHECK_THAT(messages[0], ContainsSubstring("rank 1: search: expected the options"));
}

TEST_CASE("search: a trial that throws or diverges is a failed trial with its reason") {
  const auto start = [&](const NetSettings& s, std::uint64_t seed) {
    if (s.width > 10) throw std::runtime_error{"no memory for so many"};
    RunningTrial trial = start_net(s, seed);
    if (s.rate > 1) {
      NetSettings huge = s;
      huge.rate = 1e30;
      return start_net(huge, seed);
    }
    return trial;
  };
  const auto trials = search<NetSettings>(start, options());
  int thrown = 0, diverged = 0;
  for (const auto& trial : trials) {
    thrown += trial.failure == "no memory for so many";
    diverged += trial.failure.find("expected a finite ") != std::string::npos;
    CHECK(trial.failed() == (trial.settings.width > 10 || trial.settings.rate > 1));
  }
  CHECK(thrown > 0);
  CHECK(diverged > 0);
  CHECK(!trials.best().failed());
}

TEST_CASE("search: a table of failed trials alone is a result") {
  const auto trials = search<Plane>([](const Plane&) -> double { throw std::runtime_error{"broken"}; },
                                    {.trials = 3, .progress = silent});
  CHECK(trials.size() == 3);
  CHECK_THAT(message_of<DataError>([&] { trials.best(); }), ContainsSubstring("the first failed: broken"));
}

TEST_CASE("search: a value that is not finite is a failure") {
  const auto trials =
      search<Plane>([](const Plane& s) { return s.x < 0.5 ? s.x : detail::not_a_number<double>(); },
                    {.trials = 8, .monitor = "cost", .progress = silent});
  CHECK(trials.best().settings.x < 0.5);
  for (const auto& trial : trials)
    CHECK(trial.failure ==
          (trial.settings.x < 0.5 ? "" : "expected a finite value of \"cost\", got nan after 1 epoch"));
}

TEST_CASE("search: a metric that is not measured is named before training") {
  SearchOptions o = options();
  o.monitor = "val_acc";
  CHECK(message_of<DataError>([&] { search_nets(o); }) ==
        "search: expected .monitor to be one of [loss, accuracy, val_loss, val_accuracy], got \"val_acc\"; "
        "add the "
        "metric to .metrics, and pass .validation for names that begin with val_");
}

TEST_CASE("search: options out of range are refused") {
  const auto message = [](SearchOptions o) { return message_of<DataError>([&] { Search<Plane>{o}; }); };
  CHECK(message({.trials = 0}) ==
        "search: expected .trials from 1 to 1000000, got 0; pass a number of trials");
  CHECK(message({.epochs = 0}) == "search: expected .epochs of at least 1, got 0; pass a number of epochs");
  CHECK(message({.monitor = ""}) ==
        "search: expected the name of a metric as .monitor, got none; pass one, such as \"val_loss\"");
  CHECK(message({.repeats = -1}) == "search: expected .repeats from 0 to 1000, got -1; pass 0 for none");
  CHECK(message({.threads = 0}) ==
        "search: expected .threads of at least 1, got 0; pass 1 for the calling thread");
  CHECK(message({.communicator = nullptr}) ==
        "search: expected an address as .communicator, got a null pointer; pass &world, or leave it out");
  const auto without_seed = [](const Plane& s) { return s.x; };
  CHECK(message_of<DataError>([&] { search<Plane>(without_seed, {.repeats = 1, .progress = silent}); }) ==
        "search: expected a start that takes a seed, for .repeats of 1; let it take the settings and a "
        "std::uint64_t "
        "seed, and pass the seed on");
}

TEST_CASE("search: within the best of another finds a better value") {
  const auto cost = [](const Plane& s) { return (s.x - 0.3) * (s.x - 0.3) + s.n; };
  SearchOptions o{.trials = 20, .monitor = "cost", .progress = silent};
  const auto coarse = search<Plane>(cost, o);
  o.within = coarse.best(4);
  const auto fine = search<Plane>(cost, o);
  CHECK(fine.best().value("cost") < coarse.best().value("cost"));
  for (const auto& trial : fine) CHECK(trial.settings.n < 4);
}

TEST_CASE("search: repeats train the best three again with other seeds") {
  SearchOptions o = options();
  o.repeats = 2;
  const auto trials = search_nets(o);
  for (std::size_t i = 0; i < trials.size(); ++i) CHECK(trials[i].repeats.size() == (i < 3 ? 2 : 0));
  const auto& best = trials.best();
  for (int k = 0; k < 2; ++k) {
    RunningTrial again = start_net(best.settings, detail::seed_of(0, {best.number, 0, k + 1}));
    again.train_to(9);
    CHECK(best.repeats[static_cast<std::size_t>(k)] == again.history()["val_accuracy"].back());
  }
}

TEST_CASE("search: a folder holds the search, which goes on and ends with the same table") {
  SearchOptions o = options();
  o.repeats = 1;
  const std::string expected = csv_of(search_nets(o));
  const support::TemporaryFolder folder;
  o.folder = (folder.path / "new" / "digits.search").string();
  // Interrupted after each number of calls by an error that no trial may catch.
  struct Interrupt {};
  int calls = 0;
  for (int most = 1; most < 12; most += 2) {
    const int end = calls + most;
    const auto start = [&](const NetSettings& s, std::uint64_t seed) {
      if (++calls > end) throw Interrupt{};
      return start_net(s, seed);
    };
    try {
      search<NetSettings>(start, o);
      break;
    } catch (const Interrupt&) {
    }
  }
  CHECK(csv_of(search_nets(o)) == expected);
  CHECK(std::filesystem::exists(o.folder + "/trials.csv"));
  // It is over: no trial is started again, and no checkpoint is left.
  const auto none = [](const NetSettings&, std::uint64_t) -> RunningTrial { throw Interrupt{}; };
  CHECK(csv_of(search<NetSettings>(none, o)) == expected);
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator{o.folder}) files += entry.is_regular_file();
  CHECK(files == 2);
}

TEST_CASE("search: a repeat that failed is not trained again when the search goes on") {
  SearchOptions o = options();
  o.repeats = 2;
  const int best = search_nets(o).best().number;
  const support::TemporaryFolder folder;
  o.folder = folder.path.string();
  const auto start = [&](const NetSettings& s, std::uint64_t seed) {
    if (seed == detail::seed_of(0, {best, 0, 1})) throw std::runtime_error{"no memory"};
    return start_net(s, seed);
  };
  const auto trials = search<NetSettings>(start, o);
  CHECK(is_nan(trials.best().repeats[0]));
  CHECK(is_finite(trials.best().repeats[1]));
  struct Interrupt {};
  const auto none = [](const NetSettings&, std::uint64_t) -> RunningTrial { throw Interrupt{}; };
  CHECK(csv_of(search<NetSettings>(none, o)) == csv_of(trials));
}

TEST_CASE("search: killed on several ranks, it does no trial and no repeat again that was done",
          "[threads]") {
  struct Interrupt {};
  SearchOptions o = options(RandomSearch{});
  o.repeats = 3;
  const auto expected = search_nets(o);
  // Each in turn: the last trial, of rank 0; and the last repeat of the best trial.
  for (const detail::SearchJob last : {detail::SearchJob{8, 0, 0}, {expected.best().number, 0, 3}}) {
    const std::uint64_t interrupted = detail::seed_of(0, last);
    const support::TemporaryFolder folder;
    std::mutex mutex;
    const auto run = [&](bool interrupt) {
      std::multiset<std::uint64_t> started;
      std::vector<std::string> tables(2);
      support::on_ranks(2, [&](Communicator& world) {
        SearchOptions own = o;
        own.communicator = &world;
        own.folder = folder.path.string();
        const auto start = [&](const NetSettings& s, std::uint64_t seed) {
          const std::lock_guard lock{mutex};
          if (interrupt && seed == interrupted) throw Interrupt{};
          started.insert(seed);
          return start_net(s, seed);
        };
        try {
          const auto trials = search<NetSettings>(start, own);
          CHECK(trials.best().repeats == expected.best().repeats);
          tables[static_cast<std::size_t>(world.rank())] = csv_of(trials);
        } catch (const Interrupt&) {
          throw std::runtime_error{"killed"};
        }
      });
      // Each rank starts its first trial once more, for the names of the metrics.
      for (int rank = 0; rank < 2; ++rank)
        if (const auto first = started.find(detail::seed_of(0, {rank, 0, 0})); first != started.end())
          started.erase(first);
      return std::pair{started, tables};
    };
    const auto before = run(true).first;
    const auto [after, tables] = run(false);
    for (const std::string& table : tables) CHECK(table == csv_of(expected));
    CHECK(after.count(interrupted) == 1);
    for (const std::uint64_t seed : before) CHECK(after.count(seed) == 0);
    CHECK(before.size() + after.size() == 9 + 9);
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator{folder.path})
      files += entry.is_regular_file();
    CHECK(files == 2);
  }
}

TEST_CASE("search: the number of trials is the total of a folder") {
  const support::TemporaryFolder folder;
  SearchOptions o{.trials = 3, .monitor = "cost", .folder = folder.path.string(), .progress = silent};
  int calls = 0;
  const auto cost = [&](const Plane& s) { return ++calls, s.x; };
  search<Plane>(cost, o);
  o.trials = 5;
  const auto trials = search<Plane>(cost, o);
  CHECK(calls == 5);
  CHECK(trials.size() == 5);
  o.trials = 4;
  CHECK(
      message_of<DataError>([&] { search<Plane>(cost, o); }) ==
      "search: expected .trials of at least 5, as in .folder, got 4; pass the total, those before included");
}

TEST_CASE("search: a folder of another search is refused") {
  const support::TemporaryFolder folder;
  SearchOptions o{.trials = 3, .monitor = "cost", .folder = folder.path.string(), .progress = silent};
  const auto cost = [](const Plane& s) { return s.x; };
  search<Plane>(cost, o);
  SearchOptions other = o;
  other.seed = 1;
  CHECK(message_of<DataError>([&] { search<Plane>(cost, other); }) ==
        "search: expected .seed 0, as in .folder, got 1; choose another folder for another search");
  other = o;
  other.monitor = "loss";
  CHECK(message_of<DataError>([&] { search<Plane>(cost, other); }) ==
        "search: expected a metric that .folder has as .monitor, got \"loss\"; monitor the same metric, or "
        "choose "
        "another folder");
  CHECK(message_of<DataError>([&] { search<NetSettings>(start_net, o); }) ==
        "search: expected the settings of trial 0 in .folder, got others; choose another folder for another "
        "search");
  std::filesystem::resize_file(folder.path / "search.ckpt", 40);
  CHECK_THAT(message_of<FormatError>([&] { search<Plane>(cost, o); }), ContainsSubstring("search.ckpt"));
}

TEST_CASE("search: a folder that cannot be written is an error before the first trial") {
  const support::TemporaryFolder folder;
  const std::string file = (folder.path / "file").string();
  std::ofstream{file} << "text";
  int calls = 0;
  CHECK_THAT(message_of<FormatError>([&] {
               search<Plane>([&](const Plane& s) { return ++calls, s.x; },
                             {.folder = file, .progress = silent});
             }),
             ContainsSubstring("expected to write"));
  CHECK(calls == 0);
}

TEST_CASE("search: shows a line for each step of a trial") {
  std::ostringstream out;
  SearchOptions o = options();
  o.progress = {.out = &out, .style = ProgressStyle::lines};
  o.repeats = 1;
  search_nets(o);
  const std::string text = out.str();
  CHECK(std::count(text.begin(), text.end(), '\n') == 9 + 3 + 1 + 3);
  CHECK_THAT(text, ContainsSubstring("Trial 0 - 1/9 begun - 1 epoch - val_accuracy: "));
  CHECK_THAT(text, ContainsSubstring(" - best: "));
  CHECK_THAT(text, ContainsSubstring("repeat 1"));
}

TEST_CASE("trial: a trainer that writes checkpoints is refused") {
  Rng rng{1};
  Trainer trainer{Dense{2, 3, rng}, SoftmaxCrossEntropy{}, Adam{}, {.checkpoint = {.path = "run.ckpt"}}};
  CHECK(message_of<DataError>([&] { trial(trainer, support::train_clouds()); }) ==
        "trial: expected a trainer without .checkpoint, got \"run.ckpt\"; set .folder of the search, which "
        "keeps a "
        "checkpoint for each trial");
}

TEST_CASE("trial: early stopping ends it before the last epoch") {
  const auto start = [](const NetSettings& s, std::uint64_t seed) {
    Rng rng{seed};
    return trial(
        Trainer{Sequential{Dense{2, s.width, rng}, ReLU{}, Dense{s.width, 3, rng}},
                SoftmaxCrossEntropy{},
                Momentum{.learning_rate = 1e-9},
                {.metrics = {Accuracy{}},
                 .early_stopping = EarlyStopping{.monitor = "loss", .patience = 2, .min_delta = 0.1}}},
        support::train_clouds());
  };
  const auto trials =
      search<NetSettings>(start, {.trials = 3, .epochs = 9, .monitor = "loss", .progress = silent});
  CHECK(trials.best().epochs == 9);
  CHECK(trials.best().measured_at == std::vector<int>{1, 2, 3});
}

TEST_CASE("Search: trials are asked for and told") {
  Search<Plane> search{{.trials = 2, .epochs = 1, .monitor = "cost"}};
  const auto first = search.ask(), second = search.ask();
  REQUIRE((first && second));
  CHECK(!search.ask());
  search.tell(first->number, {{"cost", 2}, {"seconds", 7}});
  search.fail(second->number, "");
  const auto trials = search.trials();
  CHECK(trials.best().value("seconds") == 7);
  CHECK(trials[1].failure == "no reason given");
  CHECK(message_of<DataError>([&] { search.tell(1, 3); }) ==
        "Search: expected the number of a trial that was asked for, got 1; tell each trial once");
  CHECK_THAT(message_of<DataError>([&] { search.tell(-1, 3); }), ContainsSubstring("got -1"));
  CHECK_THAT(message_of<DataError>([&] { search.tell(2, 3); }), ContainsSubstring("got 2"));
}

TEST_CASE("Search: values without the monitored one are refused") {
  Search<Plane> search{{.trials = 1, .monitor = "cost"}};
  const auto asked = search.ask();
  CHECK(message_of<DataError>([&] {
          search.tell(asked->number, {{"loss", 1}});
        }) ==
        "Search: expected a value of \"cost\", got none; tell it, or set .monitor to the name of another "
        "metric");
  search.tell(asked->number, 1);
  CHECK(search.trials().best().value("cost") == 1);
}

TEST_CASE("Search: a trial that was asked for and not told is asked for again") {
  const support::TemporaryFolder folder;
  const SearchOptions o{.trials = 3, .epochs = 1, .monitor = "cost", .folder = folder.path.string()};
  {
    Search<Plane> search{o};
    search.tell(search.ask()->number, 1);
    search.ask();
  }
  Search<Plane> search{o};
  CHECK(search.ask()->number == 1);
  CHECK(search.ask()->number == 2);
  CHECK(!search.ask());
}

TEST_CASE("Search: ranks are refused", "[threads]") {
  const auto messages =
      support::on_ranks(2, [&](Communicator& world) { Search<Plane>{{.communicator = &world}}; });
  CHECK(messages[0] ==
        "Search: expected a single process, got 2 ranks; call search(start, options) on all ranks");
}
