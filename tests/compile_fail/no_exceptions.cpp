// expect: descent reports errors by exceptions: compile without -fno-exceptions
// flags: -fno-exceptions
#include <descent/descent.hpp>

int main() {}
