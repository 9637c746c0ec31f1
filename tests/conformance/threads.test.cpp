#include <thread>

#include "catch.hpp"
#include "conformance/tables.hpp"

using namespace conformance;

TEST_CASE("layers: two threads predict with one const layer", "[conformance][threads]") {
  for_each(layers, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      Rng rng{1};
      const auto layer = row.make(double{}, rng);
      Matrix<double> x(row.shape.size(), 50);
      for (double& v : x.reshaped()) v = rng.normal();
      const Matrix<double> expected = predict(layer, x);
      Matrix<double> a, b;
      {
        const std::jthread first{[&] { a = predict(layer, x); }}, second{[&] { b = predict(layer, x); }};
      }
      CHECK(a == expected);
      CHECK(b == expected);
    }
  });
}
