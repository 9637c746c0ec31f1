// expect: a layer has a member `visit_option`, which is not a hook; rename it to `visit_options`
#include "doubling.hpp"

using namespace descent;

struct Mine : Doubling<Mine> {
#ifdef DESCENT_COMPILES
  static void visit_options(auto&&, auto&...) {}
#else
 private:
  static void visit_option(auto&&, auto&...) {}
#endif
};

int main() { Sequential net{Mine{}}; }
