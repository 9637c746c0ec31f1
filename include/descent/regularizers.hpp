#pragma once

#include "descent/regularizers/any_regularizer.hpp"
#include "descent/regularizers/l2.hpp"
