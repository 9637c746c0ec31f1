// expect: a .validation is the address of a data set, such as &dev
#include <descent/descent.hpp>

using namespace descent;

int main() {
  Rng rng{1};
  Dense<> net{2, 1, rng};
  const Dataset<> train;
#ifdef DESCENT_COMPILES
  fit(net, train, MeanSquaredError{}, Adam{}, {.validation = &train});
#else
  fit(net, train, MeanSquaredError{}, Adam{}, {.validation = train});
#endif
}
