#pragma once

#include "descent/core/backward.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/concepts.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/pass.hpp"
#include "descent/core/random.hpp"
#include "descent/core/scratch.hpp"
#include "descent/core/types.hpp"
#include "descent/core/visit.hpp"
