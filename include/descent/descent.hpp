#pragma once

/// Everything that needs nothing but Eigen.

#include "descent/concepts.hpp"
#include "descent/core.hpp"
#include "descent/data.hpp"
#include "descent/diagnosis.hpp"
#include "descent/inference.hpp"
#include "descent/initializers.hpp"
#include "descent/io.hpp"
#include "descent/layers.hpp"
#include "descent/linalg.hpp"
#include "descent/losses.hpp"
#include "descent/metrics.hpp"
#include "descent/models.hpp"
#include "descent/optimizers.hpp"
#include "descent/parallel.hpp"
#include "descent/regularizers.hpp"
#include "descent/schedules.hpp"
#include "descent/serialize.hpp"
#include "descent/training.hpp"
#include "descent/transforms.hpp"
#include "descent/tree.hpp"
