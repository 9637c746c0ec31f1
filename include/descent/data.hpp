#pragma once

#include "descent/data/batches.hpp"
#include "descent/data/csv.hpp"
#include "descent/data/dataset.hpp"
#include "descent/data/split.hpp"
#include "descent/data/standardize.hpp"
