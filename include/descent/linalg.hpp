#pragma once

#include "descent/core/finite.hpp"
#include "descent/linalg/flat.hpp"
#include "descent/linalg/product.hpp"
#include "descent/linalg/row_blocks.hpp"
#include "descent/linalg/row_sums.hpp"
