// expect: a .learning_rate is a number, or is called with (std::int64_t epoch)
#include <descent/descent.hpp>

using namespace descent;

int main() {
  Rng rng{1};
  Dense<> net{2, 1, rng};
  const Dataset<> train;
#ifdef DESCENT_COMPILES
  fit(net, train, MeanSquaredError{},
      Adam{.learning_rate = [](std::int64_t epoch) { return 1.0 / double(epoch); }});
#else
  fit(net, train, MeanSquaredError{}, Adam{.learning_rate = [](double, double) { return 0.1; }});
#endif
}
