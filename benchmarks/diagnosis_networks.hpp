#pragma once

#include <algorithm>
#include <descent/descent.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "diagnosis_sets.hpp"

// The designs and faults of diagnosis_rules.cpp.

enum class Unit { relu, tanh, sigmoid, batch_norm, group_norm, residual, lstm, gru, rnn, attention, conv };
enum class Step { adam, momentum };

/// A design, with a fault or without.
struct Case {
  std::string fault = {};                 // empty: healthy
  std::set<std::string_view> rules = {};  // those that name the fault
  Kind kind = Kind::table;                // those of tokens are the same as those of sequences
  Unit unit = Unit::relu;
  Step step = Step::adam;
  int depth = 2;
  descent::Index width = 48;
  bool bidirectional = false;
  // Faults.
  double init = 1, rate = 1, dead_bias = 0, noise = 0, momentum = 0.9, l2 = 0, keep = 1, jitter = -1,
         shift = 0;
  descent::Index samples = 0;
  bool raw = false, raw_targets = false, sorted = false, imbalance = false, constant = false, softmax = false,
       relu_output = false, sigmoid = false, leak = false;
};

/// Initializes as the activation asks for.
struct Initialize {
  Unit unit;
  void operator()(descent::Matrix<>& w, const descent::Fan& fan, descent::Rng& rng) const {
    if (unit == Unit::tanh || unit == Unit::sigmoid)
      descent::XavierNormal{}(w, fan, rng);
    else
      descent::HeNormal{}(w, fan, rng);
  }
};

inline void add_activation(descent::DynamicSequential<>& net, const Case& c, descent::Index width) {
  using namespace descent;
  if (c.unit == Unit::batch_norm) net.add(BatchNorm{width, {.momentum = c.momentum}});
  if (c.unit == Unit::group_norm) net.add(GroupNorm{width % 4 == 0 ? 4 : 1, width});
  if (c.unit == Unit::tanh)
    net.add(Tanh{});
  else if (c.unit == Unit::sigmoid)
    net.add(Sigmoid{});
  else
    net.add(ReLU{});
  if (c.keep < 1) net.add(Dropout{{.keep = c.keep}});
}

/// Turns 7 of 10 units off, so that they die.
inline void kill(auto& layer, double bias) {
  for (descent::Index u = 0; bias != 0 && u < layer.bias.size(); ++u)
    if (u % 10 < 7) layer.bias[u] = static_cast<float>(bias);
}

inline void add_dense(descent::DynamicSequential<>& net, const Case& c, descent::Index in,
                      descent::Rng& rng) {
  using namespace descent;
  for (int k = 0; k < c.depth; ++k, in = c.width) {
    Dense<> dense{in, c.width, rng, Initialize{c.unit},
                  c.unit == Unit::batch_norm ? Bias::none : Bias::learned};
    kill(dense, c.dead_bias);
    net.add(std::move(dense));
    add_activation(net, c, c.width);
  }
}

/// Convolutions of an image, of which the first two are pooled, and the mean over what remains.
inline void add_images(descent::DynamicSequential<>& net, const Case& c, descent::Index in,
                       descent::Rng& rng) {
  using namespace descent;
  const auto conv = [&](Index channels) {
    Conv2D<> layer{channels,
                   c.width,
                   rng,
                   Initialize{c.unit},
                   {.kernel = 3,
                    .padding = Padding::same(),
                    .bias = c.unit == Unit::batch_norm ? Bias::none : Bias::learned}};
    kill(layer, c.dead_bias);
    return layer;
  };
  for (int k = 0; k < c.depth; ++k, in = c.width) {
    if (c.unit == Unit::residual && k > 0) {
      net.add(
          Residual{DynamicSequential<>{BatchNorm{c.width, {.momentum = c.momentum}}, ReLU{}, conv(c.width)}});
    } else {
      net.add(conv(in));
      add_activation(net, c, c.width);
    }
    if (k == 0) net.add(MaxPool2D{{.kernel = 2}});
  }
  net.add(GlobalAveragePool{});
}

/// True for sequences and convolutions, with `Unit::batch_norm` each before a BatchNorm of its channels.
inline bool has_convolutions(const Case& c) {
  return c.kind == Kind::sequence && (c.unit == Unit::conv || c.unit == Unit::batch_norm);
}

inline void add_sequences(descent::DynamicSequential<>& net, const Case& c, const Set& set, descent::Index in,
                          descent::Rng& rng) {
  using namespace descent;
  const Outputs outputs = set.by_step ? Outputs::all : Outputs::last;
  if (set.kind == Kind::tokens) net.add(Embedding{set.tokens, c.width, rng}), in = c.width;
  const Index layers = c.depth;
  if (c.unit == Unit::lstm)
    net.add(LSTM{in,
                 c.width,
                 rng,
                 {.layers = layers, .bidirectional = c.bidirectional, .outputs = outputs, .keep = c.keep}});
  if (c.unit == Unit::gru)
    net.add(GRU{in,
                c.width,
                rng,
                {.layers = layers, .bidirectional = c.bidirectional, .outputs = outputs, .keep = c.keep}});
  if (c.unit == Unit::rnn)
    net.add(RNN{in,
                c.width,
                rng,
                {.layers = layers, .bidirectional = c.bidirectional, .outputs = outputs, .keep = c.keep}});
  if (c.unit == Unit::attention) {
    if (set.kind != Kind::tokens) net.add(Dense{in, c.width, rng});
    net.add(PositionEmbedding{set.data.shape.width, c.width, rng});
    for (int k = 0; k < c.depth; ++k)
      net.add(encoder_block(c.width, rng,
                            {.heads = c.width % 4 == 0 ? 4 : 1, .causal = set.by_step, .keep = c.keep}));
    net.add(LayerNorm{c.width});
    if (!set.by_step) net.add(GlobalAveragePool{});
  }
  if (has_convolutions(c))
    for (int k = 0; k < c.depth; ++k, in = c.width) {
      Conv1D<> conv{in,
                    c.width,
                    rng,
                    {.kernel = 5,
                     .padding = set.by_step ? TimePadding::causal() : TimePadding::same(),
                     .bias = c.unit == Unit::batch_norm ? Bias::none : Bias::learned}};
      kill(conv, c.dead_bias);
      net.add(std::move(conv));
      add_activation(net, c, c.width);
      if (k + 1 == c.depth && !set.by_step) net.add(GlobalAveragePool{});
    }
}

inline descent::DynamicSequential<> network(const Case& c, const Set& set, descent::Index out,
                                            descent::Rng& rng) {
  using namespace descent;
  DynamicSequential<> net;
  const Index in = set.data.sample_shape().channels;
  Index features = c.width;
  if (set.kind == Kind::table)
    add_dense(net, c, in, rng), features = c.depth > 0 ? c.width : in;
  else if (set.kind == Kind::image)
    add_images(net, c, in, rng);
  else
    add_sequences(net, c, set, in, rng), features = c.bidirectional ? 2 * c.width : c.width;
  net.add(Dense<>{features, out, rng, Initialize{c.unit}});
  if (c.init != 1)
    DynamicSequential<>::visit(
        [&](const Parameter& p, auto& x) {
          if (p.role == Role::weight) x *= static_cast<float>(c.init);
        },
        net);
  if (c.softmax) net.add(Softmax{});
  if (c.sigmoid) net.add(Sigmoid{});
  if (c.relu_output) net.add(ReLU{});
  return net;
}
