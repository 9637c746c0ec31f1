#include <sstream>

#include "catch.hpp"
#include "descent/io/model_file.hpp"
#include "descent/layers/activations/relu.hpp"
#include "descent/layers/dense.hpp"
#include "descent/models/residual.hpp"
#include "descent/models/sequential.hpp"
#include "support.hpp"

namespace registry_of_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;

TEST_CASE("registry_of: loads networks of its layers, and refuses others by name") {
  Rng rng{1};
  const Sequential net{Dense{3, 4, rng}, ReLU{}, Dense{4, 2, rng}};
  const Matrix<> x = Matrix<>::Random(3, 4);
  std::stringstream file;
  save_model(file, net, {.golden = x});
  const std::string bytes = file.str();

  std::istringstream in{bytes};
  CHECK(predict(load_model(in, registry_of<Dense<>, ReLU<>>()).network, x) == predict(net, x));
  std::istringstream again{bytes};
  CHECK_THAT(message_of<FormatError>([&] { load_model(again, registry_of<Dense<>>()); }),
             ContainsSubstring("ReLU \"1\": expected a type in the registry"));
}

TEST_CASE("registry_of: has Residual and Concat if asked for") {
  Rng rng{1};
  const Sequential net{Residual{Dense{3, 3, rng}}};
  const Matrix<> x = Matrix<>::Random(3, 4);
  std::stringstream file;
  save_model(file, net, {.golden = x});
  CHECK_FALSE(registry_of<Dense<>>().knows("Concat"));
  CHECK(predict(load_model(file, registry_of<Dense<>>().add_branches()).network, x) == predict(net, x));
}

TEST_CASE("registry_of: the standard registry has all of its layers") {
  const auto all = standard_registry();
  CHECK(all.types().size() == 48 + 4);
  for (const char* name :
       {"Sequential", "DynamicSequential", "Residual", "Concat", "Conv2D", "GaussianDropout"})
    CHECK(all.knows(name));
}

}  // namespace registry_of_test
