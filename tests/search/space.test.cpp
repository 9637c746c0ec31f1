#include <descent/search/space.hpp>

#include <set>

#include "search/settings.hpp"

using namespace descent;
using support::message_of, support::Mixed, support::Plane;

TEST_CASE("search: settings are a function of the seed and the number of the trial") {
  bool differ = false;
  for (int i = 0; i < 50; ++i) {
    const auto a = detail::list_of(detail::drawn<Mixed>(1, i, {})),
               b = detail::list_of(detail::drawn<Mixed>(1, i, {}));
    REQUIRE(a.size() == b.size());
    for (std::size_t k = 0; k < a.size(); ++k) CHECK(a[k].value == b[k].value);
    differ = differ || a.back().value != detail::list_of(detail::drawn<Mixed>(2, i, {})).back().value;
  }
  CHECK(differ);
}

TEST_CASE("search: a condition sees the values that are drawn before it") {
  std::set<std::string> ranges;
  for (int i = 0; i < 50; ++i) {
    const Mixed s = detail::drawn<Mixed>(1, i, {});
    const HyperParameters list = detail::list_of(s);
    const bool is_momentum = s.rule == Mixed::Rule::momentum;
    CHECK(list.size() == (is_momentum ? 8 : 7));
    CHECK(list[0].option == (is_momentum ? "momentum" : "adam"));
    CHECK(list[1].range == (is_momentum ? "0.001 to 10, log" : "1e-05 to 0.1, log"));
    CHECK((s.beta != 0) == is_momentum);
    CHECK((s.batch == 16 || s.batch == 32 || s.batch == 64));
    CHECK((s.width >= 1 && s.width <= 128));
    CHECK((s.keep >= 0.5F && s.keep <= 1));
    ranges.insert(list[1].range);
  }
  CHECK(ranges.size() == 2);
}

TEST_CASE("search: settings are read back from their hyper-parameters") {
  for (int i = 0; i < 20; ++i) {
    const Mixed s = detail::drawn<Mixed>(3, i, {});
    const HyperParameters list = detail::list_of(s);
    Mixed other;
    detail::Assign assign{list};
    Mixed::visit(assign, other);
    assign.expect_end();
    CHECK(other.rate == s.rate);
    CHECK(other.width == s.width);
    CHECK(other.activation == s.activation);
    CHECK(other.bias == s.bias);
    CHECK(other.keep == s.keep);
    Plane wrong;
    detail::Assign reject{list};
    CHECK(message_of<DataError>([&] { Plane::visit(reject, wrong); }) ==
          "search: expected the hyper-parameters of these settings in the folder, got another \"x\"; choose "
          "another "
          "folder, or the settings of the program that wrote this one");
  }
}

TEST_CASE("GridSearch: points are all combinations of evenly spaced values") {
  const auto grid = detail::grid_of<Plane>(3, {}, 100);  // x: 0, 0.5, 1; n: 1, 3, 4 of 1 to 4
  REQUIRE(grid.size() == 9);
  const double x[] = {0, 0.5, 1};
  for (std::size_t i = 0; i < 9; ++i) CHECK(grid[i].x == x[i / 3]);
  for (std::size_t i = 0; i < 9; ++i) CHECK(grid[i].n == grid[i % 3].n);
  CHECK(grid[0].n == 1);
  CHECK(grid[2].n == 4);
  CHECK(detail::grid_of<Plane>(50, {}, 1000).size() == 50 * 4);  // there are only 4 whole numbers
  CHECK(detail::grid_of<Plane>(1, {}, 100).size() == 1);
}

TEST_CASE("GridSearch: a branch has the points of its own hyper-parameters") {
  // adam: rate 2; momentum: rate 2 x beta 2; then batch 3, width 2, activation 2, bias 2, keep 2
  CHECK(detail::grid_of<Mixed>(2, {}, 10000).size() == (2 + 2 * 2) * 3 * 2 * 2 * 2 * 2);
}

TEST_CASE("Box: narrows each range of a branch to the settings of its trials") {
  std::vector<HyperParameters> some;
  for (int i = 0; some.size() < 3; ++i)
    if (Mixed s = detail::drawn<Mixed>(1, i, {}); s.rule == Mixed::Rule::adam) {
      s.rate = some.size() == 0 ? 1e-3 : some.size() == 1 ? 1e-2 : 3e-3;
      s.activation = "tanh";
      some.push_back(detail::list_of(s));
    }
  const Box box{some};
  // On the log scale from 1e-5 to 1e-1, 1e-3 to 1e-2 is 0.5 to 0.75; a third of that wider on either side.
  const Box::Part* rate = box.find("rate", "1e-05 to 0.1, log");
  REQUIRE(rate != nullptr);
  CHECK(rate->low == Catch::Approx(0.5 - 0.25 / 3));
  CHECK(rate->high == Catch::Approx(0.75 + 0.25 / 3));
  CHECK(box.find("rate", "0.001 to 10, log") == nullptr);
  for (int i = 0; i < 50; ++i) {
    const Mixed s = detail::drawn<Mixed>(7, i, box);
    CHECK(s.rule == Mixed::Rule::adam);
    CHECK(s.activation == "tanh");
    CHECK((s.rate > 1e-3 / 2.2 && s.rate < 1e-2 * 2.2));
  }
}

namespace {

struct Empty {
  static void visit(auto&&, auto&) {}
};
struct Twice {
  double a = 0, b = 0;
  static void visit(auto&& f, auto& s) {
    f(Range{"rate", 0, 1}, s.a);
    f(Range{"rate", 0, 2}, s.b);
  }
};

}  // namespace

TEST_CASE("search: settings without hyper-parameters, or with two of a name, are refused") {
  CHECK(message_of<DataError>([] { Search<Empty>{}; }) ==
        "search: expected at least one hyper-parameter, got none; name each in visit, such as "
        "f(Range{\"rate\", "
        "1e-4, 1, Scale::log}, s.rate)");
  CHECK(message_of<DataError>([] { Search<Twice>{}; }) ==
        "search: expected different names, got \"rate\" twice; rename one of the hyper-parameters");
}
