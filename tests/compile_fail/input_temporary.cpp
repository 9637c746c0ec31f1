// expect: an input is viewed and must outlive the run; pass a variable, or constant(matrix)
#include <descent/autodiff.hpp>

using namespace descent;

int main() {
  Graph<> graph;
  graph.begin();
  const Matrix<> x = Matrix<>::Ones(2, 3);
#ifdef DESCENT_COMPILES
  graph.input(x);
#else
  graph.input(Matrix<>{2 * x});
#endif
}
