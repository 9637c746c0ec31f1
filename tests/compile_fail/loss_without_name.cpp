// expect: a metric or loss in .metrics needs a static constexpr std::string_view name
#include <descent/descent.hpp>

using namespace descent;

struct Nothing {
#ifdef DESCENT_COMPILES
  static constexpr std::string_view name = "Nothing";
#endif
  WeightedSum value(Batch<>, Batch<>, SampleWeights<>) const { return {}; }
  WeightedSum value_and_gradient(Batch<> prediction, Batch<>, Matrix<>& dy, SampleWeights<>) const {
    dy.setZero(prediction.rows(), prediction.cols());
    return {};
  }
};

int main() { const AnyMetric<> metric = Nothing{}; }
