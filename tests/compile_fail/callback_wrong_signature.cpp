// expect: an .on_batch_end callback takes (const BatchEnd& e)
#include <descent/descent.hpp>

using namespace descent;

int main() {
  Rng rng{1};
  Dense<> net{2, 1, rng};
  const Dataset<> train;
#ifdef DESCENT_COMPILES
  fit(net, train, MeanSquaredError{}, Adam{}, {.on_batch_end = {[](const BatchEnd&) {}}});
#else
  fit(net, train, MeanSquaredError{}, Adam{}, {.on_batch_end = {[](int) {}}});
#endif
}
