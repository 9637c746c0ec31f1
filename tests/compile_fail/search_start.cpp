// expect: start is called with const Settings&, or with that and a std::uint64_t seed
#include <descent/descent.hpp>
#include <descent/search.hpp>

using namespace descent;

struct Settings {
  double rate = 0;
  static void visit(auto&& f, auto& s) { f(Range{"rate", 0, 1}, s.rate); }
};

int main() {
#ifdef DESCENT_COMPILES
  search<Settings>([](const Settings& s) { return s.rate; });
#else
  search<Settings>([](const Settings&) { return "a text"; });
#endif
}
