#pragma once

#include "descent/inference/evaluate.hpp"
#include "descent/inference/outputs_of.hpp"
#include "descent/inference/predict.hpp"
