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
  Batch<float> forward(const Batch<float>& x, Cache& c, const Pass&) const { return c.y = 2 * x; }
#ifdef DESCENT_COMPILES
  Batch<float> backward(const Batch<float>&, const Batch<float>& dy, Cache& c, Double&, const Pass&) const {
    return c.dx = 2 * dy;
  }
#endif
};

int main() {
  Rng rng{1};
  Sequential net{Dense{2, 3, rng}, Double{}};
}
