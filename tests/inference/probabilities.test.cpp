#include "descent/inference/probabilities.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "descent/layers.hpp"
#include "descent/metrics.hpp"
#include "descent/models/sequential.hpp"
#include "support.hpp"

namespace probabilities_test {

using namespace descent;
using Names = std::vector<std::string>;

namespace {

const Matrix<double> logits{{0, 2}, {std::log(3.0), -1}, {0, 0}};

}  // namespace

TEST_CASE("predict_probabilities: the softmax of logits, and the sigmoid of a single one or of labels") {
  const Sequential net{Identity<double>{}};
  const Matrix<double> p = predict_probabilities(net, logits);
  CHECK((p.col(0) - Vector<double>{{0.2, 0.6, 0.2}}).cwiseAbs().maxCoeff() < 1e-15);
  CHECK((p.colwise().sum().array() - 1).abs().maxCoeff() < 1e-15);
  const Matrix<double> single = predict_probabilities(net, Matrix<double>{{0, std::log(3.0), -1000, 1000}});
  CHECK((single - Matrix<double>{{0.5, 0.75, 0, 1}}).cwiseAbs().maxCoeff() < 1e-15);
  const Matrix<double> labels = predict_probabilities(net, logits, {.multilabel = true});
  CHECK(std::abs(labels(1, 0) - 0.75) < 1e-15);
  CHECK(labels(0, 0) == 0.5);
}

TEST_CASE("predict_probabilities: outputs that are probabilities or their logarithms stay what they are") {
  const Matrix<double> expected = softmax(logits);
  CHECK((predict_probabilities(Sequential{Softmax<double>{}}, logits) - expected).cwiseAbs().maxCoeff() <
        1e-15);
  CHECK((predict_probabilities(Sequential{LogSoftmax<double>{}}, logits) - expected).cwiseAbs().maxCoeff() <
        1e-15);
  const Matrix<double> one{{std::log(3.0)}};
  CHECK(std::abs(predict_probabilities(Sequential{Sigmoid<double>{}}, one)(0, 0) - 0.75) < 1e-15);
}

TEST_CASE("predict_class_names: the names of the predicted classes") {
  const Sequential net{Identity<double>{}};
  CHECK(predict_class_names(net, logits, {"a", "b", "c"}) == Names{"b", "a"});
  CHECK(predict_class_names(net, Matrix<double>{{-1, 2}}, {"no", "yes"}) == Names{"no", "yes"});
  CHECK(predict_class_names(net, Matrix<double>{{-1, 2}}, {"no", "yes"}, 3.0) == Names{"no", "no"});
  CHECK_THROWS_AS(predict_class_names(net, logits, {"a", "b"}), DataError);
}

TEST_CASE("predict_labels: 1 for each output above the threshold") {
  const Sequential net{Identity<double>{}};
  CHECK(predict_labels(net, logits) == Matrix<double>{{0, 1}, {1, 0}, {0, 0}});
  CHECK(predict_labels(net, logits, 1.5) == Matrix<double>{{0, 1}, {0, 0}, {0, 0}});
  CHECK(predict_labels(Sequential{Sigmoid<double>{}}, logits) == Matrix<double>{{0, 1}, {1, 0}, {0, 0}});
}

}  // namespace probabilities_test
