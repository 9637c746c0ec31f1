// expect: a metric in .metrics needs update(Batch<T> prediction, Batch<T> target, SampleWeights<T> weights)
#include <descent/descent.hpp>

using namespace descent;

struct Samples {
  static constexpr std::string_view name = "samples";
  double seen = 0;
#ifdef DESCENT_COMPILES
  void update(Batch<> prediction, Batch<>, SampleWeights<> weights) {
    seen += weights.sum(prediction.cols());
  }
#else
  void update(Batch<> prediction, Batch<>) { seen += double(prediction.cols()); }
#endif
  void merge(const Samples& other) { seen += other.seen; }
  double value() const { return seen; }
};

int main() { const AnyMetric<> metric = Samples{}; }
