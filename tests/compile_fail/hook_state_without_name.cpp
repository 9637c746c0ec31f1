// expect: a layer with `update_state` needs `visit_state`
#include "doubling.hpp"

using namespace descent;

struct Mine : Doubling<Mine> {
#ifdef DESCENT_COMPILES
  static void visit_state(auto&&, auto&...) {}
  void update_state(const Cache&) {}
#else
  void update_state(const Cache&) {}
#endif
};

int main() { Sequential net{Mine{}}; }
