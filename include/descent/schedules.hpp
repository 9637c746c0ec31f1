#pragma once

#include "descent/schedules/exponential.hpp"
#include "descent/schedules/inverse_time.hpp"
#include "descent/schedules/learning_rate.hpp"
#include "descent/schedules/per_step.hpp"
