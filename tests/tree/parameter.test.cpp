#include "descent/tree/parameter.hpp"

#include <string>

#include "catch.hpp"

namespace parameter_test {

using namespace descent;

TEST_CASE("Name: the path is built from the inside out") {
  const Name weight{"weight"};
  CHECK(weight.path() == "weight");
  const Name in_layer{"2", &weight};
  CHECK(in_layer.path() == "2.weight");
  CHECK(Name{std::string{"0"}, &in_layer}.path() == "0.2.weight");
}

TEST_CASE("Parameter: inside prepends a name and keeps role and dimensions") {
  const Parameter parameter{"gamma", Role::scale};
  const Parameter outer = parameter.inside("1");
  CHECK(outer.name.path() == "1.gamma");
  CHECK(outer.role == Role::scale);

  const Parameter kernel{"kernel", Role::weight, {2, 3, 5}};
  CHECK(kernel.inside("1").dimensions.rank() == 3);
}

}  // namespace parameter_test
