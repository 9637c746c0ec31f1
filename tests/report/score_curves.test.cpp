#include "descent/report/score_curves.hpp"

#include <limits>
#include <vector>

#include "catch.hpp"
#include "descent/core/random.hpp"

namespace score_curves_test {

using namespace descent;
using Catch::Matchers::WithinRel;

// The example of roc_curve, precision_recall_curve and average_precision_score in the documentation of scikit-learn.
TEST_CASE("score_curves: the points are those of scikit-learn") {
  const detail::ScoreCurves curves =
      detail::score_curves({{0.1, 1, false}, {0.4, 1, false}, {0.35, 1, true}, {0.8, 1, true}});
  REQUIRE(curves.points.size() == 4);
  const double thresholds[] = {0.8, 0.4, 0.35, 0.1}, recall[] = {0.5, 0.5, 1, 1}, alarms[] = {0, 0.5, 0.5, 1},
               precision[] = {1, 0.5, 2.0 / 3, 0.5};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(curves.points[i].threshold == thresholds[i]);
    CHECK(curves.points[i].recall == recall[i]);
    CHECK(curves.points[i].false_alarms == alarms[i]);
    CHECK(curves.points[i].precision == precision[i]);
  }
  CHECK(curves.area == 0.75);
  CHECK_THAT(curves.average_precision, WithinRel(0.5 * 1 + 0.5 * 2 / 3, 1e-12));
  CHECK(curves.positives == 0.5);
}

TEST_CASE("score_curves: samples with the same score are one point") {
  const detail::ScoreCurves curves =
      detail::score_curves({{1, 1, true}, {1, 1, false}, {1, 1, true}, {0, 1, false}});
  REQUIRE(curves.points.size() == 2);
  CHECK(curves.points[0].recall == 1);
  CHECK(curves.points[0].false_alarms == 0.5);
}

TEST_CASE("score_curves: there are none of a single class") {
  CHECK(detail::score_curves({{1, 1, true}, {2, 1, true}}).points.empty());
  CHECK(detail::score_curves({}).points.empty());
}

TEST_CASE("score_curves: many samples give few points, from the first to the last") {
  Rng rng{1};
  std::vector<RocAuc::Scored> samples;
  for (int i = 0; i < 5000; ++i) samples.push_back({rng.uniform(), 1, i % 3 == 0});
  const detail::ScoreCurves curves = detail::score_curves(samples);
  CHECK(curves.points.size() > 100);
  CHECK(curves.points.size() <= 121);
  CHECK(curves.points.back().recall == 1);
  CHECK(curves.points.back().false_alarms == 1);
}

TEST_CASE("score_curves: there are none if a score is not-a-number") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(detail::score_curves({{1, 1, true}, {nan, 1, false}, {2, 1, false}}).points.empty());
}

}  // namespace score_curves_test
