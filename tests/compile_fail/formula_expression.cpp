// expect: no gradient goes through an expression of Eigen; write transpose(graph.parameter(w))
#include <descent/autodiff.hpp>

#include <descent/descent.hpp>

using namespace descent;

struct Decoder : Formula<Decoder> {
  static void visit(auto&& f, auto&... tree) { f(Parameter{"weight", Role::weight}, tree.weight...); }
  Variable<> formula(const Variable<>& x, const Pass&) const {
#ifdef DESCENT_COMPILES
    return transpose(x.graph().parameter(weight)) * x;
#else
    return weight.transpose() * x;
#endif
  }
  Matrix<> weight;
};

int main() { Sequential net{Decoder{}}; }
