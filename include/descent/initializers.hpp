#pragma once

#include "descent/initializers/he.hpp"
#include "descent/initializers/normal.hpp"
#include "descent/initializers/uniform.hpp"
#include "descent/initializers/xavier.hpp"
#include "descent/initializers/zeros.hpp"
