#pragma once

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI {

/// Working memory that is neither copied nor moved with the object that holds it, because its content can be recomputed
/// and may point into itself.
template <class S>
struct NotCopied {
  NotCopied() = default;
  NotCopied(const NotCopied&) {}
  NotCopied& operator=(const NotCopied&) { return *this; }
  ~NotCopied() = default;

  S* operator->() { return &value; }
  S& operator*() { return value; }
  const S* operator->() const { return &value; }
  const S& operator*() const { return value; }

  S value{};
};

}  // namespace descent
