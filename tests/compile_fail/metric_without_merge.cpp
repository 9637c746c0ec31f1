// expect: a metric in .metrics needs merge(const Itself& other)
#include <descent/descent.hpp>

using namespace descent;

struct Samples {
  static constexpr std::string_view name = "samples";
  double seen = 0;
  void update(Batch<> prediction, Batch<>, SampleWeights<> weights) {
    seen += weights.sum(prediction.cols());
  }
#ifdef DESCENT_COMPILES
  void merge(const Samples& other) { seen += other.seen; }
#endif
  double value() const { return seen; }
};

int main() {
  Rng rng{1};
  Dense<> net{2, 1, rng};
  const Dataset<> train;
  fit(net, train, MeanSquaredError{}, Adam{}, {.metrics = {Samples{}}});
}
