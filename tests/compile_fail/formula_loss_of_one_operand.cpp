// expect: a FormulaLoss holds a function of two variables, [](auto prediction, auto target), that returns a variable
#include <descent/autodiff.hpp>

#include <descent/descent.hpp>

using namespace descent;

int main() {
#ifdef DESCENT_COMPILES
  const FormulaLoss loss{[](auto p, auto t) { return sum(abs(p - t), Over::features); }};
#else
  const FormulaLoss loss{[](auto p) { return sum(abs(p), Over::features); }};
#endif
  const Matrix<> x = Matrix<>::Ones(2, 3);
  loss.value(x, x);
}
