#include "descent/training/validation.hpp"

#include "catch.hpp"
#include "descent/descent.hpp"
#include "support.hpp"

namespace validation_test {

using namespace descent;

TEST_CASE("Validation: the option is the address of a data set, or null") {
  const Dataset<double> dev = support::three_clouds<double>(10);
  FitOptions<Dense<double>> options;
  CHECK(options.validation == nullptr);
  options.validation = &dev;
  CHECK(options.validation == &dev);
  CHECK((*options.validation).samples() == 10);
  options.validation = nullptr;
  CHECK(options.validation == nullptr);
}

TEST_CASE("Validation: a null address measures nothing") {
  const Dataset<double> train = support::three_clouds<double>(10);
  const Dataset<double>* none = nullptr;
  Rng rng{1};
  Dense<double> layer{2, 3, rng};
  const History history =
      fit(layer, train, SoftmaxCrossEntropy{}, Adam{}, {.epochs = 1, .validation = none, .progress = silent});
  CHECK_FALSE(history.contains("val_loss"));
}

}  // namespace validation_test
