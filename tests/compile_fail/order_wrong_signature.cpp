// expect: an .order is a std::vector<Index>, or is called with (std::int64_t epoch) and returns one
#include <descent/descent.hpp>

using namespace descent;

int main() {
  Rng rng{1};
  Dense<> net{2, 1, rng};
  const Dataset<> train;
#ifdef DESCENT_COMPILES
  fit(net, train, MeanSquaredError{}, Adam{}, {.order = [](std::int64_t) { return std::vector<Index>{0}; }});
#else
  fit(net, train, MeanSquaredError{}, Adam{}, {.order = [](std::int64_t) { return 0; }});
#endif
}
