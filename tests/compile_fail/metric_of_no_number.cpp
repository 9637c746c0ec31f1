// expect: a metric in .metrics needs value() const that returns a number
#include <descent/descent.hpp>

using namespace descent;

int main() {
#ifdef DESCENT_COMPILES
  const AnyMetric<> metric = Accuracy{};
#else
  const AnyMetric<> metric = ConfusionMatrix{3};
#endif
}
