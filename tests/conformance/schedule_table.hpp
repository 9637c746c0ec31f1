#pragma once

#include <string>
#include <tuple>

#include "conformance/table.hpp"

namespace conformance {

/// A schedule, with the case in golden/schedules.json that has its values.
template <class S>
struct ScheduleRow {
  std::string name;
  S schedule;
  const char* golden;
};
template <class S>  // clang 14 has no class template argument deduction for aggregates
ScheduleRow(std::string, S, const char*) -> ScheduleRow<S>;

inline const auto schedules = std::tuple{
    ScheduleRow{"Exponential", Exponential{.initial = 0.2, .decay_rate = 0.9}, "exponential"},
    ScheduleRow{"InverseTime", InverseTime{.initial = 0.2, .decay_rate = 0.5}, "inverse_time"},
    ScheduleRow{"InverseSqrt", InverseSqrt{.initial = 0.2, .k = 3}, "inverse_sqrt"},
    ScheduleRow{"Staircase", Staircase{.initial = 0.2, .factor = 0.1, .every = 4}, "staircase"},
    ScheduleRow{"PiecewiseConstant", PiecewiseConstant{.initial = 0.2, .changes = {{3, 0.1}, {8, 0.05}}},
                "piecewise_constant"},
    ScheduleRow{"Polynomial", Polynomial{.initial = 0.2, .steps = 10, .power = 2}, "polynomial"},
    ScheduleRow{"Polynomial of power 1", Polynomial{.initial = 0.2, .final = 0.05, .steps = 10}, "linear"},
    ScheduleRow{"Cosine", Cosine{.initial = 0.2, .final = 0.01, .steps = 10}, "cosine"},
    ScheduleRow{"CosineRestarts", CosineRestarts{.initial = 0.2, .final = 0.01, .steps = 10},
                "cosine_restarts"},
    ScheduleRow{"CosineRestarts with growth", CosineRestarts{.initial = 0.2, .steps = 5, .growth = 2},
                "cosine_restarts_growing"},
    ScheduleRow{"Warmup", Warmup{.steps = 4, .then = Cosine{.initial = 0.2, .steps = 10}}, "warmup"},
    ScheduleRow{"OneCycle", OneCycle{.peak = 0.2, .steps = 21}, "one_cycle"},
    ScheduleRow{
        "OneCycle with options",
        OneCycle{.peak = 0.2, .steps = 31, .rise_share = 0.4, .start_divisor = 10, .end_divisor = 100},
        "one_cycle_options"},
};

}  // namespace conformance
