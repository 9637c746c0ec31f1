#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

#include "fuzz/public/run.hpp"

// Simulates a machine with little memory: a request for more than any valid call needs fails at once, and so does one
// after large requests of the same call that add up to more. Otherwise they would be served, or would terminate the
// program under the address sanitizer. Linked with --wrap=malloc.

namespace {
constexpr std::size_t large = std::size_t{1} << 16, most = std::size_t{1} << 26, most_of_call = most << 3;
std::atomic<std::size_t> large_of_call = 0;
}  // namespace

namespace fuzz {
void begin_memory_of_call() { large_of_call = 0; }
}  // namespace fuzz

extern "C" void* __real_malloc(std::size_t size);
extern "C" void* __wrap_malloc(std::size_t size) {
  if (size > most || (size > large && (large_of_call += size) > most_of_call)) return nullptr;
  return __real_malloc(size);
}

void* operator new(std::size_t size) {
  if (void* memory = __wrap_malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc{};
}
// Of std::stable_sort; the sanitizer's would not fit the delete below.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return __wrap_malloc(size > 0 ? size : 1);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
