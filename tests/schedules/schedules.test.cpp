#include "descent/schedules.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <cstdint>
#include "catch.hpp"
#include "conformance/schedule_table.hpp"
#include "support.hpp"

namespace schedules_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinRel;

namespace {

constexpr double rounding = 1e-14;
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("Schedule: stays at its final value") {
  constexpr std::int64_t late = 1'000'000'000'000;
  for (const std::int64_t t : {std::int64_t{10}, std::int64_t{11}, late}) {
    CHECK(Cosine{.initial = 0.2, .final = 0.01, .steps = 10}(t) == 0.01);
    CHECK(Polynomial{.initial = 0.2, .final = 0.01, .steps = 10, .power = 3}(t) == 0.01);
    CHECK(OneCycle{.peak = 0.25, .steps = 11, .start_divisor = 25, .end_divisor = 10}(t) == 0.001);
    CHECK(PiecewiseConstant{.initial = 0.2, .changes = {{5, 0.1}, {10, 0.01}}}(t) == 0.01);
  }
  CHECK(Staircase{.initial = 1}(late) == 0);
  CHECK_THAT(InverseSqrt{.initial = 1}(late - 1), WithinRel(1e-6, rounding));
}

TEST_CASE("Schedule: begins at its initial value") {
  CHECK(Cosine{.initial = 0.2, .steps = 10}(0) == 0.2);
  CHECK(CosineRestarts{.initial = 0.2, .steps = 10}(0) == 0.2);
  CHECK(Polynomial{.initial = 0.2, .steps = 10}(0) == 0.2);
  CHECK(Staircase{.initial = 0.2}(0) == 0.2);
  CHECK(InverseSqrt{.initial = 0.2}(0) == 0.2);
  CHECK(PiecewiseConstant{.initial = 0.2}(0) == 0.2);
  CHECK_THAT((OneCycle{.peak = 0.5, .steps = 100}(0)), WithinRel(0.02, rounding));
  CHECK_THAT((OneCycle{.peak = 0.5, .steps = 100}(29)), WithinRel(0.5, rounding));  // 0.3 * 100 - 1
  CHECK_THAT((Warmup{.steps = 4, .then = 0.5}(0)), WithinRel(0.1, rounding));
}

TEST_CASE("Schedule: a smooth schedule has no jumps") {
  constexpr std::int64_t steps = 1000;
  const auto largest_change = [](const AnySchedule& schedule) {
    double largest = 0;
    for (std::int64_t t = 0; t < steps + 10; ++t)
      largest = std::max(largest, std::abs(schedule(t + 1) - schedule(t)));
    return largest;
  };
  CHECK(largest_change(Cosine{.initial = 1, .steps = steps}) < 0.002);
  CHECK(largest_change(Polynomial{.initial = 1, .steps = steps}) < 0.00101);
  CHECK(largest_change(OneCycle{.peak = 1, .steps = steps}) < 0.006);
  CHECK(largest_change(Warmup{.steps = 100, .then = Cosine{.initial = 1, .steps = steps - 100}}) < 0.01);
  CHECK(largest_change(Warmup{.steps = 100, .then = 1}) < 0.01);
}

TEST_CASE("CosineRestarts: each period is longer by the factor growth") {
  const CosineRestarts schedule{.initial = 1, .steps = 3, .growth = 10};
  for (const std::int64_t t : {0, 3, 33, 333, 3333}) {
    CHECK(schedule(t) == 1);
    if (t > 0) CHECK(schedule(t - 1) < schedule(t));
  }
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  CHECK(std::isfinite(CosineRestarts{.steps = 3, .growth = most}(most)));
  CHECK((CosineRestarts{.initial = 1, .steps = 10}(1'000'000'000'000'000)) == 1);
}

TEST_CASE("Warmup: continues with any kind of schedule") {
  const Cosine cosine{.initial = 0.2, .steps = 10};
  const Warmup into_cosine{.steps = 4, .then = cosine};
  CHECK(into_cosine(4) == 0.2);
  CHECK(into_cosine(9) == cosine(5));
  CHECK(Warmup{.steps = 0, .then = cosine}(3) == cosine(3));
  CHECK(Warmup{.steps = 4, .then = 0.5}(100) == 0.5);
  CHECK(Warmup{.steps = 1, .then = [](std::int64_t t) { return 1.0 + static_cast<double>(t); }}(3) == 3);
  CHECK(Warmup{.steps = 1, .then = Warmup{.steps = 1, .then = 1}}(1) == 0.5);

  const TrainingProgress progress{.step = 9, .epoch = 4};
  CHECK(LearningRate{into_cosine}(progress) == 0.2);
  CHECK(LearningRate{PerStep{into_cosine}}(progress) == cosine(5));
}

TEST_CASE("Schedule: refuses bad options when it is called") {
  const auto text = [](const AnySchedule& schedule) {
    return support::message_of<DataError>([&] { schedule(0); });
  };
  CHECK(text(Cosine{.initial = 0.1}) ==
        "Cosine: expected .steps of at least 1, got 0; say how long the decay lasts");
  CHECK(text(Staircase{.every = 0}) == "Staircase: expected .every of at least 1, got 0");
  CHECK(text(Exponential{.initial = -1}) == "Exponential: expected .initial of 0 or more, got -1");
  CHECK(text(OneCycle{.steps = 10, .rise_share = 1}) == "OneCycle: expected .rise_share in [0, 1), got 1");
  CHECK(text(PiecewiseConstant{.changes = {{5, 0.1}, {5, 0.2}}}) ==
        "PiecewiseConstant: expected changes in order of time, got 5 after 5; sort them, and give one value "
        "for each "
        "time");

  struct Bad {
    std::string name;
    AnySchedule schedule;
  };
  const std::vector<Bad> bad{
      {"Exponential", Exponential{.decay_rate = not_a_number}},
      {"Exponential", Exponential{.decay_rate = -0.5}},
      {"InverseTime", InverseTime{.initial = not_a_number}},
      {"InverseTime", InverseTime{.decay_rate = -1}},
      {"InverseSqrt", InverseSqrt{.initial = -1}},
      {"InverseSqrt", InverseSqrt{.k = not_a_number}},
      {"Staircase", Staircase{.initial = not_a_number}},
      {"Staircase", Staircase{.factor = -1}},
      {"Staircase", Staircase{.every = -3}},
      {"PiecewiseConstant", PiecewiseConstant{.initial = -1}},
      {"PiecewiseConstant", PiecewiseConstant{.changes = {{5, not_a_number}}}},
      {"Polynomial", Polynomial{.steps = -5}},
      {"Polynomial", Polynomial{.initial = -1, .steps = 5}},
      {"Polynomial", Polynomial{.final = not_a_number, .steps = 5}},
      {"Polynomial", Polynomial{.steps = 5, .power = -1}},
      {"Cosine", Cosine{.initial = not_a_number, .steps = 5}},
      {"Cosine", Cosine{.final = -1, .steps = 5}},
      {"CosineRestarts", CosineRestarts{.steps = 0}},
      {"CosineRestarts", CosineRestarts{.initial = -1, .steps = 5}},
      {"CosineRestarts", CosineRestarts{.final = -1, .steps = 5}},
      {"CosineRestarts", CosineRestarts{.steps = 5, .growth = 0}},
      {"Warmup", Warmup{.steps = -1}},
      {"Cosine", Warmup{.steps = 5, .then = Cosine{}}},
      {"OneCycle", OneCycle{}},
      {"OneCycle", OneCycle{.peak = not_a_number, .steps = 5}},
      {"OneCycle", OneCycle{.steps = 5, .rise_share = -0.1}},
      {"OneCycle", OneCycle{.steps = 5, .start_divisor = 0}},
      {"OneCycle", OneCycle{.steps = 5, .end_divisor = not_a_number}},
  };
  for (const Bad& row : bad) CHECK_THAT(text(row.schedule), ContainsSubstring(row.name + ": expected ."));
}

TEST_CASE("LearningRate: refuses a negative or not finite rate when it is called") {
  const auto text = [](const LearningRate& rate) {
    return support::message_of<DataError>([&] { rate(TrainingProgress{}); });
  };
  CHECK(text(-0.1) == "LearningRate: expected .learning_rate of 0 or more, got -0.1");
  CHECK_THAT(text(not_a_number), ContainsSubstring("got nan"));
  CHECK_THAT(text([](std::int64_t) { return std::log(0.0); }), ContainsSubstring("got -inf"));
}

TEST_CASE("Schedule: a negative time is refused and the largest does not overflow") {
  conformance::for_each(conformance::schedules, [](const auto& row) {
    CAPTURE(row.name);
    for (const std::int64_t t : {std::int64_t{-1}, std::numeric_limits<std::int64_t>::min()})
      CHECK_THROWS_AS(row.schedule(t), DataError);
    CHECK(row.schedule(std::numeric_limits<std::int64_t>::max()) >= 0);
  });
  CHECK(Warmup{.steps = std::numeric_limits<std::int64_t>::max(), .then = 1.0}(0) > 0);
}

}  // namespace schedules_test
