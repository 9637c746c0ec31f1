// expect: a cost returns a variable of its graph; return mean(...) or the like, not its value
#include <descent/autodiff.hpp>

#include <descent/descent.hpp>

using namespace descent;

int main() {
  Rng rng{1};
  Dense<> model{2, 1, rng};
  minimize(model, with_gradient([](const Dense<>& m, auto& graph) {
             const auto cost = squared_norm(graph.parameter(m.weight));
#ifdef DESCENT_COMPILES
             return cost;
#else
             return cost.value()(0);
#endif
           }));
}
