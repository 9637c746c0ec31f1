// expect: a parameter has the scalar type of its graph
#include <descent/autodiff.hpp>

#include <descent/descent.hpp>

using namespace descent;

int main() {
  const Dense<float> layer{Matrix<float>::Ones(2, 2).eval()};
#ifdef DESCENT_COMPILES
  Graph<float> graph;
#else
  Graph<double> graph;
#endif
  graph.begin();
  layer.weight* graph.constant(Matrix<float>::Ones(2, 1).cast<decltype(graph)::Scalar>());
}
