// expect: `backward_parameters` of a layer must be: void backward_parameters(const Batch<T>& x, const Batch<T>& dy, Cache&
#include "doubling.hpp"

using namespace descent;

struct Mine : Doubling<Mine> {
  using B = const Batch<float>&;
#ifdef DESCENT_COMPILES
  void backward_parameters(B, B, Cache&, Mine&, const Pass&) const {}
#else
  void backward_parameters(B, B, Cache&, Mine&) const {}
#endif
};

int main() { Sequential net{Mine{}}; }
