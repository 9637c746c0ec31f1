// expect: an .observer, such as a Doctor or its address, has is_due(std::int64_t step), begin(const auto& run)
#include <cstdint>
#include <descent/descent.hpp>

using namespace descent;

struct Watch {
  bool is_due(std::int64_t) const { return true; }
  void begin(const auto&) {}
  void before_update(const auto&) {}
  void after_update(const auto&) {}
#ifdef DESCENT_COMPILES
  void end(const auto&) {}
#endif
};

int main() {
  Rng rng{1};
  Dense<> net{2, 1, rng};
  const Dataset<> train;
  fit(net, train, MeanSquaredError{}, Adam{}, {.observer = Watch{}});
}
