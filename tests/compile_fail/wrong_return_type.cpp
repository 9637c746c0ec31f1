// expect: is not a Layer
#include <descent/descent.hpp>

using namespace descent;

struct Double {
  using Scalar = float;
  struct Cache {
    Matrix<float> y, dx;
  };
  static void visit(auto&&, auto&...) {}
  Shape output_shape(const Shape& in) const { return in; }
#ifdef DESCENT_COMPILES
  Batch<float> forward(const Batch<float>& x, Cache& c, const Pass&) const { return c.y = 2 * x; }
#else
  Matrix<float> forward(Batch<float> x, Cache&, const Pass&) const { return 2 * x; }
#endif
  Batch<float> backward(const Batch<float>&, const Batch<float>& dy, Cache& c, Double&, const Pass&) const {
    return c.dx = 2 * dy;
  }
};

int main() { DynamicSequential net{Double{}}; }
