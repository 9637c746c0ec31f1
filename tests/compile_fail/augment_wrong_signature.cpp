// expect: an .augment is called with (Matrix<T>& x
#include <descent/training/options.hpp>

#include <descent/descent.hpp>

using namespace descent;

int main() {
  Rng rng{1};
  Dense<> net{2, 1, rng};
  const Dataset<> train;
#ifdef DESCENT_COMPILES
  fit(net, train, MeanSquaredError{}, Adam{},
      {.augment = [](Matrix<>&, std::span<const Index>, std::uint64_t, std::int64_t) {}});
#else
  fit(net, train, MeanSquaredError{}, Adam{}, {.augment = [](Matrix<>&) {}});
#endif
}
