#pragma once

#include "descent/regularizers/any_regularizer.hpp"
#include "descent/regularizers/any_transform.hpp"
#include "descent/regularizers/clip_by_global_norm.hpp"
#include "descent/regularizers/clip_by_value.hpp"
#include "descent/regularizers/elastic_net.hpp"
#include "descent/regularizers/l1.hpp"
#include "descent/regularizers/l2.hpp"
#include "descent/regularizers/max_norm.hpp"
#include "descent/regularizers/per_layer.hpp"
