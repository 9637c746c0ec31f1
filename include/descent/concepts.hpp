#pragma once

#include "descent/concepts/backward.hpp"
#include "descent/concepts/hooks.hpp"
#include "descent/concepts/initializer.hpp"
#include "descent/concepts/layer.hpp"
#include "descent/concepts/loss.hpp"
#include "descent/concepts/metric.hpp"
#include "descent/concepts/optimizer.hpp"
#include "descent/concepts/output_kind.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/concepts/regularizer.hpp"
#include "descent/concepts/schedule.hpp"
