#include <descent/search/parzen_draw.hpp>

#include <cmath>
#include <vector>

#include "search/settings.hpp"

using namespace descent;
using Catch::Approx;
using detail::ParzenDensity, detail::ParzenDraw;
using support::Mixed, support::Plane;

namespace {

template <class S>
S drawn_near(const std::vector<HyperParameters>& ranked, int trial, const Box& box = {}) {
  S settings{};
  ParzenDraw draw{Rng{1, Purpose::search, static_cast<std::uint32_t>(trial)}, box, ranked};
  S::visit(draw, settings);
  return settings;
}

/// Twenty trials, of which the best three have x near 0.2 and n = 3, and the others x near 0.8 and n = 1.
std::vector<HyperParameters> plane_trials() {
  std::vector<HyperParameters> ranked;
  for (int i = 0; i < 20; ++i)
    ranked.push_back(detail::list_of(i < 3 ? Plane{0.2 + 0.01 * i, 3} : Plane{0.8 + 0.005 * i, 1}));
  return ranked;
}

}  // namespace

TEST_CASE("ParzenDensity: is the mean of a uniform distribution and of normal ones that are cut off") {
  CHECK(ParzenDensity{{}}(0.3) == 1);
  // The neighbors of 0.5 are the ends, 0.5 away: (1 + phi(0) / (0.5 (Phi(1) - Phi(-1)))) / 2.
  CHECK(ParzenDensity{{0.5}}(0.5) == Approx((1 + 0.3989422804 / (0.5 * 0.6826894921)) / 2));
  const ParzenDensity density{{0.3, 0.1, 0.95}};
  double sum = 0;
  for (int i = 0; i < 10000; ++i) sum += density((i + 0.5) / 10000) / 10000;
  CHECK(sum == Approx(1).margin(1e-6));
}

TEST_CASE("ParzenDensity: draws from it have its mean") {
  const ParzenDensity density{{0.1, 0.15, 0.2}};
  Rng rng{1};
  double mean = 0, expected = 0;
  for (int i = 0; i < 10000; ++i) {
    const double at = density.draw(rng);
    CHECK((at >= 0 && at <= 1));
    mean += at / 10000;
    expected += (i + 0.5) / 10000 * density((i + 0.5) / 10000) / 10000;
  }
  CHECK(mean == Approx(expected).margin(0.01));  // its standard error is 0.003
}

TEST_CASE("ParzenDraw: draws settings like the best and unlike the others") {
  const auto ranked = plane_trials();
  for (int trial = 0; trial < 20; ++trial) {
    const Plane near = drawn_near<Plane>(ranked, trial);
    CHECK(near.x < 0.5);
    CHECK(near.n >= 2);
  }
}

TEST_CASE("ParzenDraw: compares the hyper-parameters of a branch with the trials that have them") {
  std::vector<HyperParameters> ranked;
  for (int i = 0; i < 20; ++i) {
    Mixed s = detail::drawn<Mixed>(1, i, {});
    s.rule = i < 3 ? Mixed::Rule::momentum : Mixed::Rule::adam;
    s.rate = i < 3 ? 1.0 : 1e-4;
    s.beta = i < 3 ? 0.99 : 0;
    ranked.push_back(detail::list_of(s));
  }
  for (int trial = 0; trial < 20; ++trial) {
    const Mixed near = drawn_near<Mixed>(ranked, trial);
    CHECK(near.rule == Mixed::Rule::momentum);
    CHECK((near.rate >= 1e-3 && near.rate <= 10));
    CHECK((near.beta >= 0.5 && near.beta <= 0.999));
  }
}

TEST_CASE("ParzenDraw: stays in the box") {
  const auto ranked = plane_trials();
  const Box box{{detail::list_of(Plane{0.6, 1}), detail::list_of(Plane{0.7, 2})}};
  for (int trial = 0; trial < 20; ++trial) {
    const Plane near = drawn_near<Plane>(ranked, trial, box);
    CHECK((near.x >= 0.55 && near.x <= 0.75));
    CHECK(near.n <= 2);
  }
}
