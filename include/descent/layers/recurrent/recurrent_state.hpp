#pragma once

#include <concepts>

#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// The outputs of a recurrent layer: those of all time steps, or the last one of each sequence.
enum class Outputs { all, last };

/// The state of a recurrent layer after a time step, and the gradient with respect to it. Empty matrices are zeros.
///
/// Shapes   [layers * directions * hidden, m], the directions of the first layer first
template <std::floating_point T = float>
struct RecurrentState {
  Matrix<T> hidden;
  Matrix<T> cell;  ///< of an LSTM only
};

}  // namespace descent
