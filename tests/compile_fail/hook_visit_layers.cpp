// expect: `visit_layers` of a layer must be: void visit_layers(auto&& f) const
#include "doubling.hpp"

using namespace descent;

struct Mine : Doubling<Mine> {
#ifdef DESCENT_COMPILES
  void visit_layers(auto&&) const {}
#else
  void visit_layers(auto&&) {}
#endif
};

int main() { Sequential net{Mine{}}; }
