// Counts real allocations: the `malloc` of a program is the one that all its libraries call too. Only glibc
// lets the one that it hides be called by another name.
#include <cstdlib>

#ifdef __GLIBC__

#include <cerrno>
#include <cstddef>

#include "backend.hpp"
#include "catch.hpp"

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
// Where the code of this program, not that of its libraries, begins and ends.
extern const char __executable_start, etext;
}

namespace {

struct Count {
  bool on = false;
  int own = 0, of_libraries = 0;

  void add(const void* caller) {
    if (on) ++(caller >= &__executable_start && caller < &etext ? own : of_libraries);
  }
};
thread_local Count count;

}  // namespace

extern "C" {
void* malloc(std::size_t size) noexcept {
  count.add(__builtin_return_address(0));
  return __libc_malloc(size);
}
void* calloc(std::size_t number, std::size_t size) noexcept {
  count.add(__builtin_return_address(0));
  return __libc_calloc(number, size);
}
void* realloc(void* old, std::size_t size) noexcept {
  count.add(__builtin_return_address(0));
  return __libc_realloc(old, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  count.add(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  count.add(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** to, std::size_t alignment, std::size_t size) noexcept {
  count.add(__builtin_return_address(0));
  *to = __libc_memalign(alignment, size);
  return *to ? 0 : ENOMEM;
}
}

using namespace descent;
using backend::multiply, backend::Product;

TEST_CASE("a warm product allocates nothing of ours") {
  const Matrix<float> x = Matrix<float>::Random(200, 300), small = Matrix<float>::Random(16, 16);
  Matrix<float> square, wide, tiny;
  const auto products = [&] {
    multiply(Product::transposed_left, x, x, square);
    multiply(Product::plain, x, square, wide);
    multiply(Product::transposed_right, small, small, tiny);
  };
  products();
  count = {.on = true};
  products();
  count.on = false;
  INFO(count.of_libraries << " by libraries");
  CHECK(count.own == 0);
}

#endif
