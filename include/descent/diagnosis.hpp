#pragma once

#include "descent/diagnosis/compare_distributions.hpp"
#include "descent/diagnosis/diagnose.hpp"
#include "descent/diagnosis/doctor.hpp"
#include "descent/diagnosis/examine.hpp"
#include "descent/diagnosis/find_learning_rate.hpp"
#include "descent/diagnosis/finding.hpp"
#include "descent/diagnosis/gradient_check.hpp"
#include "descent/diagnosis/overfit.hpp"
#include "descent/diagnosis/rules/labels.hpp"
#include "descent/diagnosis/rules/rule.hpp"
#include "descent/diagnosis/statistics.hpp"
#include "descent/diagnosis/summary.hpp"
