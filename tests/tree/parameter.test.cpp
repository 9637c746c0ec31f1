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

TEST_CASE("Name: is equal to the text of its path and to no other") {
  const Name weight{"weight"}, in_layer{"2", &weight}, in_body{"body", &in_layer};
  CHECK(weight.is("weight"));
  CHECK(in_body.is("body.2.weight"));
  for (const std::string other : {"", "body", "body.2", "body.2.", "body.2.weigh", "body.2.weight.",
                                  "body.2.weights", "body2.weight", "body.2weight", "2.weight"}) {
    CAPTURE(other);
    CHECK_FALSE(in_body.is(other));
  }
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
