#include "descent/serialize/half.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"

namespace half_test {

TEST_CASE("from_half: 16-bit numbers convert exactly") {
  using descent::detail::from_half, descent::detail::from_bfloat16;
  CHECK(from_half(0x3C00) == 1);
  CHECK(from_half(0xC000) == -2);
  CHECK(from_half(0x7BFF) == 65504);
  CHECK(from_half(0x0001) == std::ldexp(1.0F, -24));
  CHECK(from_half(0x3555) == 0.333251953125F);
  CHECK((from_half(0x8000) == 0 && std::signbit(from_half(0x8000))));
  CHECK(from_half(0xFC00) == -std::numeric_limits<float>::infinity());
  CHECK(std::isnan(from_half(0x7E00)));
  CHECK(from_bfloat16(0x3F80) == 1);
  CHECK(from_bfloat16(0xC049) == -3.140625F);
}

}  // namespace half_test
