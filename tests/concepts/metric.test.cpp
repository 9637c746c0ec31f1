#include "descent/concepts/metric.hpp"

#include <string_view>

#include "catch.hpp"
#include "descent/losses.hpp"
#include "descent/metrics.hpp"

namespace metric_test {

using namespace descent;

namespace {

struct Count {
  static constexpr std::string_view name = "count";
  void update(Batch<>, Batch<>, SampleWeights<>) {}
  void merge(const Count&) {}
  double value() const { return 0; }
};
struct Nameless {
  void update(Batch<>, Batch<>, SampleWeights<>) {}
  void merge(const Nameless&) {}
  double value() const { return 0; }
};
struct WithoutMerge {
  static constexpr std::string_view name = "count";
  void update(Batch<>, Batch<>, SampleWeights<>) {}
  double value() const { return 0; }
};
struct WithoutWeights {
  static constexpr std::string_view name = "count";
  void update(Batch<>, Batch<>) {}
  void merge(const WithoutWeights&) {}
  double value() const { return 0; }
};
struct ValueChangesIt {
  static constexpr std::string_view name = "count";
  void update(Batch<>, Batch<>, SampleWeights<>) {}
  void merge(const ValueChangesIt&) {}
  double value() { return 0; }
};

}  // namespace

TEST_CASE("Metric: requires update and merge and value and a name") {
  STATIC_REQUIRE(Metric<Count, float>);
  STATIC_REQUIRE(Metric<Accuracy, double>);
  STATIC_REQUIRE(Metric<ConfusionMatrix, float>);
  STATIC_REQUIRE_FALSE(Metric<Count, double>);
  STATIC_REQUIRE_FALSE(Metric<Nameless, float>);
  STATIC_REQUIRE_FALSE(Metric<WithoutMerge, float>);
  STATIC_REQUIRE_FALSE(Metric<WithoutWeights, float>);
  STATIC_REQUIRE_FALSE(Metric<ValueChangesIt, float>);
  STATIC_REQUIRE_FALSE(Metric<MeanSquaredError, float>);
}

}  // namespace metric_test
