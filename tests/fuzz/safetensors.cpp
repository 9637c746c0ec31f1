#include <cstddef>
#include <cstdint>

#include "feed_io.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::safetensors({reinterpret_cast<const char*>(data), size});
  return 0;
}
