#include <descent/search/range.hpp>

#include <cmath>
#include <cstdint>
#include <limits>

#include "support.hpp"

using namespace descent;
using Catch::Approx;
using support::message_of;

TEST_CASE("Range: positions are even in the scale") {
  CHECK(detail::value_at({"x", 2, 6}, false, 0.25) == Approx(3));
  CHECK(detail::value_at({"x", 1e-4, 1, Scale::log}, false, 0.25) == Approx(1e-3));
  // 1 - beta from 0.1 to 0.001: half way is 0.01.
  CHECK(detail::value_at({"x", 0.9, 0.999, Scale::one_minus_log}, false, 0.5) == Approx(0.99));
  for (const Scale scale : {Scale::linear, Scale::log, Scale::one_minus_log}) {
    const Range r{"x", 0.1, 0.9, scale};
    CHECK(detail::value_at(r, false, 0) == Approx(0.1));
    CHECK(detail::value_at(r, false, 1) == Approx(0.9));
    for (const double u : {0.0, 0.2, 0.5, 0.9, 1.0})
      CHECK(detail::Axis(r, false).to_unit(detail::value_at(r, false, u)) == Approx(u).margin(1e-12));
  }
}

TEST_CASE("Range: each whole number has the same share of the range") {
  int counts[5] = {};
  for (int k = 0; k < 4000; ++k)
    ++counts[static_cast<int>(detail::value_at({"n", 1, 4}, true, (k + 0.5) / 4000))];
  for (int n = 1; n <= 4; ++n) CHECK(counts[n] == 1000);
  CHECK(detail::value_at({"n", 1, 4}, true, 0) == 1);
  CHECK(detail::value_at({"n", 1, 4}, true, 1) == 4);
}

TEST_CASE("Range: one that no value can be drawn from is refused") {
  const auto message = [](const Range& r, auto member) {
    return message_of<DataError>([&] { detail::expect_usable_for(r, member); });
  };
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(message({"", 0, 1}, 0.0) == "Range \"\": expected a name, got none; name the hyper-parameter");
  CHECK(message({"x", 1, 0.1}, 0.0) ==
        "Range \"x\": expected ends in increasing order, got 1 and 0.1; swap or change them");
  CHECK(message({"x", 1, 1}, 0.0) ==
        "Range \"x\": expected ends in increasing order, got 1 and 1; swap or change them");
  CHECK(message({"x", 0, infinity}, 0.0) ==
        "Range \"x\": expected finite ends, got 0 and inf; pass two numbers");
  CHECK(message({"x", 0, 1, Scale::log}, 0.0) ==
        "Range \"x\": expected a positive low end for Scale::log, got 0; raise it, or use Scale::linear");
  CHECK(message({"x", 0, 1, Scale::one_minus_log}, 0.0) ==
        "Range \"x\": expected a high end below 1 for Scale::one_minus_log, got 1; lower it, or use "
        "Scale::linear");
  CHECK(message({"n", 1, 4.5}, 0) ==
        "Range \"n\": expected whole numbers as ends, got 1 and 4.5; use a member of "
        "a floating-point type for other numbers");
  CHECK(
      message({"n", -3, 0, Scale::one_minus_log}, 0) ==
      "Range \"n\": expected Scale::linear or Scale::log for whole numbers, got Scale::one_minus_log; use a "
      "member of a floating-point type");
  CHECK(message({"n", 0, 200}, static_cast<signed char>(0)) ==
        "Range \"n\": expected ends that fit into the member, at most 127, got 0 and 200; use a member of a "
        "larger type, or a smaller "
        "range");
  CHECK(
      message({"n", -1, 3}, 0U) ==
      "Range \"n\": expected no negative numbers for an unsigned member, got -1; raise the low end, or use a "
      "signed member");
}

TEST_CASE("Range: the widest one has finite values") {
  const double most = std::numeric_limits<double>::max();
  const Range r{"x", -most, most};
  for (const double u : {0.0, 0.25, 0.5, 1.0}) {
    const double value = detail::value_at(r, false, u);
    CHECK(is_finite(value));
    CHECK(detail::Axis(r, false).to_unit(value) == Approx(u));
  }
  const double least = std::numeric_limits<double>::denorm_min();
  CHECK(detail::Axis(Range{"x", 0, least}, false).to_unit(least) == 1);
  CHECK_THAT(message_of<DataError>([] {
               detail::expect_usable_for(Range{"x", 0, 1e300}, 0.0F);
             }),
             Catch::Matchers::ContainsSubstring("expected ends that fit into the member"));
  CHECK_THAT(message_of<DataError>([] {
               detail::expect_usable_for(Range{"x", 0, 1e16}, std::int64_t{});
             }),
             Catch::Matchers::ContainsSubstring("expected ends that fit into the member"));
}

TEST_CASE("Choice: options that the member cannot have are refused") {
  const auto message = [](const Choice& c, auto member) {
    return message_of<DataError>([&] { detail::expect_usable_for(c, member); });
  };
  CHECK(message({"c", {"a", "b", "c"}}, false) ==
        "Choice \"c\": expected at most 2 options for a bool, got 3; use an enumeration");
  for (const double number : {0.5, 1e30, 300.0, std::numeric_limits<double>::quiet_NaN()})
    CHECK_THAT(message({"c", {1, number}}, static_cast<signed char>(0)),
               Catch::Matchers::ContainsSubstring("expected whole numbers that fit into the member, got "));
  CHECK(message({"c", {1, std::numeric_limits<double>::infinity()}}, 0.0) ==
        "Choice \"c\": expected finite numbers, got inf; remove it");
}

TEST_CASE("Choice: one without different options is refused") {
  const auto message = [](const Choice& c) {
    return message_of<DataError>([&] { detail::expect_usable(c); });
  };
  CHECK(message({"", {"a", "b"}}) == "Choice \"\": expected a name, got none; name the hyper-parameter");
  CHECK(message({"c", {"a", "b", "a"}}) ==
        "Choice \"c\": expected different options, got \"a\" twice; remove one of them");
  CHECK(message({"c", std::initializer_list<double>{}}) ==
        "Choice \"c\": expected at least one option, got none; list the options");
}

TEST_CASE("Choice: sets enumerations, indices, strings, flags and numbers") {
  enum class Kind { first, second } kind{};
  const Choice names{"c", {"a", "b"}}, numbers{"c", {16, 32}};
  int index = 0, number = 0;
  double real = 0;
  bool flag = false;
  std::string text;
  detail::choose(names, 1, kind), detail::choose(names, 1, index), detail::choose(names, 1, text);
  detail::choose(names, 1, flag), detail::choose(numbers, 1, number), detail::choose(numbers, 0, real);
  CHECK(kind == Kind::second);
  CHECK(index == 1);
  CHECK(text == "b");
  CHECK(flag);
  CHECK(number == 32);
  CHECK(real == 16);
  CHECK(detail::option_of(names, kind) == 1);
  CHECK(detail::option_of(names, text) == 1);
  CHECK(detail::option_of(numbers, number) == 1);
  CHECK(detail::option_of(numbers, 17) == 2);
}
