#include <descent/descent.hpp>

const void* unit_b() {
  static const descent::Index one = 1;
  return &one;
}
