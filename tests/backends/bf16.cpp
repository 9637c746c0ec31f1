#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "catch.hpp"
#include "descent/linalg/product.hpp"

using namespace descent;

TEST_CASE("to_bf16: values round to nearest even and NaN stays NaN") {
  std::uint32_t different = 0;
  for (std::uint32_t upper = 0; upper < 0x10000; ++upper)
    for (const std::uint32_t lower : {0x0000u, 0x0001u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu}) {
      const float x = std::bit_cast<float>(upper << 16 | lower);
      const std::uint16_t got = detail::to_bf16(x);
      if (std::isnan(x))
        different += !std::isnan(std::bit_cast<float>(std::uint32_t{got} << 16));
      else
        different += got != Eigen::bfloat16{x}.value;
    }
  CHECK(different == 0);
}

TEST_CASE("bf16_support: it reports the instructions of the processor") {
  using onednn::Bf16;
  const char* const limit = std::getenv("DNNL_MAX_CPU_ISA");
  if (limit && std::string_view{limit} == "AVX2") CHECK(onednn::bf16_support() == Bf16::none);
  CHECK(!onednn::name_of(onednn::bf16_support()).empty());
}
