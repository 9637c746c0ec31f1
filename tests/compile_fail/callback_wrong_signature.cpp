// expect: an .on_step_end or .on_epoch_end callback takes (const auto& e)
#include <descent/descent.hpp>

using namespace descent;

int main() {
  Rng rng{1};
  Dense<> net{2, 1, rng};
  const Dataset<> train;
#ifdef DESCENT_COMPILES
  fit(net, train, MeanSquaredError{}, Adam{}, {.on_step_end = {[](const auto&) {}}});
#else
  fit(net, train, MeanSquaredError{}, Adam{}, {.on_step_end = {[](int) {}}});
#endif
}
