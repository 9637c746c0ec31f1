#pragma once

#include "descent/metrics/accuracy.hpp"
#include "descent/metrics/any_metric.hpp"
#include "descent/metrics/classes.hpp"
#include "descent/metrics/confusion_matrix.hpp"
