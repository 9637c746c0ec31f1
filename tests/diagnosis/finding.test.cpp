#include "descent/diagnosis/finding.hpp"

#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "catch.hpp"

namespace finding_test {

using namespace descent;

namespace {

Findings three() {
  Findings all;
  all.add({.rule = "constant features", .severity = Severity::note, .what = "3 of 64", .measured = 3});
  all.add({.rule = "twice",
           .severity = Severity::error,
           .place = "6",
           .what = "a \"Softmax\"",
           .cure = "remove it"});
  all.add(
      {.rule = "dead units", .place = "2.body.1", .what = "60 %", .measured = 0.6, .limit = 0.5, .step = 48});
  return all;
}

}  // namespace

TEST_CASE("Findings: the worst finding is first, and equal ones keep their order") {
  Findings all = three();
  all.add({.rule = "scale", .what = "rms 12"});
  REQUIRE(all.size() == 4);
  CHECK(all[0].rule == "twice");
  CHECK(all[1].rule == "dead units");
  CHECK(all[2].rule == "scale");
  CHECK(all[3].rule == "constant features");
  CHECK(all.worst() == Severity::error);
  CHECK(Findings{}.worst() == Severity::note);
}

TEST_CASE("Findings: a rule is found by its name") {
  const Findings all = three();
  REQUIRE(all.find("dead units") != nullptr);
  CHECK(all.find("dead units")->measured == 0.6);
  CHECK(all.find("leak") == nullptr);
}

TEST_CASE("Findings: prints a line per finding") {
  std::ostringstream out;
  out << three() << Findings{};
  CHECK(out.str() ==
        "error    twice in \"6\": a \"Softmax\"; remove it\n"
        "warning  dead units in \"2.body.1\" at step 48: 60 %\n"
        "note     constant features: 3 of 64\n"
        "no findings\n");
}

TEST_CASE("Findings: JSON has every member, and null for a number that is not finite") {
  Findings all = three();
  all.add({.rule = "scale", .what = "line\nbreak", .measured = std::numeric_limits<double>::infinity()});
  std::ostringstream out;
  all.write_json(out);
  const auto json = nlohmann::json::parse(out.str());
  REQUIRE(json.size() == 4);
  CHECK(json[0] == nlohmann::json{{"rule", "twice"},
                                  {"severity", "error"},
                                  {"place", "6"},
                                  {"what", "a \"Softmax\""},
                                  {"cure", "remove it"},
                                  {"measured", 0},
                                  {"limit", 0}});
  CHECK(json[1]["step"] == 48);
  CHECK(json[1]["measured"] == 0.6);
  CHECK(json[2]["what"] == "line\nbreak");
  CHECK(json[2]["measured"].is_null());

  std::ostringstream none;
  Findings{}.write_json(none);
  CHECK(nlohmann::json::parse(none.str()).empty());
}

}  // namespace finding_test
