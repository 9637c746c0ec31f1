#include <descent/layers.hpp>
#include <descent/models.hpp>
#include <descent/tree/describe.hpp>

#include "catch.hpp"

namespace describe_test {

using namespace descent;

namespace {

LayerDescription plain(const char* type) { return {type, {}, {}}; }

}  // namespace

TEST_CASE("describe: returns the type and the options of a layer") {
  CHECK(describe(ReLU{}) == plain("ReLU"));
  CHECK(describe(LeakyReLU{{.slope = 0.25}}) == LayerDescription{"LeakyReLU", {{"slope", 0.25}}, {}});
  CHECK(describe(Dropout{{.keep = 0.75}}) ==
        LayerDescription{"Dropout", {{"keep", 0.75}, {"enabled", 1}, {"whole_channels", 0}}, {}});
  CHECK(describe(GELU{GELUForm::tanh}) == LayerDescription{"GELU", {{"form", 1}}, {}});
}

TEST_CASE("visit_options: options can be set") {
  LeakyReLU<double> layer{{.slope = 0.25}};
  LeakyReLU<double>::visit_options([](std::string_view, auto& value) { value = 0.5; }, layer);
  CHECK(layer.derivative(-1, -1) == 0.5);
}

TEST_CASE("describe: layers of a composition are named as in paths") {
  Rng rng{1};
  const Sequential net{Residual{ReLU{}}, Concat{Tanh{}, Sequential{Dense{2, 3, rng}}}};
  const LayerDescription inner{"Sequential", {}, {{"0", plain("Dense")}}};
  const LayerDescription expected{"Sequential",
                                  {},
                                  {{"0", {"Residual", {}, {{"body", plain("ReLU")}}}},
                                   {"1", {"Concat", {}, {{"0", plain("Tanh")}, {"1", inner}}}}}};
  CHECK(describe(net) == expected);
}

TEST_CASE("describe: a type-erased layer is described as the layer it holds") {
  const AnyLayer<> layer{ELU{{.alpha = 0.5}}};
  CHECK(describe(layer) == LayerDescription{"ELU", {{"alpha", 0.5}}, {}});
  const DynamicSequential net{ReLU{}, Residual{Tanh{}}};
  CHECK(describe(net) ==
        LayerDescription{"DynamicSequential",
                         {},
                         {{"0", plain("ReLU")}, {"1", {"Residual", {}, {{"body", plain("Tanh")}}}}}});
}

}  // namespace describe_test
