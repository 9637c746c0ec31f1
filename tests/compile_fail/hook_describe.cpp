// expect: `describe` of a layer must be: LayerDescription describe() const
#include "doubling.hpp"

using namespace descent;

struct Mine : Doubling<Mine> {
#ifdef DESCENT_COMPILES
  LayerDescription describe() const { return {}; }
#else
  const char* describe() const { return "mine"; }
#endif
};

int main() { Sequential net{Mine{}}; }
