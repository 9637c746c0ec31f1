#pragma once

/// Everything that needs nothing but Eigen, except what a program should only compile if it uses it:
/// descent/autodiff.hpp and descent/diagnosis.hpp, of which this header has the gradient check.

#include "descent/concepts.hpp"
#include "descent/core.hpp"
#include "descent/data.hpp"
#include "descent/diagnosis/compare_distributions.hpp"
#include "descent/diagnosis/gradient_check.hpp"
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
