#include "../../examples/plot.hpp"

#include <fstream>
#include <iterator>
#include <string>

#include "catch.hpp"
#include "decimal_comma.hpp"
#include "temporary_folder.hpp"

namespace plot_test {

TEST_CASE("plot: a drawing is the same in every locale") {
  const support::TemporaryFolder folder;
  const auto drawn = [&] {
    const auto path = folder.path / "chart.svg";
    const plot::Picture chart =
        plot::line_chart({.title = "Loss", .x_per_value = 1000}, {{"train", {0.5, 0.25, 0.125}}});
    plot::write_svg(path, {chart, chart, chart});
    std::ifstream in{path, std::ios::binary};
    return std::string{std::istreambuf_iterator<char>{in}, {}};
  };
  const std::string expected = drawn();
  CHECK_THAT(expected, Catch::Matchers::ContainsSubstring(">0.5</text>"));
  CHECK_THAT(expected,
             Catch::Matchers::ContainsSubstring("<svg xmlns='http://www.w3.org/2000/svg' width='1440'"));
  CHECK(support::under_decimal_comma(drawn) == expected);
}

TEST_CASE("plot: the x axis begins at the place of the first value") {
  const plot::Picture chart = plot::line_chart({.title = "losses", .x_first = -5, .x_per_value = 2},
                                               {{"loss", {3, 2, 1}}, {"none", {}}});
  CHECK_THAT(chart.svg, Catch::Matchers::ContainsSubstring(">-5</text>"));
  CHECK_THAT(chart.svg, Catch::Matchers::ContainsSubstring(">-1</text>"));
}

}  // namespace plot_test
