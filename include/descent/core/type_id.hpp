#pragma once

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Identifies a type by the address of a variable, one per type: typeid would need RTTI, which -fno-rtti turns off.
using TypeId = const void*;
template <class Type>
TypeId type_id() {
  static char unique;
  return &unique;
}

}  // namespace descent::detail
