#pragma once

#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/exponential_average.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/core/misfit.hpp"
#include "descent/core/not_copied.hpp"
#include "descent/core/number_text.hpp"
#include "descent/core/options.hpp"
#include "descent/core/random.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/core/version.hpp"
