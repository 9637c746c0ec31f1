#pragma once

#include "descent/report/compare_runs.hpp"
#include "descent/report/event_file.hpp"
#include "descent/report/report.hpp"
