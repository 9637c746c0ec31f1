// A program's own `malloc` replaces that of the C library for all its libraries, too. Only glibc exports its
// implementation under a second name.
#include "allocations/count.hpp"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);
// Begin and end of the code of this program, without its libraries.
extern const char __executable_start, etext;
}

namespace {

std::atomic<bool> counting{false};
std::atomic<int> own_calls{0}, library_calls{0};

void add(const void* caller) {
  if (counting) ++(caller >= &__executable_start && caller < &etext ? own_calls : library_calls);
}

std::atomic<long long> held{0}, most_held{0};

void* hold(void* memory) {
  const auto size = static_cast<long long>(malloc_usable_size(memory));
  const long long now = held += size;
  for (long long most = most_held; now > most && !most_held.compare_exchange_weak(most, now);) continue;
  return memory;
}
void release(void* memory) { held -= static_cast<long long>(malloc_usable_size(memory)); }

}  // namespace

CountAllocations::CountAllocations() {
  own_calls = library_calls = 0;
  counting = true;
}
CountAllocations::~CountAllocations() { counting = false; }
int CountAllocations::own() const { return own_calls; }
int CountAllocations::of_libraries() const { return library_calls; }

PeakMemory::PeakMemory() : before_{held} { most_held = before_; }
std::size_t PeakMemory::bytes() const { return static_cast<std::size_t>(most_held - before_); }

extern "C" {
void* malloc(std::size_t size) noexcept {
  add(__builtin_return_address(0));
  return hold(__libc_malloc(size));
}
void* calloc(std::size_t number, std::size_t size) noexcept {
  add(__builtin_return_address(0));
  return hold(__libc_calloc(number, size));
}
void* realloc(void* old, std::size_t size) noexcept {
  add(__builtin_return_address(0));
  release(old);
  return hold(__libc_realloc(old, size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  add(__builtin_return_address(0));
  return hold(__libc_memalign(alignment, size));
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  add(__builtin_return_address(0));
  return hold(__libc_memalign(alignment, size));
}
int posix_memalign(void** to, std::size_t alignment, std::size_t size) noexcept {
  add(__builtin_return_address(0));
  *to = hold(__libc_memalign(alignment, size));
  return *to ? 0 : ENOMEM;
}
void free(void* memory) noexcept {
  release(memory);
  __libc_free(memory);
}
}
