#pragma once

#include "descent/inference/evaluate.hpp"
#include "descent/inference/predict.hpp"
