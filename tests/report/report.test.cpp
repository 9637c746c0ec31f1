#include "descent/report/report.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "descent/core/version.hpp"
#include "descent/data/split.hpp"
#include "descent/data/synthetic.hpp"
#include "descent/diagnosis/doctor.hpp"
#include "descent/inference/evaluate.hpp"
#include "descent/inference/predict.hpp"
#include "descent/layers/activations/relu.hpp"
#include "descent/layers/dense.hpp"
#include "descent/layers/flatten.hpp"
#include "descent/losses/mean_squared_error.hpp"
#include "descent/losses/sigmoid_cross_entropy.hpp"
#include "descent/losses/softmax_cross_entropy.hpp"
#include "descent/metrics/accuracy.hpp"
#include "descent/metrics/classes.hpp"
#include "descent/metrics/confusion_matrix.hpp"
#include "descent/metrics/roc_auc.hpp"
#include "descent/models/dynamic_sequential.hpp"
#include "descent/models/sequential.hpp"
#include "descent/optimizers/gradient_descent.hpp"
#include "descent/report/compare_runs.hpp"
#include "descent/report/event_file.hpp"
#include "descent/search/search.hpp"
#include "descent/training/fit.hpp"
#include "descent/training/observer.hpp"
#include "descent/training/trainer.hpp"
#include "support.hpp"
#include "temporary_folder.hpp"

namespace report_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinRel;
using nlohmann::json;
using support::message_of;

namespace {

/// The time that `clock_of_test` returns.
double test_time = 0;
double clock_of_test() { return test_time; }

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}
/// Returns the data of a page.
json data_of(const std::filesystem::path& path) {
  const std::string page = text_of(path), begin = R"(id="data">)";
  const std::size_t from = page.find(begin) + begin.size();
  return json::parse(page.substr(from, page.find("</script>", from) - from));
}
bool is_live(const std::filesystem::path& path) {
  return text_of(path).find(R"(data-refresh="-1")") == std::string::npos;
}

struct Blobs {
  Dataset<> train, dev;
};
Blobs three_blobs() {
  auto [train, dev, rest] =
      split(blobs({.samples = 100, .classes = 3, .seed = 1}), {.train = 0.6, .dev = 0.4});
  return {std::move(train), std::move(dev)};
}
auto network(Index outputs = 3, Index inputs = 2) {
  Rng rng{1};
  return Sequential{Dense{inputs, 8, rng}, ReLU{}, Dense{8, outputs, rng}};
}

/// A page in a folder of its own.
struct Page {
  support::TemporaryFolder folder = {};
  std::filesystem::path path = folder.path / "run.html";
  Report report;

  explicit Page(ReportOptions options = {}) : report{path.string(), std::move(options)} {}
};

}  // namespace

TEST_CASE("Report: shows the numbers of the history, and to 17 digits in the file beside it") {
  const Blobs parts = three_blobs();
  const Dataset<>&train = parts.train, &dev = parts.dev;
  Page page{{.title = "Blobs", .command = {"train", "--epochs", "4"}, .json = true}};
  auto net = network();
  const History history = fit(net, train, SoftmaxCrossEntropy{}, GradientDescent{.learning_rate = 0.1},
                              {.epochs = 4,
                               .validation = &dev,
                               .metrics = {Accuracy{}},
                               .observer = &page.report,
                               .seed = 7,
                               .progress = silent});
  const json data = data_of(page.path), exact = json::parse(text_of(page.folder.path / "run.json"));
  CHECK(data["title"] == "Blobs");
  CHECK(data["state"] == "finished");
  CHECK(data["command"] == json{"train", "--epochs", "4"});
  CHECK(data["epochs"] == 4);
  CHECK(data["steps"] == 8);
  CHECK(data["history"]["epoch"] == json{1, 2, 3, 4});
  REQUIRE(data["history"]["series"].size() == 4);
  std::size_t k = 0;
  for (const Series& s : history) {
    CHECK(data["history"]["series"][k]["name"] == s.name);
    CHECK(exact["history"]["series"][k]["values"] == json(s.values));
    for (std::size_t i = 0; i < 4; ++i)
      CHECK_THAT(data["history"]["series"][k]["values"][i].get<double>(), WithinRel(s.values[i], 1e-5));
    ++k;
  }
  CHECK(exact["history"]["seconds"] == json(history.seconds()));
  CHECK(data["options"].dump().find(R"(["seed","7"])") != std::string::npos);
  CHECK(data["options"].dump().find(R"(["loss","SoftmaxCrossEntropy"])") != std::string::npos);
  CHECK(data["options"].dump().find(R"(["optimizer","GradientDescent"])") != std::string::npos);
  CHECK(data["environment"][0] == json{"descent", library_version});
  CHECK(data["summary"]["total"]["parameters"] == 2 * 8 + 8 + 8 * 3 + 3);
  CHECK_FALSE(is_live(page.path));
}

TEST_CASE("Report: shows the predictions for the validation set by the model that fit returns") {
  auto [train, dev] = three_blobs();
  dev.class_names = train.class_names = {"a", "b", "c"};
  Page page;
  auto net = network();
  fit(net, train, SoftmaxCrossEntropy{}, GradientDescent{.learning_rate = 0.01},
      {.epochs = 1, .validation = &dev, .observer = &page.report, .progress = silent});
  const json result = data_of(page.path)["results"][0];
  CHECK(result["name"] == "validation set");
  CHECK(result["classes"] == json{"a", "b", "c"});
  const ConfusionMatrix matrix = evaluate(net, dev, ConfusionMatrix{3});
  double wrong = 0;
  for (Index i = 0; i < 3; ++i)
    for (Index j = 0; j < 3; ++j) {
      CHECK(result["counts"][static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] ==
            matrix.counts()(i, j));
      if (i != j) wrong += matrix.counts()(i, j);
    }
  REQUIRE(wrong > 0);
  CHECK(result["mistakes"].size() == static_cast<std::size_t>(std::min(wrong, 24.0)));
  const auto outputs = predict(net, dev.x);
  double margin = 1e9;  // of the mistakes, in descending order
  for (const json& mistake : result["mistakes"]) {
    const auto sample = mistake["sample"].get<Index>();
    CHECK(mistake["actual"] == target_class(dev.y, sample));
    CHECK(mistake["predicted"] == predicted_class(outputs, sample));
    const double next =
        outputs(mistake["predicted"].get<Index>(), sample) - outputs(mistake["actual"].get<Index>(), sample);
    CHECK(next <= margin);
    margin = next;
  }

  page.report.evaluate("training set", net, train);
  page.report.evaluate("training set", net, train);  // in place of the other
  const json results = data_of(page.path)["results"];
  REQUIRE(results.size() == 2);
  CHECK(results[1]["samples"] == train.samples());
}

TEST_CASE("Report: two classes have curves over the threshold") {
  const Dataset<> data = moons({.samples = 80, .seed = 1});
  Page page;
  auto net = network(1);
  fit(net, data, SigmoidCrossEntropy{}, GradientDescent{.learning_rate = 0.1},
      {.epochs = 1, .validation = &data, .observer = &page.report, .progress = silent});
  const json result = data_of(page.path)["results"][0];
  CHECK_THAT(result["area"].get<double>(), WithinRel(evaluate(net, data, RocAuc{}), 1e-5));
  CHECK(result["curve"].back()[1] == 1);
  CHECK(result["counts"].size() == 2);
}

TEST_CASE("Report: numbers are compared with their predictions") {
  Dataset<> data{Matrix<>::Random(2, 50), Matrix<>::Random(1, 50)};
  Page page;
  auto net = network(1);
  fit(net, data, MeanSquaredError{}, GradientDescent{.learning_rate = 0.1},
      {.epochs = 1, .validation = &data, .observer = &page.report, .progress = silent});
  const json result = data_of(page.path)["results"][0], numbers = result["numbers"][0];
  const auto outputs = predict(net, data.x);
  REQUIRE(numbers["samples"].size() == 50);
  CHECK_THAT(numbers["samples"][7][1].get<double>(), WithinRel(static_cast<double>(data.y(0, 7)), 1e-4));
  CHECK_THAT(numbers["samples"][7][2].get<double>(), WithinRel(static_cast<double>(outputs(0, 7)), 1e-4));
  const double error = static_cast<double>((outputs - data.y).squaredNorm());
  CHECK_THAT(numbers["rmse"].get<double>(), WithinRel(std::sqrt(error / 50), 1e-4));
  CHECK(result["mistakes"].size() == 24);
}

TEST_CASE("Report: images that are misread have their pixels, row by row") {
  Dataset<> data{Matrix<>::Zero(6, 1), Matrix<>::Zero(1, 1)};
  data.x.col(0) << 0, 51, 102, 153, 204, 255;
  data.shape = {.channels = 1, .height = 2, .width = 3};
  Dense<> net = [] {
    Rng rng{1};
    return Dense<>{6, 2, rng};
  }();
  net.weight.setZero();
  net.bias << 0, 1;  // always class 1
  Page page;
  page.report.evaluate("test set", Sequential{Flatten{}, net}, data);
  const json mistake = data_of(page.path)["results"][0]["mistakes"][0];
  CHECK(mistake["pixels"] == "3 00336699ccff");
}

TEST_CASE("Report: of many classes, the most frequent confusions are shown; of too many, only the mistakes") {
  for (const Index classes : {50, 1001}) {
    Dataset<> data{Matrix<>::Random(2, 2 * classes), Matrix<>(1, 2 * classes)};
    for (Index j = 0; j < data.samples(); ++j) data.y(0, j) = static_cast<float>(j / 2);
    Dense<> net = [&] {
      Rng rng{1};
      return Dense<>{2, classes, rng};
    }();
    net.weight.setZero();
    net.bias.setZero();
    net.bias[7] = 1;  // always class 7
    Page page;
    page.report.evaluate("test set", Sequential{net}, data);
    const json result = data_of(page.path)["results"][0];
    CHECK_FALSE(result.contains("counts"));
    CHECK(result["mistakes"].size() == 24);
    CHECK(result.contains("pairs") == (classes == 50));
    if (classes != 50) continue;
    CHECK(result["hits"] == 2);
    CHECK(result["pairs"].size() == 24);
    CHECK(result["pairs"][0] == json{2, 0, 7});
  }
}

TEST_CASE("Report: pixels of any size have a level") {
  for (const double most :
       {std::numeric_limits<double>::max(), std::numeric_limits<double>::denorm_min(), 0.0}) {
    Dataset<double> data{Matrix<double>::Zero(4, 1), Matrix<double>::Zero(1, 1)};
    data.x.col(0) << 0, -most, most, most / 2;
    data.shape = {.channels = 1, .height = 2, .width = 2};
    Dense<double> net = [] {
      Rng rng{1};
      return Dense<double>{4, 2, rng};
    }();
    net.weight.setZero();
    net.bias << 0, 1;
    Page page;
    page.report.evaluate("test set", Sequential{Flatten<double>{}, net}, data);
    CHECK(data_of(page.path)["results"][0]["mistakes"][0]["pixels"] ==
          (most > 1 ? "2 7f00ffbf" : "2 00000000"));
  }
}

TEST_CASE("Report: shows the findings and the layers of a Doctor beside it, in any order") {
  auto [train, dev] = three_blobs();
  train.x *= 1000;  // not scaled
  for (const bool first : {true, false}) {
    Page page;
    Doctor doctor;
    auto net = network();
    using Watch = Observer<decltype(net)>;
    fit(net, train, SoftmaxCrossEntropy{}, GradientDescent{.learning_rate = 1e-9},
        {.epochs = 40,
         .observer = first ? Watch{&doctor, &page.report} : Watch{&page.report, &doctor},
         .progress = silent});
    const json data = data_of(page.path);
    REQUIRE(!doctor.findings().empty());
    CHECK(data["findings"].size() == doctor.findings().size());
    CHECK(data["findings"][0]["rule"] == doctor.findings()[0].rule);
    CHECK(data["looks"]["step"].size() == doctor.looks().size());
    CHECK(data["looks"]["weights"][1]["path"] == "2.weight");
  }
  CHECK(true);
}

TEST_CASE("Report: is rewritten at most every 5 seconds while a run trains, also within an epoch") {
  const Dataset<> train = three_blobs().train;
  test_time = 1000;
  Page page{{.clock = clock_of_test}};
  std::vector<std::pair<int, int>>
      pages;  // epochs and steps at each change of the file, seen after each step
  std::string before;
  auto net = network();
  fit(net, train, SoftmaxCrossEntropy{}, GradientDescent{.learning_rate = 0.1},
      {.epochs = 5,
       .batch_size = 20,  // 3 steps an epoch
       .on_step_end = {[&](const auto&) {
         test_time += 2;
         if (std::string now = text_of(page.path); now != before) {
           const json data = data_of(page.path);
           pages.emplace_back(data["epochs"].get<int>(), data["steps"].get<int>());
           CHECK(data["state"] == "training");
           CHECK(is_live(page.path));
           before = now;
         }
       }},
       .observer = &page.report,
       .progress = silent});
  // The first at time 0, the others after 6 seconds or 3 steps; a step is seen before its update.
  CHECK(pages == std::vector<std::pair<int, int>>{{0, 0}, {1, 3}, {2, 6}, {3, 9}, {4, 12}});
  CHECK(data_of(page.path)["steps"] == 15);
  CHECK(data_of(page.path)["seconds"] == 30);
}

TEST_CASE("Report: a run that throws leaves its page, with the message and the history") {
  const Dataset<> train = three_blobs().train;
  Page page;
  auto net = network();
  const auto fail = [](const auto& e) {
    if (e.epoch == 2) throw DataError("callback", "expected </script>, got \"more\"", "stop");
  };
  CHECK_THROWS_AS(fit(net, train, SoftmaxCrossEntropy{}, GradientDescent{},
                      {.epochs = 9, .on_epoch_end = {fail}, .observer = &page.report, .progress = silent}),
                  DataError);
  const json data = data_of(page.path);
  CHECK(data["state"] == "failed");
  CHECK(data["failure"] == "callback: expected </script>, got \"more\"; stop");
  CHECK(data["history"]["epoch"] == json{1, 2});
  CHECK_FALSE(is_live(page.path));
}

TEST_CASE("Report: a directory that does not exist is an error before the first step") {
  const Dataset<> train = three_blobs().train;
  Report report{"/no/such/directory/run.html"};
  auto net = network();
  int steps = 0;
  const std::string message = message_of<FormatError>([&] {
    fit(net, train, SoftmaxCrossEntropy{}, GradientDescent{},
        {.on_step_end = {[&](const auto&) { ++steps; }}, .observer = &report, .progress = silent});
  });
  CHECK_THAT(message, ContainsSubstring("Report: expected to write \"/no/such/directory/run.html\""));
  CHECK(steps == 0);
}

TEST_CASE(
    "Report: a page that cannot be written ends no run before its last epoch; the old page stays whole") {
  const Dataset<> train = three_blobs().train;
  test_time = 0;
  Page page{{.clock = clock_of_test}};
  auto net = network();
  std::string first;
  int epochs = 0;
  const std::filesystem::path obstacle = page.path.string() + ".part";
  const auto run = [&] {
    fit(net, train, SoftmaxCrossEntropy{}, GradientDescent{},
        {.epochs = 3,
         .on_epoch_end = {[&](const auto&) {
           if (epochs++ == 0) {
             first = text_of(page.path);
             std::filesystem::create_directories(obstacle / "not empty");  // no file can have this name
           }
           test_time += 10;
         }},
         .observer = &page.report,
         .progress = silent});
  };
  CHECK_THROWS_AS(run(), FormatError);  // at the end
  CHECK(epochs == 3);
  CHECK(text_of(page.path) == first);
  std::filesystem::remove_all(obstacle);
  page.report.write();
  CHECK(data_of(page.path)["history"]["epoch"] == json{1, 2, 3});
}

TEST_CASE("Report: another training begins anew; a further run of the same goes on") {
  const Dataset<> train = three_blobs().train;
  Page page;
  Trainer trainer{network(),
                  SoftmaxCrossEntropy{},
                  GradientDescent{},
                  {.epochs = 2, .observer = &page.report, .progress = silent}};
  trainer.run(train);
  trainer.run(train);
  CHECK(data_of(page.path)["history"]["epoch"] == json{1, 2, 3, 4});
  auto net = network();
  fit(net, train, SoftmaxCrossEntropy{}, GradientDescent{},
      {.epochs = 1, .observer = &page.report, .progress = silent});
  CHECK(data_of(page.path)["history"]["epoch"] == json{1});
}

TEST_CASE("Report: a page has less than 100 kB, and of a long run the lowest and the highest losses") {
  auto [train, dev] = three_blobs();
  Rng rng{1};
  DynamicSequential<> net;
  for (int i = 0; i < 16; ++i) net.add(Dense{i == 0 ? 2 : 8, 8, rng}).add(ReLU{});
  net.add(Dense{8, 3, rng});
  Page page{{.json = true}};
  Doctor doctor{{.every = 1}};
  const History history = fit(net, train, SoftmaxCrossEntropy{}, GradientDescent{.learning_rate = 0.05},
                              {.epochs = 1500,
                               .validation = &dev,
                               .metrics = {Accuracy{}},
                               .observer = {&doctor, &page.report},
                               .progress = silent});
  CHECK(std::filesystem::file_size(page.path) < 100'000);
  const json data = data_of(page.path), all = json::parse(text_of(page.folder.path / "run.json"));
  CHECK(all["history"]["epoch"].size() == 1500);
  CHECK(all["looks"]["step"].size() == doctor.looks().size());
  const auto shown = data["history"]["series"][0]["values"].get<std::vector<double>>();
  CHECK(shown.size() < 500);
  CHECK(data["history"]["epochs"] == 1500);
  const std::vector<double>& loss = history["loss"];
  CHECK_THAT(*std::max_element(shown.begin(), shown.end()),
             WithinRel(*std::max_element(loss.begin(), loss.end()), 1e-5));
  CHECK_THAT(*std::min_element(shown.begin(), shown.end()),
             WithinRel(*std::min_element(loss.begin(), loss.end()), 1e-5));
}

TEST_CASE("Report: hostile names of classes, metrics, features and runs stay text") {
  const std::string hostile = "</script><script>alert(1)</script>\"'\n\xE2\x80\xAE\xE2\x80\xA8<!--";
  auto [train, dev] = three_blobs();
  train.class_names = dev.class_names = {hostile, hostile + "2", "c"};
  train.feature_names = dev.feature_names = {hostile, "x"};
  Page page{{.title = hostile, .command = {hostile}}};
  auto net = network();
  Accuracy accuracy;
  const History history = fit(
      net, train, SoftmaxCrossEntropy{}, GradientDescent{},
      {.epochs = 1, .validation = &dev, .metrics = {accuracy}, .observer = &page.report, .progress = silent});
  const std::string text = text_of(page.path);
  CHECK(data_of(page.path)["results"][0]["classes"][0] == hostile);
  const auto count = [&](const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
  };
  CHECK(count("</script>") == 2);  // of the data and of the script
  CHECK(count("alert(1)") == count("alert(1)\\u003c/script"));

  compare_runs(page.path.string(), {{hostile, history}, {"b", history}}, hostile);
  CHECK(data_of(page.path)["runs"][0]["name"] == hostile);
}

TEST_CASE("Report: asks for nothing outside of the page") {
  Page page;
  page.report.write();
  const std::string text = text_of(page.path);
  CHECK_THAT(text, ContainsSubstring("default-src 'none'"));
  for (const char* source : {"src=", "href=\"http", "@import", "url(", "fetch("})
    CHECK(text.find(source) == std::string::npos);
}

namespace {
struct Settings {
  double rate = 1e-3;
  int kind = 0;
  static void visit(auto&& f, auto& s) {
    f(Range{"rate", 1e-4, 1, Scale::log}, s.rate);
    f(Choice{"kind", {"adam", "momentum"}}, s.kind);
  }
};
}  // namespace

TEST_CASE("Report: shows the trials of a search, the best first") {
  Search<Settings> search{{.trials = 5, .epochs = 1, .monitor = "cost"}};
  while (const auto trial = search.ask()) {
    if (trial->number == 3)
      search.fail(3, "no <memory>");
    else
      search.tell(trial->number, trial->settings.rate);
  }
  Page page;
  page.report.add(search.trials());
  const json table = data_of(page.path)["search"];
  CHECK(table["monitor"] == "cost");
  CHECK(table["trials"] == 5);
  REQUIRE(table["rows"].size() == 5);
  CHECK(table["rows"][0]["trial"] == search.trials().best().number);
  CHECK(table["rows"][4]["failure"] == "no <memory>");
  CHECK(table["parameters"][0]["range"] == "0.0001 to 1, log");
  CHECK(table["parameters"][1]["choice"] == true);
  CHECK_THAT(table["rows"][0]["value"].get<double>(), WithinRel(search.trials().best().settings.rate, 1e-4));
}

TEST_CASE("Report: refuses a time between pages below 0") {
  CHECK_THROWS_AS(Report("run.html", {.every_seconds = -1}), DataError);
}

TEST_CASE("compare_runs: has the history of each run") {
  History a, b;
  a.add_epoch({{"loss", 0.5}}, 0.1, 2);
  a.add_epoch({{"loss", 0.25}}, 0.1, 3);
  b.add_epoch({{"loss", 0.75}}, 0.1, 1);
  support::TemporaryFolder folder;
  compare_runs((folder.path / "runs.html").string(), {{"a", a}, {"b", b}}, "Two");
  const json data = data_of(folder.path / "runs.html");
  CHECK(data["title"] == "Two");
  CHECK(data["runs"][0]["history"]["series"][0]["values"] == json{0.5, 0.25});
  CHECK(data["runs"][0]["seconds"] == 5);
  CHECK(data["runs"][1]["history"]["epoch"] == json{1});
}

TEST_CASE("compare_runs: a history that was put together by hand may lack values") {
  History history;
  history.add("loss", 0.5), history.add("loss", 0.25), history.add("accuracy", 1);
  support::TemporaryFolder folder;
  compare_runs((folder.path / "runs.html").string(), {{"a", history}});
  const json run = data_of(folder.path / "runs.html")["runs"][0];
  CHECK(run["history"]["series"][1]["values"] == json{1, nullptr});
  CHECK(run["history"]["learning_rate"] == json{nullptr, nullptr});
  write_events((folder.path / "events").string(), history, 0);
  CHECK(std::filesystem::file_size(folder.path / "events") > 40);
}

TEST_CASE("Report: a thinned series keeps its ends and its peaks") {
  std::vector<double> values(1000, 1.0);
  values[333] = 9, values[700] = -9;
  const std::vector<std::size_t> kept = detail::thinned(values, 100);
  CHECK(kept.size() <= 100);
  CHECK(kept.front() == 0);
  CHECK(kept.back() == 999);
  CHECK(std::is_sorted(kept.begin(), kept.end()));
  for (const std::size_t peak : {333U, 700U}) CHECK(std::count(kept.begin(), kept.end(), peak) == 1);
  CHECK(detail::thinned(values, 2000).size() == 1000);
}

}  // namespace report_test
