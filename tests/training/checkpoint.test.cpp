#include <cstdint>
#include <cstring>
#include <descent/data/augment/augment.hpp>
#include <descent/data/augment/random_noise.hpp>
#include <descent/data/standardize.hpp>
#include <descent/losses/softmax_cross_entropy.hpp>
#include <descent/metrics/accuracy.hpp>
#include <descent/metrics/f1.hpp>
#include <descent/optimizers/adam.hpp>
#include <descent/optimizers/gradient_descent.hpp>
#include <descent/training/fit.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>

#include "decimal_comma.hpp"
#include "support.hpp"
#include "temporary_folder.hpp"

namespace checkpoint_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;

namespace {

using Options = FitOptions<DynamicSequential<float>>;

const Dataset<float> train = support::three_clouds(75, 1), dev = support::three_clouds(30, 2);

DynamicSequential<float> network() {
  Rng rng{1};
  return DynamicSequential{Standardize{train.x},   Dense{2, 8, rng}, BatchNorm{8}, ReLU{},
                           Dropout{{.keep = 0.8}}, Dense{8, 3, rng}};
}

/// 8 mini-batches per epoch, the last of 5 samples.
Options options() {
  return {.epochs = 6,
          .batch_size = 10,
          .validation = &dev,
          .metrics = {Accuracy{}, F1{.average = Average::macro}},
          .augment = Augment{{2}, RandomNoise{.deviation = 0.1}},
          .average_weights = 0.9,
          .early_stopping = EarlyStopping{.patience = 20},
          .reduce_on_plateau = ReduceOnPlateau{.patience = 1},
          .seed = 3,
          .progress = silent};
}

struct Result {
  std::vector<double> weights;
  History history;
  bool operator==(const Result&) const = default;
};

Result train_with(const Options& with) {
  DynamicSequential<float> net = network();
  const History history = fit(net, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = 0.01}, with);
  return {support::values_of(net), history};
}

struct Killed : std::runtime_error {
  Killed() : std::runtime_error{"killed"} {}
};

/// Trains until a step is done, and is then killed.
void train_until(std::int64_t step, Options with) {
  with.on_step_end.push_back([step](const auto& e) {
    if (e.step > step) throw Killed{};
  });
  CHECK_THROWS_AS(train_with(with), Killed);
}

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void write(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream{path, std::ios::binary} << bytes;
}

}  // namespace

TEST_CASE("checkpoint: a killed run resumes to the same bits", "[threads]") {
  const support::TemporaryFolder folder;
  const auto [name, change] = GENERATE(table<std::string, std::function<void(Options&)>>({
      {"one thread", [](Options&) {}},
      {"two threads", [](Options& o) { o.threads = 2; }},
      {"gradients of three mini-batches", [](Options& o) { o.accumulate = 3; }},
      {"without shuffling", [](Options& o) { o.shuffle = false; }},
      {"without the last batch", [](Options& o) { o.drop_last = true; }},
  }));
  INFO(name);
  Options with = options();
  change(with);
  const Result uninterrupted = train_with(with);
  with.checkpoint = {.path = (folder.path / "run.ckpt").string(), .every_steps = 1};
  CHECK(train_with(with) == uninterrupted);

  for (const std::int64_t step : {1, 5, 8, 12}) {
    INFO("killed after step " << step);
    train_until(step, with);
    Options resumed = with;
    resumed.resume_from = with.checkpoint.path;
    CHECK(train_with(resumed) == uninterrupted);
  }
}

TEST_CASE("checkpoint: a finished run does not train further when it is resumed") {
  const support::TemporaryFolder folder;
  Options with = options();
  with.early_stopping = EarlyStopping{.monitor = "loss", .patience = 2, .min_delta = 0.1};
  with.epochs = 100;
  with.checkpoint = {.path = (folder.path / "run.ckpt").string(), .keep_best = false};
  const Result stopped = train_with(with);
  with.resume_from = with.checkpoint.path;
  CHECK(train_with(with) == stopped);
  CHECK_FALSE(std::filesystem::exists(folder.path / "run.ckpt.best"));
}

TEST_CASE("checkpoint: the best epoch is kept in a file of its own") {
  const support::TemporaryFolder folder;
  Options with = options();
  with.checkpoint = {.path = (folder.path / "run.ckpt").string()};
  DynamicSequential<float> net = network();
  std::int64_t best = 0;
  double least = 1e9;
  with.on_epoch_end.push_back([&](const auto& e) {
    if (const double loss = e.history["val_loss"].back(); loss < least) least = loss, best = e.epoch;
  });
  with.average_weights = 0;
  with.early_stopping.reset();
  fit(net, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = 0.01}, with);
  with.resume_from = with.checkpoint.path + ".best";
  const Trainer trainer{network(), SoftmaxCrossEntropy{}, Adam{.learning_rate = 0.01}, with};
  CHECK(trainer.epochs() == best);
  CHECK(trainer.history()["val_loss"].back() == least);
}

TEST_CASE("checkpoint: an epoch in progress resumes only with the same batches") {
  const support::TemporaryFolder folder;
  Options with = options();
  with.checkpoint = {.path = (folder.path / "run.ckpt").string(), .every_steps = 1};
  train_until(3, with);
  with.resume_from = with.checkpoint.path;
  with.batch_size = 20;
  CHECK_THAT(support::message_of<DataError>([&] { train_with(with); }),
             ContainsSubstring("expected batch_size 10, as when the epoch began, got 20"));
  with.batch_size = 10;
  with.seed = 4;
  CHECK_THAT(support::message_of<DataError>([&] { train_with(with); }), ContainsSubstring("expected seed 3"));

  DynamicSequential<float> net = network();
  CHECK_THROWS_AS(fit(net, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = 0.01}, with), DataError);
  CHECK(support::values_of(net) == support::values_of(network()));
}

TEST_CASE("checkpoint: writing the best epoch does not delay the next checkpoint") {
  const support::TemporaryFolder folder;
  Options with = options();
  const std::filesystem::path path = folder.path / "run.ckpt";
  with.checkpoint = {.path = path.string(), .every_steps = 20};  // an epoch has 8
  train_until(22, with);
  CHECK(std::filesystem::exists(folder.path / "run.ckpt.best"));
  REQUIRE(std::filesystem::exists(path));
  with.resume_from = path.string();
  const Trainer trainer{network(), SoftmaxCrossEntropy{}, Adam{.learning_rate = 0.01}, with};
  CHECK(trainer.steps() == 20);
}

TEST_CASE("checkpoint: one that a callback saves within an epoch resumes to the same bits") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path / "run.ckpt").string();
  Options with = options();
  with.accumulate = 3;
  const Result uninterrupted = train_with(with);

  Trainer trainer{network(), SoftmaxCrossEntropy{}, Adam{.learning_rate = 0.01}, with};
  trainer.options.on_step_end.push_back([&](const auto& e) {
    if (e.step < 3 + 2) return;  // the second step of three in the second epoch
    trainer.save(path);
    throw Killed{};
  });
  CHECK_THROWS_AS(trainer.run(train), Killed);
  with.resume_from = path;
  CHECK(train_with(with) == uninterrupted);
}

TEST_CASE("checkpoint: an invalid file or one of another run is rejected and changes nothing") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path / "run.ckpt").string();
  Options with = options();
  with.checkpoint = {.path = path};
  train_with(with);
  const std::string bytes = bytes_of(path);

  with.checkpoint = {};
  with.resume_from = path;
  const auto message_with = [&](DynamicSequential<float> net, const Options& resumed) {
    const auto before = support::values_of(net);
    const std::string text = support::message_of<FormatError>(
        [&] { fit(net, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = 0.01}, resumed); });
    CHECK(support::values_of(net) == before);
    return text;
  };
  const auto message = [&] { return message_with(network(), with); };
  SECTION("missing") {
    std::filesystem::remove(path);
    CHECK_THAT(message(), ContainsSubstring(": file not found; leave .resume_from empty for a new run"));
  }
  SECTION("another file") {
    write(path, "a,b\n1,2\n");
    CHECK_THAT(message(), ContainsSubstring("expected a checkpoint, got another file"));
  }
  SECTION("a folder") {
    with.resume_from = folder.path.string();
    CHECK_THAT(message(), ContainsSubstring("reading failed; pass the path of a file, not of a folder"));
  }
  SECTION("negative counts with a matching hash") {
    with.resume_from = "";
    with.checkpoint = {.path = path, .every_steps = 1};
    train_until(3, with);
    with.resume_from = path;
    const auto [value, got] = GENERATE(table<std::string, std::string>({
        {"epoch/value/samples", "expected an epoch in progress, got -1 of 75 samples"},
        {"optimizer/progress/epoch", "got 3 and -1"},
    }));
    CAPTURE(value);
    std::string damaged = bytes_of(path);
    const std::size_t at = damaged.find(value);
    REQUIRE(at != std::string::npos);
    const std::int64_t negative = -1;
    std::memcpy(damaged.data() + at + value.size() + 24, &negative, 8);  // after rows, columns and size
    XXH64 hash;
    hash.update({damaged.data(), damaged.size() - 8});
    const std::uint64_t right = hash.value();
    std::memcpy(damaged.data() + damaged.size() - 8, &right, 8);
    write(path, damaged);
    CHECK_THAT(message(), ContainsSubstring(got));
  }
  SECTION("empty") {
    write(path, "");
    CHECK_THAT(message(), ContainsSubstring("expected a checkpoint"));
  }
  SECTION("a later version of the format") {
    write(path, "descent checkpoint 4\n" + bytes.substr(21));
    CHECK_THAT(message(), ContainsSubstring("expected version 3 of the format"));
  }
  SECTION("truncated at any size") {
    for (std::size_t size = 0; size < bytes.size(); size += 1 + size / 7) {
      write(path, bytes.substr(0, size));
      CHECK_FALSE(message().empty());
    }
  }
  SECTION("a flipped bit at any position") {
    for (std::size_t at = 0; at < bytes.size(); at += 97) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ 4);
      write(path, damaged);
      CHECK_FALSE(message().empty());
    }
  }
  SECTION("another model") {
    Rng rng{1};
    CHECK_THAT(message_with(DynamicSequential{Dense{2, 3, rng}}, with), ContainsSubstring("model/0."));
  }
  SECTION("another optimizer") {
    CHECK_THAT(support::message_of<FormatError>(
                   [&] { Trainer(network(), SoftmaxCrossEntropy{}, GradientDescent{}, with); }),
               ContainsSubstring("expected \"history/names\", got \"optimizer/first/"));
  }
  SECTION("other metrics") {
    with.resume_from = "";
    with.checkpoint = {.path = path, .every_steps = 1};
    train_until(3, with);
    with.resume_from = path;
    with.metrics.pop_back();
    CHECK_THAT(message(), ContainsSubstring("expected \"best_model/there\", got \"f1/"));
  }
}

TEST_CASE("checkpoint: a failed write is an error and keeps the previous file") {
  const support::TemporaryFolder folder;
  Options with = options();
  SECTION("the directory does not exist") {
    with.checkpoint = {.path = (folder.path / "missing" / "run.ckpt").string()};
    CHECK_THAT(support::message_of<FormatError>([&] { train_with(with); }),
               ContainsSubstring("pass a path in an existing directory"));
  }
#if defined(__linux__)
  SECTION("a directory without write permission even for root") {
    with.checkpoint = {.path = "/proc/run.ckpt"};
    CHECK_THAT(support::message_of<FormatError>([&] { train_with(with); }),
               ContainsSubstring("with write permission"));
  }
  SECTION("no space on the disk") {
    // The temporary file is a link to a device that is always full.
    const std::string path = (folder.path / "run.ckpt").string();
    with.checkpoint = {.path = path, .keep_best = false};
    with.epochs = 1;
    train_with(with);
    const std::string before = bytes_of(path);
    std::filesystem::create_symlink("/dev/full", path + ".part");
    CHECK_THAT(support::message_of<FormatError>([&] { train_with(with); }), ContainsSubstring("free space"));
    CHECK(bytes_of(path) == before);
  }
#endif
}

TEST_CASE("checkpoint: negative intervals are rejected") {
  Options with = options();
  with.checkpoint = {.path = "unused", .every_steps = -1};
  CHECK_THAT(support::message_of<DataError>([&] { train_with(with); }),
             ContainsSubstring("checkpoint.every_steps"));
  with.checkpoint = {.path = "unused", .every_seconds = -1};
  CHECK_THAT(support::message_of<DataError>([&] { train_with(with); }),
             ContainsSubstring("checkpoint.every_seconds"));
}

TEST_CASE("checkpoint: a run resumes to the same bits in every locale") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path / "run.checkpoint").string();
  Options whole = options();
  const Result expected = train_with(whole);
  Options first = whole;
  first.epochs = 3;
  first.checkpoint.path = path;
  whole.resume_from = path;
  const Result resumed = support::under_decimal_comma([&] {
    train_with(first);
    return train_with(whole);
  });
  CHECK(resumed == expected);
}

}  // namespace checkpoint_test
