// expect: a batch is a matrix, a vector, a map of either or whole columns; pass x.eval() for any other expression
#include <descent/descent.hpp>

using namespace descent;

int main() {
  Rng rng{1};
  const Dense<> net{3, 2, rng};
  const Matrix<> x = Matrix<>::Ones(2, 3);
#ifdef DESCENT_COMPILES
  predict(net, x.transpose().eval());
#else
  predict(net, x.transpose());
#endif
}
