#include <limits>

#include "descent/transforms/any_transform.hpp"
#include "descent/transforms/clip_by_global_norm.hpp"
#include "descent/transforms/clip_by_value.hpp"
#include "golden.hpp"

namespace clip_test {

using namespace descent;
using Catch::Matchers::WithinRel;

namespace {

template <std::floating_point T = double>
Dense<T> gradient() {
  Rng rng{1};
  Dense<T> layer{2, 1, rng};
  layer.weight << 3, -4;
  layer.bias << 12;
  return layer;
}

}  // namespace

TEST_CASE("ClipByValue: limits each entry including biases") {
  auto g = gradient();
  ClipByValue{.limit = 3.5}.apply(g);
  CHECK(g.weight == Matrix<double>{{3, -3.5}});
  CHECK(g.bias(0) == 3.5);
}

TEST_CASE("ClipByGlobalNorm: scales all parameters by one factor") {
  auto g = gradient();  // of norm 13
  ClipByGlobalNorm{.limit = 13}.apply(g);
  CHECK(g.weight == gradient().weight);
  ClipByGlobalNorm{.limit = 6.5}.apply(g);
  CHECK(g.weight == Matrix<double>{{1.5, -2}});
  CHECK(g.bias(0) == 6);
}

// PyTorch divides by the norm + 1e-6, which gives the factor between the two.
TEST_CASE("ClipByGlobalNorm: equals the reference up to its 1e-6", "[golden]") {
  const auto file = golden::read("clip_by_global_norm");
  for (const auto& c : file.at("cases")) {
    Rng rng{1};
    Dense<double> g{3, 2, rng};
    g.weight = golden::matrix(c.at("before").at("weight"));
    g.bias = golden::matrix(c.at("before").at("bias"));
    const double norm = c.at("norm"), limit = c.at("limit");
    ClipByGlobalNorm{.limit = limit}.apply(g);
    const double factor = norm > limit ? norm / (norm + 1e-6) : 1;
    golden::require_close(factor * g.weight, golden::matrix(c.at("after").at("weight")), golden::one_step);
    golden::require_close(factor * g.bias, golden::matrix(c.at("after").at("bias")), golden::one_step);
  }
}

TEST_CASE("ClipByGlobalNorm: does not overflow and keeps values that are not finite") {
  auto g = gradient<float>();
  g.weight *= 1e30F;
  g.bias *= 1e30F;
  ClipByGlobalNorm{.limit = 13}.apply(g);
  CHECK(g.weight.isApprox(gradient<float>().weight));
  CHECK(g.bias.isApprox(gradient<float>().bias));

  for (const float wrong :
       {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    g.weight(0, 1) = wrong;
    ClipByGlobalNorm{.limit = 1}.apply(g);
    CHECK_FALSE(all_finite(g.weight));
  }
}

TEST_CASE("ClipByGlobalNorm: returns the norm before clipping") {
  auto g = gradient();  // 3, -4, 12: sqrt(9 + 16 + 144) = 13
  CHECK(ClipByGlobalNorm{.limit = 20}.apply(g) == 13);
  CHECK(ClipByGlobalNorm{.limit = 6.5}.apply(g) == 13);
  CHECK(ClipByGlobalNorm{.limit = 1}.apply(g) == 6.5);
  AnyTransform<Dense<double>> any = ClipByGlobalNorm{.limit = 0.5};
  any.apply(g);
  CHECK(ClipByGlobalNorm{}.apply(g) == Catch::Approx(0.5));
  g.bias(0) = std::numeric_limits<double>::infinity();
  CHECK(ClipByGlobalNorm{}.apply(g) == std::numeric_limits<double>::infinity());

  const auto file = golden::read("clip_by_global_norm");
  for (const auto& c : file.at("cases")) {
    Rng rng{1};
    Dense<double> of_file{3, 2, rng};
    of_file.weight = golden::matrix(c.at("before").at("weight"));
    of_file.bias = golden::matrix(c.at("before").at("bias"));
    CHECK_THAT(ClipByGlobalNorm{.limit = c.at("limit")}.apply(of_file),
               WithinRel(c.at("norm").get<double>(), 1e-12));
  }
}

}  // namespace clip_test
