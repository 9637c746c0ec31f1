// expect: a layer has a member `update_buffers`, which is not a hook; rename it to `update_state`
#include "doubling.hpp"

using namespace descent;

struct Mine : Doubling<Mine> {
  static void visit_state(auto&&, auto&...) {}
#ifdef DESCENT_COMPILES
  void update_state(const Cache&) {}
#else
  void update_buffers(const Mine&) {}
#endif
};

int main() { Sequential net{Mine{}}; }
