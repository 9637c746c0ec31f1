#pragma once

/// Everything that needs nothing but Eigen.

#include "descent/checks.hpp"
#include "descent/core.hpp"
#include "descent/data.hpp"
#include "descent/initializers.hpp"
#include "descent/layers.hpp"
#include "descent/losses.hpp"
#include "descent/metrics.hpp"
#include "descent/models.hpp"
#include "descent/optimizers.hpp"
#include "descent/regularizers.hpp"
#include "descent/schedules.hpp"
#include "descent/training.hpp"
