// Two translation units with different product backends. With the same names for their code, the linker would keep that
// of one for both.
#include <cstdio>

#include "two_backends_output.hpp"

float output_of_other_backend();

int main() {
  const float own = output(), other = output_of_other_backend();
  std::printf("expected 3 and 6, got %g and %g\n", own, other);
  return own == 3 && other == 6 ? 0 : 1;
}
