#include "descent/diagnosis/examine.hpp"

#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "descent/data/split.hpp"
#include "descent/data/standardize.hpp"
#include "descent/data/synthetic.hpp"
#include "descent/io/csv.hpp"
#include "descent/layers/activations/relu.hpp"
#include "descent/layers/activations/sigmoid.hpp"
#include "descent/layers/activations/softmax.hpp"
#include "descent/layers/dense.hpp"
#include "descent/losses/binary_cross_entropy.hpp"
#include "descent/losses/mean_squared_error.hpp"
#include "descent/losses/softmax_cross_entropy.hpp"
#include "descent/models/dynamic_sequential.hpp"
#include "descent/models/residual.hpp"
#include "descent/models/sequential.hpp"

namespace examine_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;

namespace {

Dataset<> digits() { return read_csv(DESCENT_EXAMPLES_DIR "/data/digits.csv", {.label = "label"}); }

}  // namespace

TEST_CASE("examine: healthy data and a healthy network have no alarm, and the digits two notes") {
  auto [train, dev, test] = split(digits(), {.train = 0.6, .dev = 0.2, .stratify = true, .seed = 1});
  const Standardize scale{train.x};
  scale.apply(train.x), scale.apply(dev.x);
  Rng rng{1};
  const Sequential net{Dense{64, 64, rng}, ReLU{}, Dense{64, 10, rng}};
  const Findings findings = examine(net, train, SoftmaxCrossEntropy{}, {.validation = &dev});
  CHECK(findings.worst() == Severity::note);
  CHECK(findings.find("constant features") != nullptr);  // pixels in the corners
  CHECK(findings.find("wrong labels") != nullptr);       // a few digits that are hard to read
  CHECK(findings.size() == 2);
}

TEST_CASE("examine: a network that scales its inputs takes raw features") {
  const auto data = digits();
  Rng rng{1};
  const auto rest = [&] { return Sequential{Dense{64, 64, rng}, ReLU{}, Dense{64, 10, rng}}; };
  CHECK(examine(rest(), data, SoftmaxCrossEntropy{}).find("feature scale") != nullptr);
  CHECK(examine(Sequential{Standardize{data.x}, rest()}, data, SoftmaxCrossEntropy{}).worst() ==
        Severity::note);
}

TEST_CASE("examine: a fault of the data is a finding, not an exception") {
  Rng rng{1};
  const Dense<> net{3, 2, rng};
  const auto data = blobs({.samples = 60});  // two features
  const Findings shape = examine(net, data, SoftmaxCrossEntropy{});
  REQUIRE(shape.size() == 1);
  CHECK(shape[0].rule == "usable data");
  CHECK(shape[0].severity == Severity::error);
  CHECK_THAT(shape[0].what, ContainsSubstring("expected 3 features, got 2"));

  const Dense<> two{2, 2, rng};  // three classes
  const Findings classes = examine(two, data, SoftmaxCrossEntropy{});
  REQUIRE(classes.find("outputs and loss") != nullptr);
  CHECK_THAT(classes.find("outputs and loss")->what,
             ContainsSubstring("expected a class from 0 to 1, got 2"));
}

TEST_CASE("examine: prints rule, place, observation and cure, the worst first") {
  auto data = blobs({.samples = 300, .spread = 3, .seed = 2});
  data.x.row(1) *= 20;
  data.feature_names = {"width", "height"};
  Rng rng{1};
  std::ostringstream out;
  out << examine(Sequential{Dense{2, 3, rng}, Softmax{}}, data, SoftmaxCrossEntropy{});
  CHECK_THAT(out.str(), ContainsSubstring("error    outputs and loss: SoftmaxCrossEntropy: expected logits"));
  CHECK_THAT(out.str(), ContainsSubstring(
                            "warning  feature scale in \"height\": expected a root mean square of at most 5 "
                            "for the largest feature, got "));
  CHECK(out.str().find("error") < out.str().find("warning"));
}

TEST_CASE("examine: one-hot targets, probabilities and autoencoders are no faults") {
  auto data = blobs({.samples = 300, .classes = 2, .features = 4, .spread = 2, .seed = 4});
  const Standardize scale{data.x};
  scale.apply(data.x);
  Rng rng{1};
  auto one_hot = data;
  one_hot.y = Matrix<>::Zero(2, data.samples());
  for (Index j = 0; j < data.samples(); ++j) one_hot.y(static_cast<Index>(data.y(0, j)), j) = 1;
  CHECK(examine(Sequential{Dense{4, 8, rng}, ReLU{}, Dense{8, 2, rng}}, one_hot, SoftmaxCrossEntropy{})
            .worst() == Severity::note);
  CHECK(examine(Sequential{Dense{4, 8, rng}, ReLU{}, Dense{8, 1, rng}, Sigmoid{}}, data, BinaryCrossEntropy{})
            .worst() == Severity::note);
  auto copy = data;
  copy.y = data.x;
  CHECK(examine(Sequential{Dense{4, 3, rng}, ReLU{}, Dense{3, 4, rng}}, copy, MeanSquaredError{}).worst() ==
        Severity::note);
}

TEST_CASE("examine: a residual branch that begins at zero is no symmetry") {
  auto data = blobs({.samples = 300, .classes = 3, .features = 4, .spread = 2, .seed = 4});
  const Standardize scale{data.x};
  scale.apply(data.x);
  Rng rng{1};
  Sequential net{Dense{4, 8, rng}, Residual{Sequential{Dense{8, 8, rng}, ReLU{}, Dense{8, 8, rng}}},
                 Dense{8, 3, rng}};
  net.layer<1>().body.layer<2>().weight.setZero();
  CHECK(examine(net, data, SoftmaxCrossEntropy{}).find("symmetric units") == nullptr);
}

TEST_CASE("examine: leaves data and model as they are") {
  const auto data = blobs({.samples = 60});
  Rng rng{1};
  const DynamicSequential<> net{Dense{2, 4, rng}, ReLU{}, Dense{4, 3, rng}};
  const auto copy = net;
  const auto x = data.x;
  examine(net, data, SoftmaxCrossEntropy{}, {.validation = &data});
  CHECK(data.x == x);
  CHECK(net[0].get_if<Dense<>>()->weight == copy[0].get_if<Dense<>>()->weight);
}

TEST_CASE("likely_wrong_labels: lists the rows whose neighbors agree on another class") {
  auto data = blobs({.samples = 300, .spread = 40, .seed = 7});
  for (const Index row : {7, 100, 250})
    data.y(0, row) = static_cast<float>((static_cast<int>(data.y(0, row)) + 1) % 3);
  const std::vector<Index> rows = likely_wrong_labels(data);
  for (const Index row : {7, 100, 250}) CHECK(std::count(rows.begin(), rows.end(), row) == 1);
  CHECK(rows.size() == 3);
  data.y *= 0.5F;  // no classes
  CHECK(likely_wrong_labels(data).empty());
}

}  // namespace examine_test
