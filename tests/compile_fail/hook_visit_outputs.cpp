// expect: `visit_outputs` of a layer must be: void visit_outputs(const Cache& cache, auto&& f) const
#include "doubling.hpp"

using namespace descent;

struct Mine : Doubling<Mine> {
#ifdef DESCENT_COMPILES
  void visit_outputs(const Cache&, auto&&) const {}
#else
  void visit_outputs(auto&&) const {}
#endif
};

int main() { Sequential net{Mine{}}; }
