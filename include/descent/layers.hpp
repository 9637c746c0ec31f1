#pragma once

#include "descent/layers/activation.hpp"
#include "descent/layers/batch_norm.hpp"
#include "descent/layers/dense.hpp"
#include "descent/layers/dropout.hpp"
#include "descent/layers/relu.hpp"
#include "descent/layers/sigmoid.hpp"
#include "descent/layers/tanh.hpp"
