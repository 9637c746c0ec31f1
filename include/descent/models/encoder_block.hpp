#pragma once

#include <concepts>
#include <utility>

#include "descent/concepts/layer.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/layers/activations/gelu.hpp"
#include "descent/layers/attention/multi_head_attention.hpp"
#include "descent/layers/dense.hpp"
#include "descent/layers/noise/dropout.hpp"
#include "descent/layers/normalization/layer_norm.hpp"
#include "descent/models/dynamic_sequential.hpp"
#include "descent/models/residual.hpp"
#include "descent/models/sequential.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `encoder_block`.
struct EncoderBlockOptions {
  Index heads = 1;
  Index hidden = 0;     ///< features between the two fully connected layers; 0: four times those of the block
  bool causal = false;  ///< true: a step depends on itself and the steps before it only
  double keep = 1;      ///< of dropout: of attention weights, hidden features, and the outputs of both parts
  Rotary rotary = Rotary::none;
  bool norm_first = true;  ///< false: normalize after each sum, as in the paper
};

/// Returns a block of a transformer: attention over the steps and a network at each step, both with a residual
/// connection and layer normalization.
///
///   norm first   h = x + attention(norm(x))      y = h + dense(activation(dense(norm(h))))
///   norm last    h = norm(x + attention(x))      y = norm(h + dense(activation(dense(h))))
///
///   DynamicSequential net{Dense{40, 128, rng}, PositionEmbedding{64, 128, rng}};
///   for (int i = 0; i < 4; ++i) net.add(encoder_block(128, rng, {.heads = 4, .causal = true, .keep = 0.9}));
///   net.add(LayerNorm{128}).add(Dense{128, 40, rng});
///
/// The parts are layers of the library, so that the block is in files and in `summary` as any other network. Its
/// parameters are named `0.body.1.in_proj_weight`, and so on; docs/guide/attention.md has PyTorch's names.
///
/// Throws   as `MultiHeadAttention`, `Dense` and `Dropout`.
/// Source   Vaswani et al.: Attention is all you need (NeurIPS 2017); Xiong et al.: On layer normalization in the
///          transformer architecture (ICML 2020)
/// Example  examples/33_language_model.cpp
template <std::floating_point T = float, LayerOf<T> Activation = GELU<T>>
DynamicSequential<T> encoder_block(Index features, Rng& rng, const EncoderBlockOptions& options = {},
                                   Activation activation = Activation{}) {
  const LayerNorm<T> norm{features};  // first: it refuses sizes of which four times overflow
  const Index hidden = options.hidden == 0 ? 4 * features : options.hidden;
  const Dropout<T> dropout{{.keep = options.keep, .enabled = options.keep < 1}};
  MultiHeadAttention<T> attention{
      features,
      rng,
      {.heads = options.heads, .causal = options.causal, .keep = options.keep, .rotary = options.rotary}};
  Dense<T> in{features, hidden, rng}, out{hidden, features, rng};
  if (options.norm_first)
    return DynamicSequential<T>{
        Residual{Sequential{norm, std::move(attention), dropout}},
        Residual{Sequential{norm, std::move(in), std::move(activation), dropout, std::move(out), dropout}}};
  return DynamicSequential<T>{
      Residual{Sequential{std::move(attention), dropout}}, norm,
      Residual{Sequential{std::move(in), std::move(activation), dropout, std::move(out), dropout}}, norm};
}

}  // namespace descent
