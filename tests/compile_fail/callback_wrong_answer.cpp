// expect: a callback returns nothing, or a Next
#include <descent/descent.hpp>

using namespace descent;

int main() {
  Rng rng{1};
  Dense<> net{2, 1, rng};
  const Dataset<> train;
#ifdef DESCENT_COMPILES
  fit(net, train, MeanSquaredError{}, Adam{}, {.on_epoch_end = {[](const auto&) { return Next::stop; }}});
#else
  fit(net, train, MeanSquaredError{}, Adam{}, {.on_epoch_end = {[](const auto&) { return 1.5; }}});
#endif
}
