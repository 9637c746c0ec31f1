// expect: `visit_options` of a layer must be: static void visit_options(auto&& f, auto&... tree)
#include "doubling.hpp"

using namespace descent;

struct Mine : Doubling<Mine> {
#ifdef DESCENT_COMPILES
  static void visit_options(auto&&, auto&...) {}
#else
  static void visit_options(auto&&, const Mine&) {}
#endif
};

int main() { Sequential net{Mine{}}; }
