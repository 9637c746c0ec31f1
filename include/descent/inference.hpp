#pragma once

#include "descent/inference/best_threshold.hpp"
#include "descent/inference/evaluate.hpp"
#include "descent/inference/outputs_of.hpp"
#include "descent/inference/predict.hpp"
#include "descent/inference/probabilities.hpp"
