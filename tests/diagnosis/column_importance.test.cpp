#include "descent/diagnosis/column_importance.hpp"

#include <sstream>

#include "catch.hpp"
#include "descent/layers/dense.hpp"
#include "descent/losses/mean_squared_error.hpp"
#include "descent/metrics/r2.hpp"
#include "descent/models/sequential.hpp"
#include "support.hpp"

namespace column_importance_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using support::message_of;

namespace {

/// y = 3 a - 2 b + 0 c, exactly.
struct Exact {
  Dense<double> net{(Matrix<double>(1, 3) << 3, -2, 0).finished()};
  Dataset<double> data;

  Exact() {
    Rng rng{1};
    data.x.resize(3, 400);
    for (double& value : data.x.reshaped()) value = rng.normal();
    data.y = net.weight * data.x;
    data.feature_names = {"a", "b", "c"};
  }
};

}  // namespace

TEST_CASE(
    "permutation_importance: the rise of a squared error is twice the squared slope times the variance") {
  const Exact exact;
  const auto report = permutation_importance(exact.net, exact.data, MeanSquaredError{}, {.repetitions = 40});
  REQUIRE(report.columns.size() == 3);
  CHECK(report.columns[0].column == "a");
  CHECK(report.columns[1].column == "b");
  // E (w (x - x'))^2 = 2 w^2 var(x) for independent x and x'.
  const auto variance = [&](Index i) {
    return (exact.data.x.row(i).array() - exact.data.x.row(i).mean()).square().mean();
  };
  const double scale =
      evaluate(exact.net, Dataset<double>{exact.data.x, exact.data.y.array() + 1}, MeanSquaredError{});
  CHECK_THAT(report.columns[0].importance, WithinRel(2 * 9 * variance(0) * scale, 0.02));
  CHECK_THAT(report.columns[1].importance, WithinRel(2 * 4 * variance(1) * scale, 0.02));
  CHECK(report.columns[2].column == "c");
  CHECK(report.columns[2].importance == 0);
  CHECK(report.columns[0].deviation > 0);
}

TEST_CASE("permutation_importance: the drop of a metric is positive, and groups are shuffled together") {
  Exact exact;
  exact.data.x.row(1) = exact.data.x.row(0);  // b is a copy of a, so y = a
  exact.data.y = exact.net.weight * exact.data.x;
  const auto alone = permutation_importance(exact.net, exact.data, R2{});
  const auto together =
      permutation_importance(exact.net, exact.data, R2{}, {.groups = {{"a and b", {0, 1}}}});
  CHECK(alone.columns.front().importance > 10);  // apart, the parts 3 a and -2 b do not cancel
  REQUIRE(together.columns.size() == 2);
  CHECK(together.columns.front().column == "a and b");
  CHECK_THAT(together.columns.front().importance, WithinAbs(2, 0.3));  // R2 falls from 1 to -1
  std::ostringstream out;
  out << together;
  CHECK_THAT(out.str(), ContainsSubstring("a and b    ") && ContainsSubstring("\nc"));
}

TEST_CASE("permutation_importance: columns out of range and no repetitions are refused") {
  const Exact exact;
  CHECK_THAT(message_of<DataError>([&] {
               permutation_importance(exact.net, exact.data, R2{}, {.groups = {{"far", {3}}}});
             }),
             ContainsSubstring("expected columns from 0 to 2 in group \"far\", got 3"));
  CHECK_THROWS_AS(permutation_importance(exact.net, exact.data, R2{}, {.repetitions = 0}), DataError);
}

TEST_CASE("sensitivity: the slope times the deviation of the column, for a linear network") {
  const Exact exact;
  const auto report = sensitivity(exact.net, exact.data);
  const auto row = exact.data.x.row(0).array();
  CHECK(report.columns[0].column == "a");
  CHECK_THAT(report.columns[0].importance,
             WithinRel(3 * std::sqrt((row - row.mean()).square().mean()), 1e-12));
  CHECK_THAT(report.columns[0].deviation, WithinAbs(0, 1e-12));
  CHECK(report.columns[2].importance == 0);
}

TEST_CASE("sensitivity: is the mean over several outputs") {
  Exact exact;
  const Dense<double> two{(Matrix<double>(2, 3) << 3, -2, 0, 1, 0, 0).finished()};
  const auto report = sensitivity(two, exact.data);
  const auto one = sensitivity(exact.net, exact.data);
  CHECK_THAT(report.columns[0].importance, WithinRel(one.columns[0].importance * (3 + 1) / 2 / 3, 1e-12));
}

}  // namespace column_importance_test
