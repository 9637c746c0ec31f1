// expect: settings need static void visit(auto&& f, auto& s)
#include <descent/descent.hpp>
#include <descent/search.hpp>

using namespace descent;

struct Settings {
  double rate = 0;
#ifdef DESCENT_COMPILES
  static void visit(auto&& f, auto& s) { f(Range{"rate", 0, 1}, s.rate); }
#endif
};

int main() {
  search<Settings>([](const Settings& s) { return s.rate; });
}
