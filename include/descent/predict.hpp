#pragma once

/// All that a program needs which only predicts: layers, compositions and `predict`, without losses, metrics and
/// training. `<descent/io/model_file.hpp>` reads a network from a file; see docs/guide/moving_models.md for its size.

#include "descent/inference/outputs_of.hpp"
#include "descent/inference/predict.hpp"
#include "descent/layers.hpp"
#include "descent/models.hpp"
