// expect: a .communicator is the address of a Communicator, such as &world
#include <descent/descent.hpp>

using namespace descent;

int main() {
  Rng rng{1};
  Dense<> net{2, 1, rng};
  const Dataset<> train;
#ifdef DESCENT_COMPILES
  fit(net, train, MeanSquaredError{}, Adam{}, {.communicator = &solo});
#else
  fit(net, train, MeanSquaredError{}, Adam{}, {.communicator = train});
#endif
}
