// Two translation units with every header: the program links only if each definition in a header is inline.
#include <descent/descent.hpp>

const void* unit_b();

int main() { return unit_b() == nullptr ? 1 : 0; }
