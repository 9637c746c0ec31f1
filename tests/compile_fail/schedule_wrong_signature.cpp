// expect: a schedule is called with (std::int64_t t) and returns a double
#include <descent/descent.hpp>

using namespace descent;

int main() {
  Rng rng{1};
  Dense<> net{2, 1, rng};
  const Dataset<> train;
#ifdef DESCENT_COMPILES
  const AnySchedule rate = [](std::int64_t t) { return 1.0 / double(t); };
#else
  const AnySchedule rate = [](const char*) { return 0.1; };
#endif
}
