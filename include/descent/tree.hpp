#pragma once

#include "descent/tree/describe.hpp"
#include "descent/tree/dimensions.hpp"
#include "descent/tree/flat_parameters.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/parameter.hpp"
#include "descent/tree/traverse.hpp"
