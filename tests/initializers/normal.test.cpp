#include "descent/initializers/normal.hpp"

#include <limits>

#include "initializers/moments.hpp"
#include "support.hpp"

namespace normal_test {

using namespace descent;

TEMPLATE_TEST_CASE("Normal: mean and deviation are as given for any fan", "", float, double) {
  for (const Fan fan : {Fan{400, 300}, Fan{1, 1}}) {
    support::expect_moments<TestType>(Normal{.mean = 1, .deviation = 0.5}, fan,
                                      {.mean = 1, .variance = 0.25, .kurtosis = support::normal_kurtosis});
    support::expect_moments<TestType>(Normal{}, fan,
                                      {.variance = 1e-4, .kurtosis = support::normal_kurtosis});
  }
}

TEST_CASE("Normal: refuses a mean or deviation that is not finite and a negative deviation") {
  const auto text = [](const Normal& init) {
    return support::message_of<DataError>([&] {
      Rng rng{1};
      Matrix<> weight(1, 1);
      init(weight, Fan{1, 1}, rng);
    });
  };
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(),
                   infinity = std::numeric_limits<double>::infinity();
  CHECK(text({.mean = nan}) == "Normal: expected .mean finite, got nan");
  CHECK(text({.mean = -infinity}) == "Normal: expected .mean finite, got -inf");
  CHECK(text({.deviation = -1}) == "Normal: expected .deviation of 0 or more, got -1");
  CHECK(text({.deviation = nan}) == "Normal: expected .deviation of 0 or more, got nan");
  CHECK(text({.deviation = infinity}) == "Normal: expected .deviation of 0 or more, got inf");
}

}  // namespace normal_test
