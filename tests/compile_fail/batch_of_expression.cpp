// expect: whole columns; copy any other expression into a matrix: Matrix<T>{expression}
#include <descent/descent.hpp>

using namespace descent;

int main() {
  Rng rng{1};
  const Dense<> net{3, 2, rng};
  const Matrix<> x = Matrix<>::Ones(2, 3);
#ifdef DESCENT_COMPILES
  predict(net, Matrix<>{x.transpose()});
#else
  predict(net, x.transpose());
#endif
}
