#pragma once

#include "descent/regularizers/any_regularizer.hpp"
#include "descent/regularizers/elastic_net.hpp"
#include "descent/regularizers/l1.hpp"
#include "descent/regularizers/l2.hpp"
#include "descent/regularizers/per_layer.hpp"
