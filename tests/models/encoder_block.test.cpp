#include "descent/models/encoder_block.hpp"

#include <sstream>

#include "descent/io/safetensors.hpp"
#include "golden.hpp"
#include "support.hpp"

namespace encoder_block_test {

using namespace descent;

namespace {

/// The names of PyTorch's TransformerEncoderLayer, as in the guide.
TensorNames names_of(bool norm_first) {
  if (norm_first)
    return pytorch_names({{"0.body.0", "norm1"},
                          {"0.body.1", "self_attn"},
                          {"1.body.0", "norm2"},
                          {"1.body.1", "linear1"},
                          {"1.body.4", "linear2"}});
  return pytorch_names({{"0.body.0", "self_attn"},
                        {"1", "norm1"},
                        {"2.body.0", "linear1"},
                        {"2.body.3", "linear2"},
                        {"3", "norm2"}});
}

}  // namespace

TEST_CASE("encoder_block: forward and backward equal PyTorch's TransformerEncoderLayer", "[models][golden]") {
  const auto file = golden::read("attention");
  for (const auto& c : file.at("encoder")) {
    CAPTURE(c.at("id").get<std::string>());
    const Matrix<double> x = golden::batch(c.at("x")), dy = golden::batch(c.at("dy"));
    const Index steps = c.at("time"), features = x.rows() / steps;
    const Shape shape{features, 1, steps};
    Rng rng{1};
    const EncoderBlockOptions options{.heads = c.at("heads"),
                                      .hidden = c.at("hidden"),
                                      .causal = c.at("causal"),
                                      .norm_first = c.at("norm_first")};
    auto block = c.at("activation") == "gelu" ? encoder_block<double>(features, rng, options)
                                              : encoder_block<double>(features, rng, options, ReLU<double>{});
    const TensorNames names = names_of(options.norm_first);
    using Block = DynamicSequential<double>;
    std::size_t count = 0;
    Block::visit(
        [&](const Parameter& p, auto numbers) {
          numbers = golden::matrix(c.at("parameters").at(names(p.name.path())));
          ++count;
        },
        block);
    CHECK(count == c.at("parameters").size());
    Block gradient = zeros_like(block);
    Block::Cache cache;
    const Pass pass = Pass::training({});
    golden::require_close(block.forward({x, shape}, cache, pass), golden::batch(c.at("y")), golden::one_step,
                          1);
    golden::require_close(block.backward({x, shape}, {dy, shape}, cache, gradient, pass),
                          golden::batch(c.at("dx")), golden::one_step, 1);
    Block::visit(
        [&](const Parameter& p, const auto& numbers) {
          const std::string name = names(p.name.path());
          CAPTURE(name);
          golden::require_close(numbers, golden::matrix(c.at("gradients").at(name)), golden::one_step, 1);
        },
        gradient);
  }
}

TEST_CASE("encoder_block: safetensors have PyTorch's names and shapes", "[models]") {
  Rng rng{1};
  const auto block = encoder_block<float>(4, rng, {.heads = 2, .hidden = 6});
  std::stringstream file;
  save_safetensors(file, block, {.names = names_of(true)});
  const std::string text = file.str();
  const auto header = golden::Json::parse(text.substr(8, text.find("}}") - 6));
  using Sizes = std::vector<int>;
  CHECK(header.at("self_attn.in_proj_weight").at("shape") == Sizes{12, 4});
  CHECK(header.at("self_attn.in_proj_bias").at("shape") == Sizes{12});
  CHECK(header.at("self_attn.out_proj.weight").at("shape") == Sizes{4, 4});
  CHECK(header.at("linear1.weight").at("shape") == Sizes{6, 4});
  CHECK(header.at("norm2.bias").at("shape") == Sizes{4});
  auto other = encoder_block<float>(4, rng, {.heads = 2, .hidden = 6});
  load_safetensors(file, other, {.names = names_of(true)});
  CHECK(support::values_of(other) == support::values_of(block));
}

TEST_CASE("encoder_block: the hidden features are four times those of the block by default", "[models]") {
  Rng rng{1};
  // Attention 4 (4 + 1) 4, two norms 2 * 8, dense 16 (4 + 1) + 4 (16 + 1).
  CHECK(parameter_count(encoder_block(4, rng)) == 80 + 16 + 80 + 68);
}

TEST_CASE("encoder_block: dropout is drawn in training only", "[models]") {
  Rng rng{1};
  const auto block = encoder_block<double>(4, rng, {.keep = 0.5});
  const Vector<double> x = Vector<double>::LinSpaced(12, -1, 1).array().square();
  DynamicSequential<double>::Cache a, b;
  const Shape shape{4, 1, 3};
  CHECK(block.forward({x, shape}, a, Pass::training({.step = 1})) !=
        block.forward({x, shape}, b, Pass::training({.step = 2})));
  CHECK(block.forward({x, shape}, a, Pass::inference()) == block.forward({x, shape}, b, Pass::inference()));
}

TEST_CASE("encoder_block: errors name the layer", "[models]") {
  Rng rng{1};
  CHECK_THROWS_AS(encoder_block(6, rng, {.heads = 4}), ShapeError);
  CHECK_THROWS_AS(encoder_block(6, rng, {.hidden = -1}), ShapeError);
  CHECK_THROWS_AS(encoder_block(0, rng), ShapeError);
}

}  // namespace encoder_block_test
