#pragma once

#include "descent/search/halving.hpp"
#include "descent/search/importance.hpp"
#include "descent/search/median_pruning.hpp"
#include "descent/search/options.hpp"
#include "descent/search/range.hpp"
#include "descent/search/ranking.hpp"
#include "descent/search/running_trial.hpp"
#include "descent/search/search.hpp"
#include "descent/search/space.hpp"
#include "descent/search/strategy.hpp"
#include "descent/search/trial_record.hpp"
#include "descent/search/trials.hpp"
