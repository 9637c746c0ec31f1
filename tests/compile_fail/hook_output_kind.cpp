// expect: `output_kind` of a layer must be: OutputKind output_kind() const
#include "doubling.hpp"

using namespace descent;

struct Mine : Doubling<Mine> {
#ifdef DESCENT_COMPILES
  OutputKind output_kind() const { return OutputKind::scores; }
#else
  OutputKind output_kind = OutputKind::scores;
#endif
};

int main() { Sequential net{Mine{}}; }
