#include "descent/schedules/learning_rate.hpp"

#include <concepts>
#include <string>

#include "catch.hpp"
#include "descent/optimizers/adam.hpp"
#include "descent/schedules/inverse_time.hpp"
#include "descent/schedules/per_step.hpp"

namespace learning_rate_test {

using namespace descent;

namespace {

constexpr TrainingProgress progress_{.step = 7, .epoch = 3};
constexpr InverseTime schedule{.initial = 1, .decay_rate = 1};  // 1 / (1 + t)

}  // namespace

TEST_CASE("LearningRate: is a number or a schedule of epochs or of steps") {
  CHECK(LearningRate{0.5}(progress_) == 0.5);
  CHECK(LearningRate{schedule}(progress_) == 0.25);
  CHECK(LearningRate{PerStep{schedule}}(progress_) == 0.125);
  CHECK(LearningRate{[](std::int64_t epoch) { return epoch < 3 ? 1e-2 : 1e-3; }}(progress_) == 1e-3);
  const double rate = 0.125;
  CHECK(LearningRate{[rate](std::int64_t) { return rate; }}(progress_) == rate);
  CHECK(LearningRate{[](const TrainingProgress& at) { return static_cast<double>(at.step + at.epoch); }}(
            progress_) == 10);
}

TEST_CASE("LearningRate: an optimizer takes a number or a schedule") {
  CHECK(Adam{.learning_rate = 1e-3}.learning_rate(progress_) == 1e-3);
  CHECK(Adam{.learning_rate = 1}.learning_rate(progress_) == 1);
  CHECK(Adam{.learning_rate = schedule}.learning_rate(progress_) == 0.25);
  CHECK(Adam{.learning_rate = PerStep{schedule}}.learning_rate(progress_) == 0.125);

  Adam adam;
  adam.learning_rate = 0.5;
  CHECK(adam.learning_rate(progress_) == 0.5);
}

TEST_CASE("LearningRate: a copy is independent") {
  LearningRate rate = schedule;
  const LearningRate copy = rate;
  rate = 0.5;
  CHECK(rate(progress_) == 0.5);
  CHECK(copy(progress_) == 0.25);
}

TEST_CASE("LearningRate: converts only from numbers and schedules") {
  auto text = [](std::int64_t) { return std::string{"slow"}; };
  auto of_nothing = [] { return 0.1; };
  STATIC_REQUIRE(std::convertible_to<double, LearningRate>);
  STATIC_REQUIRE(std::convertible_to<InverseTime, LearningRate>);
  STATIC_REQUIRE_FALSE(std::convertible_to<std::string, LearningRate>);
  STATIC_REQUIRE_FALSE(Schedule<decltype(text)>);
  STATIC_REQUIRE_FALSE(Schedule<decltype(of_nothing)>);
}

}  // namespace learning_rate_test
