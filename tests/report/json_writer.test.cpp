#include "descent/report/json_writer.hpp"

#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.hpp"

namespace json_writer_test {

using namespace descent;

TEST_CASE("JsonWriter: writes objects, lists and values") {
  detail::JsonWriter json{6};
  json.object([&] {
    json("text", "a \"quoted\"\nline");
    json("numbers", std::vector<double>{1, 0.5, 1e-9});
    json("whole", 12);
    json("yes", true);
    json("list", [&] {
      json.list(std::vector<int>{1, 2}, [&](int i) { json.object([&] { json("i", i); }); });
    });
    json("empty", std::vector<double>{});
  });
  CHECK(json.text() == R"({"text":"a \"quoted\"\u000aline","numbers":[1,0.5,1e-09],"whole":12,"yes":true,)"
                       R"("list":[{"i":1},{"i":2}],"empty":[]})");
}

TEST_CASE("JsonWriter: numbers that are not finite become null") {
  detail::JsonWriter json{6};
  json.put(std::vector<double>{std::numeric_limits<double>::infinity(),
                               std::numeric_limits<double>::quiet_NaN(), 1});
  CHECK(json.text() == "[null,null,1]");
}

TEST_CASE("JsonWriter: numbers have the digits that are asked for") {
  detail::JsonWriter few{6}, all{17};
  few.put(1.0 / 3), all.put(1.0 / 3);
  CHECK(few.text() == "0.333333");
  CHECK(nlohmann::json::parse(all.text()).get<double>() == 1.0 / 3);
}

TEST_CASE("JsonWriter: no text ends a script element, begins a comment or breaks a line") {
  const std::string hostile = "</script><!-- & \xE2\x80\xA8\xE2\x80\xA9 \xE2\x80\xAE '\"\\\r\n\t\x01";
  detail::JsonWriter json{6};
  json.object([&] { json(hostile, hostile); });
  const std::string text = json.text();
  for (const char* sequence : {"<", ">", "&", "\xE2\x80\xA8", "\xE2\x80\xA9", "\n", "\r"})
    CHECK(text.find(sequence) == std::string::npos);
  CHECK(nlohmann::json::parse(text)[hostile] == hostile);
}

}  // namespace json_writer_test
