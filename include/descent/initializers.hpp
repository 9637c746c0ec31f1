#pragma once

#include "descent/initializers/constant.hpp"
#include "descent/initializers/he.hpp"
#include "descent/initializers/lecun.hpp"
#include "descent/initializers/normal.hpp"
#include "descent/initializers/orthogonal.hpp"
#include "descent/initializers/truncated_normal.hpp"
#include "descent/initializers/uniform.hpp"
#include "descent/initializers/xavier.hpp"
#include "descent/initializers/zeros.hpp"
