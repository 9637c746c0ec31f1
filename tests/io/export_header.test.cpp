#include "descent/io/export_header.hpp"

#include <limits>
#include <sstream>
#include <string>

#include "catch.hpp"
#include "decimal_comma.hpp"
#include "descent/layers/activations/elementwise.hpp"
#include "descent/layers/activations/relu.hpp"
#include "descent/layers/dense.hpp"
#include "descent/models/sequential.hpp"
#include "support.hpp"

// That exported headers compile and compute the outputs of each layer is tested in tests/export_header.

namespace export_header_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;

namespace {

template <class M>
std::string header_of(const M& model, const ExportHeader& options) {
  std::ostringstream out;
  export_header(out, model, options);
  return out.str();
}

/// y = 1.5 x - 0.25.
Dense<> line() { return {Matrix<>::Constant(1, 1, 1.5F), Matrix<>::Constant(1, 1, -0.25F)}; }

}  // namespace

TEST_CASE("export_header: the namespace, the sizes and the weights are in the text") {
  const std::string text = header_of(line(), {.inputs = {1}, .name = "line"});
  CHECK_THAT(text, ContainsSubstring("namespace line {"));
  CHECK_THAT(text, ContainsSubstring("inline constexpr int inputs = 1, outputs = 1;"));
  CHECK_THAT(text, ContainsSubstring("array_0[1] = {\n    1.5F,};"));
  CHECK_THAT(text, ContainsSubstring("-0.25F"));
  CHECK_THAT(text, !ContainsSubstring("convolve"));  // only the functions that are called
}

TEST_CASE("export_header: whole numbers are written as floating-point ones, and doubles as doubles") {
  const std::string text = header_of(Dense<double>{Matrix<double>::Constant(1, 1, 3)}, {.inputs = {1}});
  CHECK_THAT(text, ContainsSubstring("using number = double;"));
  CHECK_THAT(text, ContainsSubstring("    3.,};"));
}

TEST_CASE("export_header: probabilities are a softmax, or a sigmoid of a single output") {
  Rng rng{1};
  CHECK_THAT(header_of(Dense{2, 3, rng}, {.inputs = {2}, .probabilities = true}),
             ContainsSubstring("softmax(buffer_1"));
  CHECK_THAT(header_of(line(), {.inputs = {1}, .probabilities = true}),
             ContainsSubstring("1 / (1 + std::exp(-v))"));
}

TEST_CASE("export_header: the text does not depend on the locale of the stream") {
  Rng rng{1};
  const Dense<> layer{40, 50, rng};
  const std::string expected = header_of(layer, {.inputs = {40}});
  const support::DecimalComma guard;
  CHECK(header_of(layer, {.inputs = {40}}) == expected);
}

TEST_CASE("export_header: what it cannot write is refused") {
  const Sequential formula{line(), elementwise<float>([](auto x) { return x * x; })};
  CHECK_THAT(message_of<DataError>([&] { header_of(formula, {.inputs = {1}}); }),
             ContainsSubstring(
                 "export_header: layer \"1\": expected a layer that a header can compute, got Elementwise"));
  CHECK_THAT(message_of<DataError>([&] { header_of(line(), {.inputs = {1}, .name = "my net"}); }),
             ContainsSubstring("expected a .name for a namespace, got \"my net\""));
  CHECK_THAT(message_of<DataError>([&] { header_of(line(), {}); }),
             ContainsSubstring("expected the shape of a sample in .inputs"));
  CHECK_THROWS_AS(header_of(line(), {.inputs = {2}}), ShapeError);
  Dense<> broken = line();
  broken.weight(0, 0) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THAT(message_of<DataError>([&] { header_of(broken, {.inputs = {1}}); }),
             ContainsSubstring("expected finite parameters"));
}

}  // namespace export_header_test
