// expect: `name` of a layer must be: static constexpr std::string_view name
#include "doubling.hpp"

using namespace descent;

struct Mine : Doubling<Mine> {
#ifdef DESCENT_COMPILES
  static constexpr std::string_view name = "Mine";
#else
  std::string_view name = "Mine";
#endif
};

int main() { Sequential net{Mine{}}; }
