#include <array>
#include <descent/descent.hpp>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "conformance/layer_table.hpp"
#include "fuzz/public/calls.hpp"
#include "fuzz/public/networks.hpp"
#include "fuzz/public/options.hpp"

namespace fuzz {

namespace {
using namespace descent;
using Any = AnyLayer<double>;

Pass any_pass(Source& source) {
  switch (source.below(4)) {
    case 0:
      return Pass::inference();
    case 1:
      return Pass::measuring();
    default:
      return Pass::training({.seed = source.byte(), .step = source.size(3), .first_sample = source.size(0)});
  }
}

/// Samples of mostly the given shape, otherwise of its size only.
class Samples {
 public:
  Samples(Source& source, const Shape& shape, Index count)
      : values_{source.matrix(shape.size(), count)},
        shape_{values_.rows() == shape.size() && !source.one_in(8) ? shape : Shape{values_.rows()}} {}
  operator Batch<double>() const { return {values_, shape_}; }

 private:
  Matrix<double> values_;
  Shape shape_;
};

Shape any_shape_of_5(Source& source) {
  return source.pick(std::array<Shape, 5>{{{5}, {5, 2, 3}, {5, 1, 4}, {1, 5, 1}, {2, 1, 5}}});
}

/// Calls forward, then mostly backward, with shapes, caches and gradients that may not match.
template <class M>
void run(Source& source, const M& model, const M& other) {
  const Pass pass = any_pass(source);
  const Index count = source.count(3);
  const Shape shape = any_shape_of_5(source);
  const Samples x{source, shape, count};
  std::optional<Samples> second;  // lives until backward, since a cache may refer to the input of forward
  typename M::Cache cache, unused;
  Shape out{4};
  if (!source.one_in(8)) {
    out = model.forward(x, cache, pass).shape();
    if (source.one_in(8)) {
      const M& one = source.flag() ? model : other;
      second.emplace(source, shape, count);
      one.forward(*second, cache, pass);
    }
  }
  if (source.one_in(8)) unused = std::move(cache);
  M gradient = source.one_in(8) ? other : zeros_like(model);
  const Samples dy{source, out, count}, others{source, shape, count};
  typename M::Cache& any_cache = source.one_in(8) ? unused : cache;
  const Samples& again = source.one_in(8) ? others : x;
  if (source.flag())
    model.backward(again, dy, any_cache, gradient, pass);
  else
    backward_parameters(model, Batch<double>{again}, Batch<double>{dy}, any_cache, gradient, pass);
  M updated = model;
  update_state(updated, any_cache);
}

template <class M>
void inspect(Source& source, const M& model, const M& other) {
  const auto side = [&] { return source.size(source.below(6)); };
  const Shape shape{side(), source.flag() ? 1 : side(), source.flag() ? 1 : side()};
  describe(model);
  parameter_count(model);
  model.output_shape(shape);
  M copy = model;
  visit_flat([](auto a, auto b) { a += b; }, copy, other);
}

/// Constructs a layer from a size and options, and runs it.
template <class L, class... Options>
void construct(Source& source, const Options&... options) {
  const L layer{source.size(3), changed(source, options)...};
  run(source, Any{layer}, Any{layer});
}
template <class L, class Options>
void construct_from_options(Source& source) {
  const L layer{changed(source, Options{})};
  run(source, Any{layer}, Any{layer});
}

/// Constructs a convolution of 5 channels from options, and runs it.
template <class L, class Options>
void construct_convolution(Source& source) {
  Rng rng{1};
  Options options;
  options.kernel = 1;
  const Whole whole = source.flag() ? Whole::small : Whole::any;
  const Any layer{L{source.size(5), source.size(5), rng, changed(source, options, whole)}};
  run(source, layer, layer);
}
/// Constructs a pooling layer from options, and runs it.
template <class L, class Options>
void construct_pooling(Source& source) {
  const Any layer{L{changed(source, Options{.kernel = {1, 2}}, Whole::small)}};
  run(source, layer, layer);
}

/// Runs a recurrent layer, also with a state.
template <template <class> class L, class Options>
void construct_recurrent(Source& source) {
  const L<double> layer{source.size(5), source.size(3), changed(source, Options{})};
  if (source.flag()) return run(source, Any{layer}, Any{layer});
  const Index count = source.count(3);
  const Samples x{source, {5, 1, 4}, count};
  RecurrentState<double> state{source.matrix(3, count), source.matrix(3, count)}, slopes = state;
  typename L<double>::Cache cache;
  L<double> gradient = layer;
  if (!source.one_in(8)) layer.forward(x, state, cache, any_pass(source));
  const Samples dy{source, layer.output_shape({5, 1, 4}), count};
  layer.backward(x, dy, slopes, cache, gradient, any_pass(source));
}

}  // namespace

void add_layers(Calls& calls) {
  for (const conformance::LayerRow& row : conformance::layers) {
    calls.push_back({row.name + ": forward and backward", [&row](Source& source) {
                       const Any layer = some_layer(source, row);
                       run(source, layer, some_layer(source));
                     }});
    calls.push_back({row.name + ": output_shape and visit", [&row](Source& source) {
                       inspect(source, some_layer(source, row), some_layer(source));
                     }});
    calls.push_back({row.name + ": in a Sequential", [&row](Source& source) {
                       Rng rng{1};
                       const Index rows = source.count(4);
                       const Dense<double> before{source.count(3), source.count(5), rng};
                       const Dense<double> after{source.pick(std::array<Index, 6>{5, 5, 4, 3, 11, 0}),
                                                 std::max(rows, Index{1}), rng};
                       const Matrix<double> x = source.matrix(3, 4), dy = source.matrix(rows, 4);
                       row.in_sequential(source.one_in(4) ? any_shape_of_5(source) : row.shapes[0], before,
                                         after, x, dy);
                     }});
  }
  calls.push_back({"DynamicSequential: forward and backward", [](Source& source) {
                     const auto net = any_network(source), other = any_network(source);
                     run(source, net, other);
                     if (source.one_in(8)) net.visit_outputs({}, [](const auto&, const auto&) {});
                   }});
  calls.push_back({"DynamicSequential: output_shape and visit", [](Source& source) {
                     auto net = any_network(source);
                     inspect(source, net, any_network(source));
                     net[static_cast<std::size_t>(source.size(0))].output_shape({5});
                   }});
  calls.push_back({"Residual: forward and backward", [](Source& source) {
                     run(source, Residual<Any>{some_layer(source)}, Residual<Any>{some_layer(source)});
                   }});
  calls.push_back({"Residual: output_shape and visit", [](Source& source) {
                     inspect(source, Residual<Any>{some_layer(source)}, Residual<Any>{some_layer(source)});
                   }});
  const auto concat = [](Source& source) { return Concat<Any, Any>{some_layer(source), some_layer(source)}; };
  calls.push_back({"Concat: forward and backward", [=](Source& source) {
                     const auto layer = concat(source);
                     run(source, layer, concat(source));
                   }});
  calls.push_back({"Concat: output_shape and visit", [=](Source& source) {
                     const auto layer = concat(source);
                     inspect(source, layer, concat(source));
                   }});
  const auto sequential = [](Source& source) {
    return Sequential<Any, Any>{some_layer(source), some_layer(source)};
  };
  calls.push_back({"Sequential: forward and backward", [=](Source& source) {
                     const auto layer = sequential(source);
                     run(source, layer, sequential(source));
                     if (source.one_in(8)) layer.visit_outputs({}, [](const auto&, const auto&) {});
                   }});
  calls.push_back({"Sequential: output_shape and visit", [=](Source& source) {
                     const auto layer = sequential(source);
                     inspect(source, layer, sequential(source));
                   }});

  calls.push_back({"Dense: constructor", [](Source& source) {
                     Rng rng{1};
                     const Index in = source.size(5), out = source.size(4);
                     const Dense<double> layer{in, out, rng, source.flag() ? Bias::learned : Bias::none};
                     run(source, layer, Dense<double>{5, source.count(4), rng});
                   }});
  calls.push_back({"Dense: of given parameters", [](Source& source) {
                     const Matrix<double> weight = source.matrix(4, 5), bias = source.matrix(4, 1);
                     const Dense layer = source.flag() ? Dense{weight, bias} : Dense{weight};
                     run(source, layer, layer);
                   }});
  calls.push_back({"Dropout: with a given mask", [](Source& source) {
                     const Dropout<double> layer{{.keep = 0.8}};
                     const Matrix<double> x = source.matrix(5, 3);
                     Matrix<double> mask = source.matrix(5, 3);
                     if (source.flag()) mask = (mask.array() > 0).cast<double>();
                     Dropout<double>::Cache cache;
                     layer.forward_with_mask(x, mask, cache);
                     Dropout<double> gradient = layer;
                     const Matrix<double> dy = source.matrix(5, 3);
                     layer.backward(x, dy, cache, gradient, Pass::training({}));
                   }});
  calls.push_back({"Conv2D: constructor", construct_convolution<Conv2D<double>, Conv2DOptions>});
  calls.push_back({"Conv1D: constructor", construct_convolution<Conv1D<double>, Conv1DOptions>});
  calls.push_back({"ConvTranspose2D: constructor",
                   construct_convolution<ConvTranspose2D<double>, ConvTranspose2DOptions>});
  calls.push_back({"MaxPool2D: constructor", construct_pooling<MaxPool2D<double>, MaxPool2DOptions>});
  calls.push_back(
      {"AveragePool2D: constructor", construct_pooling<AveragePool2D<double>, AveragePool2DOptions>});
  calls.push_back({"Upsample: constructor", construct_from_options<Upsample<double>, UpsampleOptions>});
  calls.push_back({"ZeroPad2D: constructor", [](Source& source) {
                     Padding padding = 1;
                     change(source, padding, source.flag() ? Whole::small : Whole::any);
                     const Any layer{ZeroPad2D<double>{padding}};
                     run(source, layer, layer);
                   }});
  calls.push_back({"GroupNorm: constructor", [](Source& source) {
                     const Any layer{GroupNorm<double>{source.size(5), source.size(5),
                                                       changed(source, GroupNormOptions{})}};
                     run(source, layer, layer);
                   }});
  calls.push_back(
      {"InstanceNorm: constructor", [](Source& source) {
         const Any layer{InstanceNorm<double>{source.size(5), changed(source, GroupNormOptions{})}};
         run(source, layer, layer);
       }});
  calls.push_back({"BatchNorm: constructor",
                   [](Source& source) { construct<BatchNorm<double>>(source, BatchNormOptions{}); }});
  calls.push_back({"Embedding: constructor", [](Source& source) {
                     Rng rng{1};
                     const Embedding<double> layer{source.size(3), source.size(2), rng,
                                                   changed(source, EmbeddingOptions{})};
                     run(source, Any{layer}, Any{layer});
                   }});
  calls.push_back({"RNN: constructor", [](Source& source) { construct_recurrent<RNN, RNNOptions>(source); }});
  calls.push_back(
      {"LSTM: constructor", [](Source& source) { construct_recurrent<LSTM, LSTMOptions>(source); }});
  calls.push_back({"GRU: constructor", [](Source& source) { construct_recurrent<GRU, GRUOptions>(source); }});
  calls.push_back({"LayerNorm: constructor",
                   [](Source& source) { construct<LayerNorm<double>>(source, LayerNormOptions{}); }});
  calls.push_back(
      {"RMSNorm: constructor", [](Source& source) { construct<RMSNorm<double>>(source, RMSNormOptions{}); }});
  calls.push_back({"PositionalEncoding: constructor",
                   construct_from_options<PositionalEncoding<double>, PositionalEncodingOptions>});
  calls.push_back({"PositionEmbedding: constructor", [](Source& source) {
                     Rng rng{1};
                     const Any layer{PositionEmbedding<double>{source.size(6), source.size(5), rng}};
                     run(source, layer, layer);
                   }});
  calls.push_back({"MultiHeadAttention: constructor", [](Source& source) {
                     Rng rng{1};
                     const Any layer{MultiHeadAttention<double>{
                         source.size(5), rng, changed(source, MultiHeadAttentionOptions{}, Whole::small)}};
                     run(source, layer, layer);
                   }});
  calls.push_back({"MultiHeadAttention: sequences with lengths", [](Source& source) {
                     Rng rng{1};
                     const MultiHeadAttention<double> layer{4, rng, {.heads = 2, .causal = source.flag()}};
                     const Matrix<double> x = source.matrix(4 * 3, 2), dy = source.matrix(4 * 3, 2);
                     const std::array<Index, 2> lengths{source.size(2), source.size(3)};
                     const Batch<double> batch = Batch<double>{x, Shape{4, 1, 3}}.with_lengths(lengths);
                     MultiHeadAttention<double>::Cache cache;
                     MultiHeadAttention<double> gradient = layer;
                     layer.forward(batch, cache, Pass::training({}));
                     layer.backward(batch, dy, cache, gradient, Pass::training({}));
                   }});
  calls.push_back({"encoder_block", [](Source& source) {
                     Rng rng{1};
                     const EncoderBlockOptions options = changed(source, EncoderBlockOptions{}, Whole::small);
                     const Any block{encoder_block<double>(source.size(5), rng, options)};
                     run(source, block, block);
                   }});
  calls.push_back(
      {"PReLU: constructor", [](Source& source) { construct<PReLU<double>>(source, PReLUOptions{}); }});
  calls.push_back({"Dropout: constructor", construct_from_options<Dropout<double>, DropoutOptions>});
  calls.push_back({"GaussianDropout: constructor",
                   construct_from_options<GaussianDropout<double>, GaussianDropoutOptions>});
  calls.push_back(
      {"GaussianNoise: constructor", construct_from_options<GaussianNoise<double>, GaussianNoiseOptions>});
  calls.push_back({"LeakyReLU: constructor", construct_from_options<LeakyReLU<double>, LeakyReLUOptions>});
  calls.push_back({"ELU: constructor", construct_from_options<ELU<double>, ELUOptions>});
}

}  // namespace fuzz
