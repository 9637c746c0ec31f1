// expect: a .regularizer needs double penalty
#include <descent/descent.hpp>

using namespace descent;

struct Shrink {
#ifdef DESCENT_COMPILES
  double penalty(const auto&, Index) const { return 0; }
#endif
  void add_gradient(const auto&, auto&, Index) const {}
};

int main() {
  Rng rng{1};
  Dense<> net{2, 1, rng};
  const Dataset<> train;
  fit(net, train, MeanSquaredError{}, Adam{}, {.regularizer = Shrink{}});
}
