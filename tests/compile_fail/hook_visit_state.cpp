// expect: `visit_state` of a layer must be: static void visit_state(auto&& f, auto&... tree)
#include "doubling.hpp"

using namespace descent;

struct Mine : Doubling<Mine> {
#ifdef DESCENT_COMPILES
  static void visit_state(auto&&, auto&...) {}
#else
  void visit_state(auto&&) {}
#endif
};

int main() { Sequential net{Mine{}}; }
