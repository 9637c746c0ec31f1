// The `malloc` of a program is the one that all its libraries call too. Only glibc lets the one that it hides be
// called by another name.
#include "allocations/count.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
// Where the code of this program, not that of its libraries, begins and ends.
extern const char __executable_start, etext;
}

namespace {

std::atomic<bool> counting{false};
std::atomic<int> own_calls{0}, library_calls{0};

void add(const void* caller) {
  if (counting) ++(caller >= &__executable_start && caller < &etext ? own_calls : library_calls);
}

}  // namespace

CountAllocations::CountAllocations() {
  own_calls = library_calls = 0;
  counting = true;
}
CountAllocations::~CountAllocations() { counting = false; }
int CountAllocations::own() const { return own_calls; }
int CountAllocations::of_libraries() const { return library_calls; }

extern "C" {
void* malloc(std::size_t size) noexcept {
  add(__builtin_return_address(0));
  return __libc_malloc(size);
}
void* calloc(std::size_t number, std::size_t size) noexcept {
  add(__builtin_return_address(0));
  return __libc_calloc(number, size);
}
void* realloc(void* old, std::size_t size) noexcept {
  add(__builtin_return_address(0));
  return __libc_realloc(old, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  add(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  add(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** to, std::size_t alignment, std::size_t size) noexcept {
  add(__builtin_return_address(0));
  *to = __libc_memalign(alignment, size);
  return *to ? 0 : ENOMEM;
}
}
