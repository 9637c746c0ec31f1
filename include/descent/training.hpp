#pragma once

#include "descent/training/augmentation.hpp"
#include "descent/training/callbacks.hpp"
#include "descent/training/checkpoint.hpp"
#include "descent/training/early_stopping.hpp"
#include "descent/training/estimate_statistics.hpp"
#include "descent/training/fit.hpp"
#include "descent/training/history.hpp"
#include "descent/training/non_finite.hpp"
#include "descent/training/options.hpp"
#include "descent/training/progress.hpp"
#include "descent/training/sample_order.hpp"
#include "descent/training/trainer.hpp"
