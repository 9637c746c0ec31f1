#pragma once

#include <cstdint>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI {

/// RAII guard: flushes denormals, which are below about 1e-38 in float, to zero on this thread and restores the
/// previous mode. They carry no information in training, and most processors compute with them a hundred times
/// slower.
///
/// Does nothing on processors other than x86 with SSE2 and 64-bit Arm.
class FlushDenormals {
 public:
  FlushDenormals() : before_{get()} { set(before_ | flush); }
  ~FlushDenormals() { set(before_); }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
#if defined(__SSE2__)
  using Control = unsigned;
  static constexpr Control flush = 0x8040;  // results and operands
  static Control get() { return _mm_getcsr(); }
  static void set(Control control) { _mm_setcsr(control); }
#elif defined(__aarch64__)
  using Control = std::uint64_t;
  static constexpr Control flush = Control{1} << 24;
  static Control get() {
    Control control;
    __asm__ __volatile__("mrs %0, fpcr" : "=r"(control));
    return control;
  }
  static void set(Control control) { __asm__ __volatile__("msr fpcr, %0" : : "r"(control)); }
#else
  using Control = int;
  static constexpr Control flush = 0;
  static Control get() { return 0; }
  static void set(Control) {}
#endif

  Control before_;
};

}  // namespace descent
