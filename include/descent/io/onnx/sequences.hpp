#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/io/onnx/import.hpp"
#include "descent/layers/embedding.hpp"
#include "descent/layers/recurrent/gru.hpp"
#include "descent/layers/recurrent/lstm.hpp"
#include "descent/layers/recurrent/rnn.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The patterns of layers of sequences: each function adds the layer of one pattern.
template <std::floating_point T>
struct OnnxSequences {
  using In = OnnxImport<T>&;

  static OnnxImporters<T> patterns() {
    OnnxImporters<T> all;
    // PyTorch concatenates the last states of all layers, of which a classifier takes those of the last layer.
    std::string states = "x";
    for (int layers = 2; layers <= 8; ++layers) {
      states = "_, " + states;
      const std::string last = joined("Gather(Concat(", states, "), ");
      all.push_back({joined(last, "index)"), last_step});
      all.push_back({joined("Concat(", last, "forward), ", last, "reverse))"), last_states});
    }
    const OnnxImporters<T> others{
        {"Gather(weight, Cast(x))", embedding},
        {"Gather(weight, x)", embedding},
        {"Gather(x, index)", last_step},
        {"RNN(x, weight, recurrence, bias?, lengths?, state?)", rnn},
        {"LSTM(x, weight, recurrence, bias?, lengths?, state?, cell?, peephole?)", lstm},
        {"GRU(x, weight, recurrence, bias?, lengths?, state?)", gru},
        {"Squeeze(x, axes?)", squeeze},
        {"Unsqueeze(x, axes?)", unsqueeze},
        {"Slice(x, starts, ends, axes?, steps?)", slice},
        {"Concat(Gather(x, forward), Gather(x, reverse))", last_states}};
    all.insert(all.end(), others.begin(), others.end());
    return all;
  }

  static void embedding(In in) {
    in.expect("Gather", "axis", 0, "gather rows of the table");
    const OnnxTensor& table = in.tensor("weight");
    if (table.dims.size() != 2)
      in.fail(joined("expected a table [tokens, size], got ", table.dims.size(), " dimensions"),
              "gather rows of a matrix");
    OnnxSamples& samples = in.samples();
    OnnxSamples after = samples;
    for (OnnxSamples::Axis& axis : after.axes)
      for (OnnxSubaxis& part : axis) part.stride *= table.dims[1];
    after.axes.push_back(OnnxSamples{1, {table.dims[1]}, true}.axes[0]);
    in.view({1, 1, samples.size()});
    Rng unused{0};
    Embedding<T> layer{table.dims[0], table.dims[1], unused, [](Matrix<T>&, const Fan&, Rng&) {}};
    layer.weight = in.matrix("weight").transpose().template cast<T>();
    after.shape = layer.output_shape(samples.shape);
    in.add(std::move(layer));
    samples = std::move(after);
  }

  static void rnn(In in) {
    const auto activations = in.texts("RNN", "activations");
    const bool relu = !activations.empty() && activations[0] == "Relu";
    recurrent<RNN<T>, RNNOptions>(in, {0}, {relu ? "Relu" : "Tanh"},
                                  {.activation = relu ? RNNActivation::relu : RNNActivation::tanh});
  }
  static void lstm(In in) {
    in.expect("LSTM", "input_forget", 0, "export it without coupled gates");
    recurrent<LSTM<T>, LSTMOptions>(in, {0, 2, 3, 1}, {"Sigmoid", "Tanh", "Tanh"}, {});
  }
  static void gru(In in) {
    const bool after = in.integer("GRU", "linear_before_reset", 0) != 0;
    recurrent<GRU<T>, GRUOptions>(in, {1, 0, 2}, {"Sigmoid", "Tanh"},
                                  {.reset = after ? GRUReset::after : GRUReset::before});
  }

  /// The last step of all outputs, of a recurrent layer that begins at the first one; or its only last state.
  static void last_step(In in) {
    OnnxSamples& samples = in.samples();
    const std::size_t axis = in.axis("Gather", 0);
    const bool of_layers = expect_states_joined(in);
    const double index = in.scalar("index"), last = static_cast<double>(samples.size(axis)) - 1;
    const bool is_last = (index == -1 || (index == last && !of_layers)) && samples.axes.size() == 2 &&
                         samples.is_channel_axis(1 - axis) && in.tensor("index").dims.empty();
    if (!is_last || !(samples.size(axis) == 1 || takes_last<RNN<T>>(in) || takes_last<LSTM<T>>(in) ||
                      takes_last<GRU<T>>(in)))
      in.fail("expected the last time step of a recurrent layer, got another part of its input",
              "end the layer before it in its last output");
    samples.axes.erase(samples.axes.begin() + static_cast<std::ptrdiff_t>(axis));
    samples.batch -= axis < samples.batch ? 1 : 0;
    samples.shape = {samples.size()};
  }
  /// The last states of both directions, next to each other.
  static void last_states(In in) {
    OnnxSamples& samples = in.samples();
    const bool of_layers = expect_states_joined(in);
    const auto is = [&](const char* name, double from_end) {
      const double index = in.scalar(name);
      return in.tensor(name).dims.empty() && (index == from_end || (index == from_end + 2 && !of_layers));
    };
    const std::int64_t axis = in.integer("Concat", "axis", 0);
    if (samples.batch != 1 || samples.axes.size() != 2 || samples.size(0) != 2 ||
        !samples.is_channel_axis(1) || (axis != 1 && axis != -1) || !is("forward", -2) || !is("reverse", -1))
      in.fail("expected the last states of both directions of a recurrent layer, got others",
              "concatenate h[-2] and h[-1] along the features");
    samples.batch = 0;
    if (!samples.reshape({samples.size()})) in.fail_order();
    samples.shape = {samples.size()};
  }
  /// A slice of all values, as PyTorch writes a colon.
  static void slice(In in) {
    const OnnxSamples& samples = in.samples();
    const auto &starts = in.tensor("starts").values, &ends = in.tensor("ends").values;
    std::vector<double> axes(starts.size());
    std::iota(axes.begin(), axes.end(), 0.0);
    if (in.has("axes")) axes = in.tensor("axes").values;
    bool is_whole = ends.size() == starts.size() && axes.size() == starts.size();
    for (std::size_t i = 0; i < starts.size() && is_whole; ++i) {
      const std::size_t axis = full_axis(in, axes[i], 0);
      const Index size =
          axis == samples.batch ? most_slice : samples.size(axis - (axis > samples.batch ? 1 : 0));
      is_whole = starts[i] == 0 && ends[i] >= static_cast<double>(size);
    }
    if (in.has("steps"))
      for (const double step : in.tensor("steps").values) is_whole = is_whole && step == 1;
    if (!is_whole)
      in.fail("expected a slice of all values, got one of some",
              "end the network before it, or cut its input");
  }

  static void squeeze(In in) {
    std::vector<std::size_t> gone;
    for (const double axis : in.axes("Squeeze")) gone.push_back(full_axis(in, axis, 0));
    std::sort(gone.rbegin(), gone.rend());
    OnnxSamples& samples = in.samples();
    for (const std::size_t axis : gone) {
      const std::size_t at = axis - (axis > samples.batch ? 1 : 0);
      if (axis == samples.batch || samples.size(at) != 1)
        in.fail(joined("expected to remove axes of size 1, got axis ", axis),
                "keep the batch and the others");
      samples.axes.erase(samples.axes.begin() + static_cast<std::ptrdiff_t>(at));
      samples.batch -= axis < samples.batch ? 1 : 0;
    }
    if (gone.empty()) in.fail("expected axes, got none", "export it with the axes to remove");
  }
  static void unsqueeze(In in) {
    std::vector<double> given = in.axes("Unsqueeze");
    std::vector<std::size_t> added;
    for (const double axis : given) added.push_back(full_axis(in, axis, given.size()));
    std::sort(added.begin(), added.end());
    OnnxSamples& samples = in.samples();
    for (const std::size_t axis : added) {
      const bool before = axis <= samples.batch;
      samples.axes.insert(samples.axes.begin() + static_cast<std::ptrdiff_t>(before ? axis : axis - 1),
                          OnnxSamples::Axis{});
      samples.batch += before ? 1 : 0;
    }
  }

 private:
  /// Returns an axis counted from the first, with the batch; negative ones count from the last.
  static std::size_t full_axis(In in, double axis, std::size_t added) {
    const double rank = static_cast<double>(in.samples().axes.size() + 1 + added);
    const double counted = axis < 0 ? axis + rank : axis;
    if (!(counted >= 0 && counted < rank))
      in.fail(joined("expected an axis below ", rank, ", got ", axis), "");
    return static_cast<std::size_t>(counted);
  }

  static constexpr Index most_slice = 0x7fffffff;  // the end of a slice that has none, or more

  /// True if the last states are those of several layers. Throws unless they are gathered and joined along axis 0.
  static bool expect_states_joined(In in) {
    bool of_layers = false;
    for (const OnnxNode* node : in.nodes()) {
      const bool joins = node->op == "Concat" && node != &in.node();
      of_layers = of_layers || joins;
      if ((joins || (node->op == "Gather" && in.nodes().size() > 1)) &&
          attribute_or(*node, "axis", std::int64_t{0}) != 0)
        in.fail("expected last states joined along axis 0, got another axis", "export the layer by itself");
    }
    return of_layers;
  }

  template <class L>
  static bool takes_last(In in) {
    L* const layer = in.template last_layer<L>();
    if (layer == nullptr || layer->is_bidirectional() || layer->outputs() == Outputs::last) return false;
    layer->set_outputs(Outputs::last);
    return true;
  }

  /// Throws unless all numbers of an optional constant are `value`.
  static void expect_all(In in, std::string_view name, double value, std::string_view what) {
    if (!in.has(name)) return;
    for (const double number : in.tensor(name).values)
      if (number != value) in.fail(joined("expected ", what, ", got others"), "export it without them");
  }

  /// Adds a recurrent layer. `order` has the position in ONNX of each of our gates.
  template <class L, class Options>
  static void recurrent(In in, const std::vector<std::size_t>& order,
                        const std::vector<std::string>& activations, Options options) {
    const std::string op = in.node().op;
    const OnnxTensor &w = in.tensor("weight"), &r = in.tensor("recurrence");
    const auto gates = static_cast<Index>(order.size());
    if (w.dims.size() != 3 || r.dims.size() != 3 || r.dims[2] < 1 || w.dims[2] < 1 ||
        w.dims[0] != r.dims[0] || w.dims[1] != r.dims[1] || r.dims[1] != gates * r.dims[2])
      in.fail(
          "expected weights [directions, gates * hidden, features] and [directions, gates * hidden, hidden], "
          "got "
          "others",
          "export the model again");
    const Index directions = w.dims[0], hidden = r.dims[2], channels = w.dims[2];
    const std::string direction = in.text(op, "direction", "forward");
    options.bidirectional = direction == "bidirectional";
    if (direction == "reverse" || directions != (options.bidirectional ? 2 : 1))
      in.fail(joined("expected direction = forward or bidirectional, got ", direction, " with ", directions),
              "reverse the input instead");
    in.expect(op, "hidden_size", hidden, "make it fit the weights");
    const auto given = in.texts(op, "activations");
    for (std::size_t i = 0; i < given.size(); ++i)
      if (given[i] != activations[i % activations.size()])
        in.fail(joined("expected the activation ", activations[i % activations.size()], ", got ", given[i]),
                "export it with the default activations");

    expect_all(in, "state", 0, "an initial state of zeros");
    expect_all(in, "cell", 0, "an initial cell state of zeros");
    expect_all(in, "peephole", 0, "peephole weights of zeros");
    if (in.has("lengths") && !in.tensor("lengths").values.empty())
      expect_all(in, "lengths", in.tensor("lengths").values[0], "lengths of all time steps");

    OnnxSamples& samples = in.samples();
    const bool batch_first = in.integer(op, "layout", 0) != 0;
    if (samples.axes.size() != 2 || samples.batch != (batch_first ? 0 : 1)) in.fail_order();
    const Index steps = samples.size(0);
    if (samples.size(1) != channels)
      in.fail(joined("expected ", samples.size(1), " features, got weights for ", channels),
              "make the weights fit the layer before it");
    if (samples.axes != OnnxSamples{1, {steps, channels}, true}.axes) in.fail_order();
    expect_all(in, "lengths", static_cast<double>(steps), "lengths of all time steps");

    const bool is_last = in.result() != in.node().outputs[0];
    options.outputs = is_last ? Outputs::last : Outputs::all;
    options.bias = in.has("bias") ? Bias::learned : Bias::none;
    L layer{channels, hidden, options};
    const Matrix<double> all_w = in.matrix("weight", directions * gates * hidden, channels),
                         all_r = in.matrix("recurrence", directions * gates * hidden, hidden);
    Vector<double> all_b;
    if (in.has("bias")) {
      if (in.tensor("bias").values.size() != static_cast<std::size_t>(2 * directions * gates * hidden))
        in.fail("expected two biases for each direction, got others", "export the model again");
      all_b = in.matrix("bias", 2 * directions * gates * hidden, 1);
    }
    for (Index d = 0; d < directions; ++d)
      for (Index gate = 0; gate < gates; ++gate) {
        auto& to = layer.weights(0, d == 1);
        const auto at = static_cast<Index>(order[static_cast<std::size_t>(gate)]);
        const Index from = (d * gates + at) * hidden, row = gate * hidden;
        to.input.middleRows(row, hidden) = all_w.middleRows(from, hidden).template cast<T>();
        to.recurrent.middleRows(row, hidden) = all_r.middleRows(from, hidden).template cast<T>();
        if (all_b.size() == 0) continue;
        const Index of_input = (2 * d * gates + at) * hidden;
        const Vector<double> b = all_b.segment(of_input, hidden),
                             b_2 = all_b.segment(of_input + gates * hidden, hidden);
        const bool two = to.recurrent_bias.size() > 0;
        to.bias.segment(row, hidden) = (two ? b : Vector<double>{b + b_2}).template cast<T>();
        if (two) to.recurrent_bias.segment(row, hidden) = b_2.template cast<T>();
      }

    in.view({channels, 1, steps});
    const Shape out = layer.output_shape(samples.shape);
    const Index count = samples.count;
    in.add(std::move(layer));
    samples = is_last ? OnnxSamples{count, {directions, hidden}, true}
                      : OnnxSamples{count, {steps, directions, hidden}, true};
    samples.shape = out;
    samples.batch = batch_first ? 0 : is_last ? 1 : 2;
  }
};

}  // namespace descent::inline DESCENT_ABI::detail
