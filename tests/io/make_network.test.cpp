#include "descent/io/make_network.hpp"

#include <string>
#include <vector>

#include "catch.hpp"
#include "descent/inference/predict.hpp"
#include "descent/tree/describe.hpp"
#include "support.hpp"

namespace make_network_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;
using support::values_of;

namespace {

std::string error_of(const char* text, const Shape& in = {4}) {
  return message_of<Error>([&] {
    Rng rng{1};
    make_network(text, in, rng);
  });
}

}  // namespace

TEST_CASE("make_network: a line of text gives the network that code would") {
  Rng rng{1}, again{1};
  const auto net = make_network("dense 64, relu, dropout 0.2, dense 10", {4}, rng);
  const DynamicSequential<> expected{Dense{4, 64, again}, ReLU{}, Dropout{{.keep = 0.8}},
                                     Dense{64, 10, again}};
  CHECK(describe(net) == describe(expected));
  CHECK(values_of(net) == values_of(expected));
}

TEST_CASE("make_network: images, line breaks, capitals and underscores") {
  Rng rng{1};
  const auto net = make_network<double>(
      "Conv 6 5\nBatch_Norm\nLeaky_ReLU 0.1\nMaxPool 2\n\nconv 4, relu; average-pool, flatten, DENSE 3, "
      "log_softmax",
      {.channels = 1, .height = 8, .width = 8}, rng);
  CHECK(net.size() == 10);
  CHECK(net.output_shape({.channels = 1, .height = 8, .width = 8}) == Shape{3});
  CHECK(net[2].get_if<LeakyReLU<double>>() != nullptr);
}

TEST_CASE("make_network: every name that it suggests is a layer") {
  for (const auto name : detail::described_names) {
    CAPTURE(name);
    Rng rng{1};
    std::string text{name};
    if (name == "dense" || name == "conv") text += " 4";
    if (name == "dropout") text += " 0.5";
    const auto net = make_network(text, {.channels = 4, .height = 2, .width = 2}, rng);
    std::string type = describe(net[0]).type, wanted{name};
    for (char& letter : type) letter = letter <= 'Z' && letter >= 'A' ? char(letter - 'A' + 'a') : letter;
    CHECK(type.substr(0, wanted.size()) == wanted);
  }
}

TEST_CASE("make_network: an error names the word and suggests another") {
  CHECK(error_of("dense 4, rellu") ==
        "make_network: layer 1 \"rellu\": expected a layer, got \"rellu\"; write \"relu\"");
  CHECK_THAT(error_of("dnse 4"), ContainsSubstring("write \"dense\""));
  CHECK_THAT(error_of("transformer 4"), ContainsSubstring("choose from averagepool, batchnorm"));
  CHECK_THAT(error_of("dense"),
             ContainsSubstring("layer 0 \"dense\": expected the number of units, got 0 words"));
  CHECK_THAT(error_of("dense 4 relu"),
             ContainsSubstring("got 2 words after \"dense\"; separate layers by commas"));
  CHECK_THAT(error_of("dense many"), ContainsSubstring("expected a number, got \"many\""));
  CHECK_THAT(error_of("dense 1.5"), ContainsSubstring("expected a whole number of at least 1, got \"1.5\""));
  CHECK_THAT(error_of("dense -3"), ContainsSubstring("\"-3\""));
  CHECK_THAT(error_of("dropout 1"), ContainsSubstring("expected a share in [0, 1), got 1"));
  CHECK_THAT(error_of("relu 3"), ContainsSubstring("expected no further word"));
  CHECK_THAT(error_of(" ,\n"), ContainsSubstring("got an empty text"));
  CHECK_THAT(error_of("dense 4, maxpool 2"), ContainsSubstring("layer 1 \"maxpool 2\""));
}

}  // namespace make_network_test
