#include <descent/search/trials.hpp>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "search/settings.hpp"

using namespace descent;
using support::csv_of, support::message_of, support::Plane;

namespace {

/// Four trials: one of 3 epochs, two of 1, and a failed one.
Trials<Plane> some(Mode mode = Mode::min) {
  std::vector<Trial<Plane>> all;
  const auto add = [&](int epochs, std::vector<int> at, NamedValues values, std::string failure) {
    Trial<Plane> trial;
    trial.settings = {0.25 * static_cast<double>(all.size()), 1};
    trial.number = static_cast<int>(all.size());
    trial.parameters = detail::list_of(trial.settings);
    trial.epochs = epochs, trial.measured_at = std::move(at), trial.measured = std::move(values);
    trial.failure = std::move(failure);
    all.push_back(trial);
  };
  const auto one = [](double cost, double accuracy) {
    return NamedValues{{"cost", cost}, {"accuracy", accuracy}};
  };
  add(0, {}, {}, "cost is \"nan\", at once");
  add(1, {1}, one(0.5, 0.8), "");
  NamedValues curve = one(0.9, 0.5);
  descent::add(curve, "cost", 0.625), descent::add(curve, "accuracy", 0.7);
  add(3, {1, 3}, curve, "");
  add(1, {1}, one(0.75, 0.6), "");
  return {"cost", mode, std::move(all)};
}

std::vector<int> numbers(const Trials<Plane>& trials) {
  std::vector<int> all;
  for (const auto& trial : trials) all.push_back(trial.number);
  return all;
}

}  // namespace

TEST_CASE("Trials: those trained further come first, then the better ones, then those that failed") {
  CHECK(numbers(some()) == std::vector<int>{2, 1, 3, 0});
  CHECK(numbers(some(Mode::max)) == std::vector<int>{2, 3, 1, 0});
  CHECK(some().best().number == 2);
  CHECK(some()[1].value("accuracy") == 0.8);
}

TEST_CASE("Trials: prints a table, and why trials failed") {
  std::ostringstream out;
  out << some();
  CHECK(out.str() ==
        "trial  epochs   cost  accuracy     x  n\n"
        "    2       3  0.625       0.7   0.5  1\n"
        "    1       1    0.5       0.8  0.25  1\n"
        "    3       1   0.75       0.6  0.75  1\n"
        "1 failed, such as trial 0: cost is \"nan\", at once\n");
}

TEST_CASE("Trials: prints at most 20 of them") {
  std::vector<Trial<Plane>> all(25);
  for (int i = 0; i < 25; ++i) {
    all[static_cast<std::size_t>(i)].number = i;
    all[static_cast<std::size_t>(i)].epochs = 1, all[static_cast<std::size_t>(i)].measured_at = {1};
    all[static_cast<std::size_t>(i)].measured = {{"cost", 1.0 * i}};
  }
  std::ostringstream out;
  out << Trials<Plane>{"cost", Mode::min, all};
  const std::string text = out.str();
  CHECK(std::count(text.begin(), text.end(), '\n') == 22);
  CHECK_THAT(out.str(), Catch::Matchers::ContainsSubstring("and 5 others\n"));
}

TEST_CASE("Trials: CSV has a line for each") {
  CHECK(csv_of(some()) ==
        "trial,epochs,cost,accuracy,x,n,failure\n"
        "2,3,0.625,0.69999999999999996,0.5,1,\n"
        "1,1,0.5,0.80000000000000004,0.25,1,\n"
        "3,1,0.75,0.59999999999999998,0.75,1,\n"
        "0,0,,,0,1,\"cost is \"\"nan\"\", at once\"\n");
}

TEST_CASE("Trials: JSON has all that was measured") {
  std::ostringstream out;
  some().write_json(out);
  const auto json = nlohmann::json::parse(out.str());
  CHECK(json["monitor"] == "cost");
  CHECK(json["mode"] == "min");
  REQUIRE(json["trials"].size() == 4);
  CHECK(json["trials"][0]["measured"]["cost"] == std::vector<double>{0.9, 0.625});
  CHECK(json["trials"][0]["measured_at"] == std::vector<int>{1, 3});
  CHECK(json["trials"][0]["parameters"]["x"] == 0.5);
  CHECK(json["trials"][0]["failure"].is_null());
  CHECK(json["trials"][3]["failure"] == "cost is \"nan\", at once");
}

TEST_CASE("Trials: the best of none is an error with the reason of a failure") {
  Trial<Plane> failed;
  failed.failure = "too large";
  CHECK(message_of<DataError>([&] { Trials<Plane>("cost", Mode::min, {failed}).best(); }) ==
        "Trials: expected a trial that succeeded, got 1 without a value; the first failed: too large; check "
        "the "
        "settings and their ranges");
  for (const int n : {-1, 0, 4, 5})
    CHECK_THAT(
        message_of<DataError>([&] { some().best(n); }),
        Catch::Matchers::ContainsSubstring("expected the number of trials that succeeded or less, got "));
  CHECK(some().best(3).find("x", "0 to 1")->low == Catch::Approx(0.25 - 0.5 / 3));
}
