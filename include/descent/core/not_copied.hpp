#pragma once

namespace descent {

/// Working memory of a value: not copied and not moved with the value, because what it holds can be
/// made again and may point into itself.
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
