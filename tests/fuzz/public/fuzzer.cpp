#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "fuzz/public/run.hpp"

/// The entry point of libFuzzer: the first two bytes choose the call, the others its arguments.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::Calls calls = fuzz::all_calls();
  if (size < 2) return 0;
  fuzz::Call& call = calls[(std::size_t{data[0]} << 8 | data[1]) % calls.size()];
  const std::string foreign =
      fuzz::foreign_exception(call, {reinterpret_cast<const char*>(data) + 2, size - 2});
  if (!foreign.empty()) {
    std::fprintf(stderr, "foreign exception in \"%s\": %s\n", call.name.c_str(), foreign.c_str());
    std::abort();
  }
  return 0;
}
