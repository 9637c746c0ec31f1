// expect: a Formula needs: Variable<T> formula(Variable<T> x, const Pass& pass) const
#include <descent/autodiff.hpp>

#include <descent/descent.hpp>

using namespace descent;

struct Double : Formula<Double> {
  static void visit(auto&&, auto&...) {}
#ifdef DESCENT_COMPILES
  Variable<> formula(const Variable<>& x, const Pass&) const { return 2 * x; }
#else
  Variable<> formula(const Variable<>& x) const { return 2 * x; }
#endif
};

int main() {
  const Matrix<> x = Matrix<>::Ones(2, 3);
  predict(Double{}, x);
}
