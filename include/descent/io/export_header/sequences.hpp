#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/io/export_header/text.hpp"
#include "descent/tree/describe.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Writes layers of sequences as calls of the exported functions.
class SequenceWriter : public HeaderText {
 public:
  using HeaderText::HeaderText;

 protected:
  Values write_embedding(const std::string& path, const Values& x, bool keep) {
    const std::string weight = inside(path, "weight");  // [count, size]
    const Index features = tensor(weight).sizes[1];
    const Values y = fresh({features, 1, x.shape.width});
    call("embed", {array(weight), ", ", from(x), ", ", to(y), ", ", features, ", ", x.shape.width});
    release(x, keep);
    return y;
  }

  Values write_positions(const LayerDescription& layer, const std::string& path, const Values& x, bool keep) {
    const Values y = in_place(x, keep);
    const Index channels = x.shape.channels, steps = x.shape.positions();
    std::vector<double> added;
    if (layer.type == "PositionEmbedding") {
      added = tensor(inside(path, "weight")).numbers;  // [steps, features]
      added.resize(static_cast<std::size_t>(x.shape.size()));
    } else {
      for (Index t = 0; t < steps; ++t)
        for (Index i = 0; i < channels; ++i) {
          const double wave = static_cast<double>(i - i % 2) / static_cast<double>(channels),
                       angle = static_cast<double>(t) / std::pow(option(layer, "base"), wave);
          added.push_back(i % 2 == 0 ? std::sin(angle) : std::cos(angle));
        }
    }
    call("add", {from(x), ", ", array(added), ", ", to(y), ", ", x.shape.size()});
    return y;
  }

  Values write_recurrent(const LayerDescription& layer, const std::string& path, Values x, bool keep) {
    const bool is_lstm = layer.type == "LSTM", is_gru = layer.type == "GRU",
               is_reverse_too = option(layer, "bidirectional") == 1;
    const std::string cell = is_lstm  ? "lstm"
                             : is_gru ? (option(layer, "reset") == 0 ? "gru" : "gru_reset_before")
                                      : (option(layer, "activation") == 0 ? "rnn_tanh" : "rnn_relu");
    const Index gates = is_lstm ? 4 : is_gru ? 3 : 1, layers = size(layer, "layers"), steps = x.shape.width;
    need("dense");
    need(cell);
    for (Index l = 0; l < layers; ++l) {
      const bool only_last = option(layer, "outputs") == 1 && l + 1 == layers;
      const Index hidden = tensor(inside(path, joined({"weight_hh_l", l}))).sizes[1],
                  width = is_reverse_too ? 2 * hidden : hidden;
      const Values y = fresh({width, 1, only_last ? 1 : steps}), work = fresh({(2 + 2 * gates) * hidden});
      for (const bool is_reverse : {false, true}) {
        if (is_reverse && !is_reverse_too) break;
        const auto named = [&](const char* name) {
          return inside(path, joined({name, "_l", l, is_reverse ? "_reverse" : ""}));
        };
        const std::string w = array(named("weight_ih")), u = array(named("weight_hh")),
                          b = optional(named(has(named("bias_ih")) ? "bias_ih" : "bias")),
                          c = optional(named("bias_hh"));
        call("recurrent", {cell,
                           ", ",
                           gates,
                           ", ",
                           w,
                           ", ",
                           u,
                           ", ",
                           b,
                           ", ",
                           c,
                           ", ",
                           from(x),
                           ", ",
                           to(y),
                           is_reverse ? " + " : "",
                           is_reverse ? joined({hidden}) : "",
                           ", ",
                           to(work),
                           ", ",
                           x.shape.channels,
                           ", ",
                           hidden,
                           ", ",
                           steps,
                           ", ",
                           width,
                           ", ",
                           is_reverse ? "true" : "false",
                           ", ",
                           only_last ? "true" : "false"});
      }
      release(work, false);
      release(x, keep);
      x = y;
      keep = false;
    }
    return x;
  }

  Values write_attention(const LayerDescription& layer, const std::string& path, const Values& x, bool keep) {
    const Index features = x.shape.channels, steps = x.shape.positions(), heads = size(layer, "heads"),
                head = features / heads, rotary = size(layer, "rotary");
    const Values projected = fresh({3 * features, x.shape.height, x.shape.width});
    write_projection(inside(path, "in_proj_weight"), inside(path, "in_proj_bias"), x, projected);
    if (rotary != 0) {
      std::vector<double> cosine, sine;
      for (Index t = 0; t < steps; ++t)
        for (Index i = 0; i < head / 2; ++i) {
          const double angle =
              static_cast<double>(t) *
              std::pow(option(layer, "rotary_base"), -2 * static_cast<double>(i) / static_cast<double>(head));
          cosine.push_back(std::cos(angle));
          sine.push_back(std::sin(angle));
        }
      const std::string angles = joined({array(cosine), ", ", array(sine), ", "});
      call("rotate", {angles, to(projected), ", ", 3 * features, ", ", 2 * heads, ", ", head, ", ", steps,
                      ", ", rotary == 2 ? "true" : "false"});
    }
    const Values z = fresh(x.shape), shares = fresh({steps});
    need("softmax");
    call("attend", {from(projected), ", ", to(z), ", ", to(shares), ", ", heads, ", ", head, ", ", steps,
                    ", ", option(layer, "causal") == 1 ? "true" : "false"});
    release(projected, false);
    release(shares, false);
    const Values y = fresh(x.shape);
    write_projection(inside(path, "out_proj.weight"), inside(path, "out_proj.bias"), z, y);
    release(z, false);
    release(x, keep);
    return y;
  }

 private:
  void write_projection(const std::string& weight, const std::string& bias, const Values& x,
                        const Values& y) {
    const std::string arrays = joined({array(weight), ", ", optional(bias), ", "});
    call("dense", {arrays, from(x), ", ", to(y), ", ", x.shape.channels, ", ", y.shape.channels, ", ",
                   x.shape.positions()});
  }
};

}  // namespace descent::detail
