// expect: a .clip or .constraint needs apply(auto& model) const
#include <descent/descent.hpp>

using namespace descent;

struct Limit {
#ifdef DESCENT_COMPILES
  void apply(auto&) const {}
#endif
};

int main() {
  Rng rng{1};
  Dense<> net{2, 1, rng};
  const Dataset<> train;
  fit(net, train, MeanSquaredError{}, Adam{}, {.clip = Limit{}});
}
