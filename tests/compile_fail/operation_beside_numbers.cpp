// expect: this operation takes variables; write graph.constant(matrix) for numbers
#include <descent/autodiff.hpp>

using namespace descent;

int main() {
  Graph<> graph;
  graph.begin();
  const Matrix<> x = Matrix<>::Ones(2, 3);
  const Variable<> v = graph.input(x);
#ifdef DESCENT_COMPILES
  stack(v, graph.constant(x));
#else
  stack(v, v.value());
#endif
}
