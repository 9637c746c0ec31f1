#include "descent/parallel/flush_denormals.hpp"

#include <limits>

#include "catch.hpp"

namespace flush_denormals_test {

using namespace descent;

TEST_CASE("FlushDenormals: flushes denormals to zero and restores the previous mode", "[parallel]") {
  const auto halved = [] {
    // Volatile, so that the product is computed here and not where it is used.
    const volatile float smallest = std::numeric_limits<float>::min();
    const volatile float half = smallest * 0.5F;
    return static_cast<float>(half);
  };
  const float before = halved();
#if defined(__SSE2__) || defined(__aarch64__)
  {
    const FlushDenormals guard;
    CHECK(halved() == 0);
    const FlushDenormals inner;
    CHECK(halved() == 0);
  }
#endif
  CHECK(before > 0);
  CHECK(halved() == before);
}

}  // namespace flush_denormals_test
