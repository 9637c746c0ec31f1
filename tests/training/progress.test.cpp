#include "descent/training/progress.hpp"

#include <chrono>
#include <cstdlib>
#include <sstream>
#include <string>
#include <thread>

#include "catch.hpp"
#include "decimal_comma.hpp"
#include "descent/losses/softmax_cross_entropy.hpp"
#include "descent/metrics/accuracy.hpp"
#include "descent/optimizers/adam.hpp"
#include "descent/training/fit.hpp"
#include "support.hpp"

namespace progress_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Matches;

namespace {

const NamedValues values{{"loss", 0.31}, {"val_loss", 0.35}, {"val_accuracy", 0.91}};
constexpr double learning_rate = 1e-3;
constexpr Index samples = 32;

/// RAII guard: sets or removes an environment variable and restores it.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_{name} {
    if (const char* before = std::getenv(name)) before_ = before, was_set_ = true;
    if (value != nullptr)
      setenv(name, value, 1);
    else
      unsetenv(name);
  }
  ~Environment() {
    if (was_set_)
      setenv(name_, before_.c_str(), 1);
    else
      unsetenv(name_);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
  std::string before_;
  bool was_set_ = false;
};

std::string shown(ProgressStyle style, auto&& steps) {
  std::ostringstream out;
  Progress progress{{.out = &out, .style = style}, 10, samples};
  steps(progress);
  return out.str();
}

/// The bar halfway through the third of ten epochs.
std::string half_way_bar() {
  return shown(ProgressStyle::bar, [](Progress& progress) {
    for (int epoch = 1; epoch <= 3; ++epoch) progress.begin_epoch();
    progress.update(samples / 2, {{"loss", 0.31}}, learning_rate);
  });
}

/// The text between the brackets of a bar.
std::string bar_in(const std::string& text) {
  const std::size_t end = text.find(']');
  const std::size_t begin = text.rfind('[', end) + 1;
  return text.substr(begin, end - begin);
}

/// Matches texts that contain a match.
auto HasMatch(const std::string& pattern) { return Matches(R"([\s\S]*)" + pattern + R"([\s\S]*)"); }

}  // namespace

TEST_CASE("Progress: lines are printed only at the end of each epoch") {
  const std::string text = shown(ProgressStyle::lines, [](Progress& progress) {
    for (int epoch = 1; epoch <= 3; ++epoch) {
      progress.begin_epoch();
      CHECK_FALSE(progress.wants_update());
    }
    progress.end_epoch(values);
  });
  CHECK_THAT(
      text,
      Matches(R"(Epoch 3/10 - \d+\.\ds - loss: 0\.3100 - val_loss: 0\.3500 - val_accuracy: 0\.9100\n)"));
}

TEST_CASE("Progress: the automatic style is lines on a stream that is not a terminal") {
  const std::string text = shown(ProgressStyle::automatic, [](Progress& progress) {
    progress.begin_epoch();
    CHECK_FALSE(progress.wants_update());
    progress.end_epoch(values);
  });
  CHECK_THAT(text, Catch::Matchers::StartsWith("Epoch 1/10 - "));
}

TEST_CASE("Progress: nothing is printed if it is silent or has no stream") {
  const auto an_epoch = [](Progress& progress) {
    progress.begin_epoch();
    CHECK_FALSE(progress.wants_update());
    progress.end_epoch(values);
  };
  CHECK(shown(ProgressStyle::silent, an_epoch).empty());

  Progress nowhere{{.out = nullptr, .style = ProgressStyle::bar}, 10, samples};
  CHECK_NOTHROW(an_epoch(nowhere));
}

TEST_CASE("Progress: values have four decimals or an exponent if they are very small or large") {
  const std::string text = shown(ProgressStyle::lines, [](Progress& progress) {
    progress.begin_epoch();
    progress.end_epoch(
        {{"zero", 0}, {"tiny", 1.25e-7}, {"huge", 2.5e9}, {"negative", -0.5}, {"large", 12345.6}});
  });
  CHECK_THAT(text,
             ContainsSubstring(" - zero: 0.0000 - tiny: 1.250e-07 - huge: 2.500e+09 - negative: -0.5000 - "
                               "large: 12345.6000\n"));
}

TEST_CASE("Progress: a bar shows epoch and completion and time left and speed and learning rate") {
  const std::string text = half_way_bar();
  CAPTURE(text);
  CHECK(text.front() == '\r');
  CHECK_THAT(text, ContainsSubstring("Epoch 3/10 "));
  const std::string cells = bar_in(text);
  CHECK(cells == std::string(cells.size() / 2, '#') + std::string(cells.size() / 2, '.'));
  CHECK_THAT(text, HasMatch(R"(\d:\d\d left)"));
  CHECK_THAT(text, HasMatch(R"(\d samples/s)"));
  CHECK_THAT(text, ContainsSubstring("rate: 1.00e-03"));
}

TEST_CASE("Progress: a bar fits the width of the terminal") {
  const Environment no_color{"NO_COLOR", "1"};
  const std::string text = shown(ProgressStyle::bar, [](Progress& progress) {
    progress.begin_epoch();
    NamedValues many;
    for (int i = 0; i < 40; ++i) many.emplace_back("metric", i);
    progress.update(samples, many, learning_rate);
  });
  const std::string erase = "\033[K";
  CHECK(text.size() - std::string{"\r"}.size() - erase.size() < detail::terminal_width());
}

TEST_CASE("Progress: a bar is colored unless NO_COLOR is set") {
  const char* color_code = "\033\\[[0-9;]*m";
  SECTION("not set, or empty") {
    const Environment unset{"NO_COLOR", GENERATE(as<const char*>{}, nullptr, "")};
    CHECK_THAT(half_way_bar(), HasMatch(color_code));
  }
  SECTION("set") {
    const Environment set{"NO_COLOR", "1"};
    CHECK_THAT(half_way_bar(), !HasMatch(color_code));
  }
}

TEST_CASE("Progress: the line of an epoch replaces its bar") {
  const std::string text = shown(ProgressStyle::bar, [](Progress& progress) {
    progress.begin_epoch();
    progress.end_epoch(values);
  });
  CHECK_THAT(text,
             Catch::Matchers::StartsWith("\r\033[KEpoch 1/10 - ") && Catch::Matchers::EndsWith("0.9100\n"));
}

TEST_CASE("Progress: a bar is drawn at once and then at most ten times a second") {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds interval{100};
  std::ostringstream out;
  Progress progress{{.out = &out, .style = ProgressStyle::bar}, 1, samples};
  progress.begin_epoch();
  CHECK(progress.wants_update());

  // On a machine of any speed, the intervals between the updates fit into the time that has passed.
  const auto began = Clock::now();
  long drawn = 0;
  while (Clock::now() - began < 3 * interval) {
    if (!progress.wants_update()) continue;
    progress.update(1, values, learning_rate);
    ++drawn;
  }
  CHECK(drawn >= 1);
  CHECK((drawn - 1) * interval <= Clock::now() - began);

  std::this_thread::sleep_for(interval);
  CHECK(progress.wants_update());
}

TEST_CASE("fit: progress goes to the chosen stream in the chosen style") {
  const Dataset<> data = support::three_clouds(30);
  const auto output_of_fit = [&](ProgressStyle style) {
    std::ostringstream out;
    auto net = support::plain_net();
    fit(net, data, SoftmaxCrossEntropy{}, Adam{},
        {.epochs = 2,
         .batch_size = 10,
         .validation = &data,
         .metrics = {Accuracy{}},
         .progress = {&out, style}});
    return out.str();
  };
  const std::string line = R"(Epoch \d/2 - \d+\.\ds - loss: [\d.]+ - accuracy: [\d.]+ )"
                           R"(- val_loss: [\d.]+ - val_accuracy: [\d.]+\n)";

  CHECK_THAT(output_of_fit(ProgressStyle::lines), Matches(line + line));
  CHECK(output_of_fit(ProgressStyle::silent).empty());
  const std::string bar = output_of_fit(ProgressStyle::bar);
  // The first bar is drawn after one of three batches.
  CHECK_THAT(bar_in(bar), Matches("#+\\.+"));
  CHECK_THAT(bar, HasMatch("\r\033\\[K" + line));
}

TEST_CASE("Progress: the output is the same in every locale") {
  const std::string line = support::under_decimal_comma([] {
    return shown(ProgressStyle::lines, [](Progress& progress) {
      for (int epoch = 1; epoch <= 1000; ++epoch) progress.begin_epoch();
      progress.end_epoch({{"loss", 12345.6}, {"tiny", 1.25e-7}});
    });
  });
  CHECK_THAT(line, Matches(R"(Epoch 1000/10 - \d+\.\ds - loss: 12345\.6000 - tiny: 1\.250e-07\n)"));
  CHECK_THAT(support::under_decimal_comma(half_way_bar),
             HasMatch(R"(Epoch 3/10 .* left - \d+ samples/s - rate: 1\.00e-)"));
}

TEST_CASE("Progress: a bar is complete or empty for sample counts out of range") {
  for (const Index total : {Index{0}, Index{-4}, Index{2}}) {
    std::ostringstream out;
    Progress progress{{.out = &out, .style = ProgressStyle::bar}, 0, total};
    progress.update(5, {{"loss", 1.0}}, 0.1);
    CHECK_THAT(out.str(), ContainsSubstring(total == 2 ? "[################]" : "[................]"));
  }
}

}  // namespace progress_test
