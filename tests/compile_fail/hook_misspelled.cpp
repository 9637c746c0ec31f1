// expect: a layer has a member `visit_bufers`, which is not a hook; rename it to `visit_state`
#include "doubling.hpp"

using namespace descent;

struct Mine : Doubling<Mine> {
#ifdef DESCENT_COMPILES
  static void visit_state(auto&&, auto&...) {}
#else
  static void visit_bufers(auto&&, auto&...) {}
#endif
};

int main() { Sequential net{Mine{}}; }
