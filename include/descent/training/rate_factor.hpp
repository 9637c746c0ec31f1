#pragma once

#include <string>

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI {

/// A factor of the learning rate for a layer or a parameter, such as 0.1 for layers that were trained before.
struct RateFactor {
  std::string part;  ///< name of the layer or the parameter, such as `0` or `2.weight`
  double factor;
};

}  // namespace descent
