#include "descent/training/history.hpp"

#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "decimal_comma.hpp"
#include "support.hpp"

namespace history_test {

using namespace descent;
using support::message_of;

namespace {

History two_epochs() {
  History history;
  for (const double value : {0.5, 0.25}) {
    history.add("loss", value);
    history.add("accuracy", 1 - value);
  }
  return history;
}

}  // namespace

TEST_CASE("History: each name has one value per epoch") {
  const History history = two_epochs();
  CHECK(history["loss"] == std::vector{0.5, 0.25});
  CHECK(history["accuracy"].back() == 0.75);
  CHECK(history.epochs() == 2);
  CHECK(history.contains("loss"));
  CHECK_FALSE(history.contains("val_loss"));
}

TEST_CASE("History: the series are in the order of their first values") {
  std::vector<std::string> names;
  for (const auto& [name, values] : two_epochs()) names.push_back(name);
  CHECK(names == std::vector<std::string>{"loss", "accuracy"});
}

TEST_CASE("History: it is empty before training") {
  const History history;
  CHECK(history.epochs() == 0);
  CHECK(history.begin() == history.end());
  CHECK_FALSE(history.contains("loss"));
}

TEST_CASE("History: an unknown name is an error with the list of the known ones") {
  CHECK(message_of<DataError>([] { two_epochs()["val_loss"]; }) ==
        "History: expected one of [loss, accuracy], got \"val_loss\"; add the metric to .metrics, and pass "
        ".validation for names that begin with val_");
  CHECK_THAT(message_of<DataError>([] { History{}["loss"]; }),
             Catch::Matchers::ContainsSubstring("expected one of [], got \"loss\""));
}

TEST_CASE("History: CSV and JSON contain all values") {
  History history;
  history.add("loss", 0.5);
  history.add("my \"metric\"", 1);
  history.add("loss", std::numeric_limits<double>::quiet_NaN());
  history.add("my \"metric\"", 0.1);
  std::ostringstream csv, json;
  history.write_csv(csv);
  CHECK(csv.str() == "epoch,loss,\"my \"\"metric\"\"\"\n1,0.5,1\n2,nan,0.10000000000000001\n");
  history.write_json(json);
  CHECK(json.str() == R"({
  "loss": [0.5, null],
  "my \"metric\"": [1, 0.10000000000000001]
}
)");
}

TEST_CASE("History: CSV and JSON are the same in every locale") {
  History history;
  for (int epoch = 0; epoch < 1000; ++epoch) history.add("loss", epoch + 0.5);
  const auto written = [&] {
    std::ostringstream text;
    history.write_csv(text);
    history.write_json(text);
    return text.str();
  };
  const std::string expected = written();
  CHECK_THAT(expected, Catch::Matchers::ContainsSubstring("\n1000,999.5\n"));
  CHECK(support::under_decimal_comma(written) == expected);
}

TEST_CASE("History: JSON escapes quotes and backslashes and control characters") {
  History history;
  history.add("a \"b\" \\ \n\t\x01 \x1f \xC3\xA9", 1);
  std::ostringstream json;
  history.write_json(json);
  CHECK(json.str() == "{\n  \"a \\\"b\\\" \\\\ \\u000a\\u0009\\u0001 \\u001f \xC3\xA9\": [1]\n}\n");
  const nlohmann::json read = nlohmann::json::parse(json.str());
  CHECK(read.begin().key() == history.begin()->name);
}

TEST_CASE("History: each epoch has a learning rate and a time apart from the metrics") {
  History history;
  history.add_epoch({{"loss", 0.5}}, 0.1, 2.5);
  history.add_epoch({{"loss", 0.25}}, 0.01, 3.5);
  CHECK(history["loss"] == std::vector{0.5, 0.25});
  CHECK(history.learning_rate() == std::vector{0.1, 0.01});
  CHECK(history.seconds() == std::vector{2.5, 3.5});
  CHECK(std::distance(history.begin(), history.end()) == 1);
}

TEST_CASE("History: equality ignores the times") {
  const auto with = [](double loss, double rate, double seconds) {
    History history;
    history.add_epoch({{"loss", loss}}, rate, seconds);
    return history;
  };
  CHECK(with(0.5, 0.1, 1) == with(0.5, 0.1, 2));
  CHECK_FALSE(with(0.5, 0.1, 1) == with(0.5, 0.2, 1));
  CHECK_FALSE(with(0.5, 0.1, 1) == with(0.25, 0.1, 1));
}

}  // namespace history_test
