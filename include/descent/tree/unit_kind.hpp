#pragma once

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI {

/// The kind of the outputs of a layer, by which a diagnosis judges them. A layer names it in `unit_kind`:
///
///   static constexpr UnitKind unit_kind = UnitKind::activated;
enum class UnitKind {
  copied,    ///< the inputs themselves, scaled or in another shape
  plain,     ///< computed without an activation, or of a layer that does not name its kind
  activated  ///< results of an activation, which can be dead or saturated
};

}  // namespace descent
