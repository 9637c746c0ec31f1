#pragma once

#include "descent/losses/mean_squared_error.hpp"
#include "descent/losses/sigmoid_cross_entropy.hpp"
#include "descent/losses/softmax_cross_entropy.hpp"
#include "descent/losses/targets.hpp"
