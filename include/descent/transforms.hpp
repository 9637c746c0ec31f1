#pragma once

#include "descent/transforms/any_transform.hpp"
#include "descent/transforms/clip_by_global_norm.hpp"
#include "descent/transforms/clip_by_value.hpp"
#include "descent/transforms/max_norm.hpp"
