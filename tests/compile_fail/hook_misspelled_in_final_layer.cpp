// expect: a layer has a member `update_states`, which is not a hook; rename it to `update_state`
#include "doubling.hpp"

using namespace descent;

struct Mine final : Doubling<Mine> {
  static void visit_state(auto&&, auto&...) {}
#ifdef DESCENT_COMPILES
  void update_state(const Cache&) {}
#else
  void update_states(const Cache&) {}
#endif
};

int main() { Sequential net{Mine{}}; }
