#pragma once

/// Automatic differentiation: costs, layers and losses as formulas of variables. Not a part of <descent/descent.hpp>, so
/// that programs without formulas do not compile it.

#include "descent/autodiff/activations.hpp"
#include "descent/autodiff/apply.hpp"
#include "descent/autodiff/attention.hpp"
#include "descent/autodiff/derivatives.hpp"
#include "descent/autodiff/formula.hpp"
#include "descent/autodiff/formula_loss.hpp"
#include "descent/autodiff/functions.hpp"
#include "descent/autodiff/graph.hpp"
#include "descent/autodiff/losses.hpp"
#include "descent/autodiff/operations.hpp"
#include "descent/autodiff/products.hpp"
#include "descent/autodiff/reductions.hpp"
#include "descent/autodiff/selection.hpp"
#include "descent/autodiff/shaping.hpp"
#include "descent/autodiff/to_dot.hpp"
#include "descent/autodiff/value_and_gradient.hpp"
#include "descent/autodiff/variable.hpp"
