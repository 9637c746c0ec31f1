// expect: a metric or loss in .metrics needs a static constexpr std::string_view name
#include <descent/descent.hpp>

using namespace descent;

struct Nothing {
#ifdef DESCENT_COMPILES
  static constexpr std::string_view name = "Nothing";
#endif
  double value(const BatchLike auto&, const BatchLike auto&) const { return 0; }
  double value_and_gradient(const BatchLike auto& prediction, const BatchLike auto&, Matrix<>& dy) const {
    dy.setZero(prediction.rows(), prediction.cols());
    return 0;
  }
};

int main() { const AnyMetric<> metric = Nothing{}; }
