// expect: `update_state` of a layer must be: void update_state(const Cache& cache), not const
#include "doubling.hpp"

using namespace descent;

struct Mine : Doubling<Mine> {
  static void visit_state(auto&&, auto&...) {}
#ifdef DESCENT_COMPILES
  void update_state(const Cache&) {}
#else
  void update_state(const Cache&) const {}
#endif
};

int main() { Sequential net{Mine{}}; }
