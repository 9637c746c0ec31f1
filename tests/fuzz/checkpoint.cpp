#include <cstddef>
#include <cstdint>

#include "feed_checkpoint.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::checkpoint({reinterpret_cast<const char*>(data), size});
  return 0;
}
