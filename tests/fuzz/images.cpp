#include <cstddef>
#include <cstdint>
#include <descent/io/images/decode.hpp>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    descent::detail::ImageDecoder{"read_image", "bytes", {reinterpret_cast<const char*>(data), size}}
        .decode();
  } catch (const descent::FormatError&) {
  }
  return 0;
}
