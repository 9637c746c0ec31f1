#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <istream>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/io/onnx/attributes.hpp"
#include "descent/io/onnx/import.hpp"
#include "descent/io/onnx/match.hpp"
#include "descent/io/onnx/model.hpp"
#include "descent/io/onnx/numbers.hpp"
#include "descent/io/onnx/patterns.hpp"
#include "descent/io/onnx/read.hpp"
#include "descent/io/onnx/samples.hpp"
#include "descent/io/onnx/series_parallel.hpp"
#include "descent/layers/identity.hpp"
#include "descent/models/concat.hpp"
#include "descent/models/network.hpp"
#include "descent/models/residual.hpp"

namespace descent {

namespace detail {

/// The input that the outputs need. Older files list the constants among the inputs too, and a graph may have inputs
/// that nothing uses.
inline const OnnxValue& only_input(const OnnxModel& model) {
  std::set<std::string_view> constants, needed;
  for (const OnnxTensor& tensor : model.initializers) constants.insert(tensor.name);
  std::vector<const OnnxValue*> inputs;
  for (const OnnxValue& input : model.inputs)
    if (!constants.contains(input.name)) inputs.push_back(&input);
  if (inputs.size() == 1) return *inputs[0];

  for (const OnnxValue& output : model.outputs) needed.insert(output.name);
  for (auto node = model.nodes.rbegin(); node != model.nodes.rend(); ++node)
    if (std::any_of(node->outputs.begin(), node->outputs.end(),
                    [&](const auto& y) { return needed.contains(y); }))
      needed.insert(node->inputs.begin(), node->inputs.end());
  std::erase_if(inputs, [&](const OnnxValue* input) { return !needed.contains(input->name); });
  if (inputs.size() != 1)
    fail_to_load_onnx(detail::joined("expected a network with one input, got one with ", inputs.size()),
                      inputs.empty() ? "its outputs are constants" : "several inputs are not read");
  return *inputs[0];
}

/// The largest number of features; no product of sizes overflows.
constexpr Index most_onnx_features = Index{1} << 31;

/// The samples of the input.
inline OnnxSamples samples_of(const OnnxValue& input, bool channels_last) {
  if (input.dims.empty())
    fail_to_load_onnx("expected an input [batch, features], got 0 dimensions",
                      "export it for batches of samples");
  std::vector<Index> sizes;
  std::int64_t features = 1;
  for (std::size_t i = 1; i < input.dims.size(); ++i) {
    const std::int64_t size = input.dims[i];
    if (size < 1 || size > most_onnx_features / features)
      fail_to_load_onnx(
          detail::joined("expected a fixed number of features up to 2^31, got a size of ", size),
          "export with the batch alone dynamic");
    features *= size;
    sizes.push_back(Index{size});
  }
  return {input.dims[0], sizes, channels_last};
}

template <std::floating_point T>
Network<T> or_identity(Network<T> net) {
  if (net.size() == 0) net.add(Identity<T>{});
  return net;
}

/// Makes a network of the steps in a file.
template <std::floating_point T>
class OnnxAssembly {
 public:
  OnnxAssembly(const OnnxModel& model, const OnnxSeriesParallel& steps, const OnnxImporters<T>& importers)
      : steps_{steps}, importers_{importers}, budget_{model}, opset_{model.opset} {}

  /// The layers after the step `begin`, up to the step `end`; `samples` becomes what they give.
  Network<T> network(std::size_t begin, std::size_t end, OnnxSamples& samples) {
    constexpr int most = 50;
    if (nesting_ == most)
      fail_to_load_onnx(detail::joined("expected paths nested at most ", most, " deep, got more"),
                        "the file is damaged");
    ++nesting_;
    Network<T> net;
    for (const std::size_t step : steps_.series(begin, end)) {
      const OnnxNode& node = *steps_[step].node;
      if (!used_.insert(step).second)
        fail_to_load_onnx(
            detail::joined(printed(node), ": expected it to lie on one path, but several lead through it"),
            "a network here has no layer in two places");
      try {
        add(net, steps_[step], samples);
        if (const Index features = samples.shape.size(); features > most_onnx_features)
          fail_to_load_onnx(detail::joined(printed(node), ": expected up to 2^31 features, got ", features),
                            "the file is damaged");
      } catch (const FormatError&) {
        throw;
      } catch (const Error& error) {
        fail_to_load_onnx(detail::joined(printed(node), ": expected a layer that fits, got: ", error.what()),
                          "the file is damaged");
      }
    }
    --nesting_;
    return net;
  }

 private:
  void add(Network<T>& net, const OnnxStep& step, OnnxSamples& samples) {
    if (step.kind == OnnxStep::Kind::layer) {
      const OnnxImporter<T>& importer = importers_[step.pattern];
      if (importer.checks_attributes)
        for (const OnnxNode* node : step.match.nodes) check_attributes(*node, opset_);
      OnnxImport<T> in{step.match, budget_, opset_, net, samples};
      return importer.add(in);
    }
    check_attributes(*step.node, opset_);
    if (step.kind == OnnxStep::Kind::residual)
      add_residual(net, step, samples);
    else
      add_concat(net, step, samples);
  }

  void add_residual(Network<T>& net, const OnnxStep& step, const OnnxSamples& samples) {
    OnnxSamples inner = samples;
    Network<T> body = network(step.parent, step.branches[0], inner);
    if (inner.axes != samples.axes)
      fail_to_load_onnx(
          detail::joined(printed(*step.node), ": expected two values of the same sizes, got others"),
          "let both have the same axes in the same order");
    view_as(body, inner, samples.shape);
    net.add(Residual{or_identity(std::move(body))});
  }

  void add_concat(Network<T>& net, const OnnxStep& step, OnnxSamples& samples) {
    constexpr Index numbers_in_branch = 16;  // about as much memory as an empty branch takes
    budget_.spend(numbers_in_branch * static_cast<Index>(step.branches.size()));
    const OnnxMatch match{{}, {step.node}, {}};
    std::vector<Network<T>> branches;
    OnnxSamples all;
    for (const std::size_t end : step.branches) {
      OnnxSamples branch = samples;
      Network<T> net_of_branch = network(step.parent, end, branch);
      OnnxImport<T> in{match, budget_, opset_, net_of_branch, branch};
      const std::size_t axis = in.axis("Concat", 0);
      if (!branch.is_channels(axis)) in.fail_order();
      in.work_on(axis);
      const Index channels = branch.size(axis);
      if (branches.empty()) {
        all = branch;
      } else {
        branch.set_channels(axis, all.size(axis));
        if (branch.axes != all.axes)
          in.fail("expected values of the same sizes but for their channels, got others",
                  "let all have the same axes in the same order");
        view_as(net_of_branch, branch, {channels, all.shape.height, all.shape.width});
        all.shape.channels += channels;
        all.set_channels(axis, all.shape.channels);
      }
      branches.push_back(or_identity(std::move(net_of_branch)));
    }
    samples = std::move(all);
    Network<T> whole = joined(branches, 0, branches.size());
    if (branches.size() == 1)
      net.add(std::move(whole));
    else
      net.add(std::move(whole[0]));
  }

  /// The only branch, or a Concat of two halves: it has its branches in its type, and there may be any number.
  static Network<T> joined(std::vector<Network<T>>& branches, std::size_t begin, std::size_t end) {
    if (end - begin == 1) return std::move(branches[begin]);
    const std::size_t middle = begin + (end - begin) / 2;
    return Network<T>{Concat{joined(branches, begin, middle), joined(branches, middle, end)}};
  }

  const OnnxSeriesParallel& steps_;
  const OnnxImporters<T>& importers_;
  OnnxBudget budget_;
  std::int64_t opset_;
  std::set<std::size_t> used_;
  int nesting_ = 0;
};

/// The step that gives the network's output: of several outputs, the one that is read. A classifier may give labels too.
inline std::size_t output_step(const OnnxModel& model, const OnnxSeriesParallel& steps) {
  if (model.outputs.empty())
    fail_to_load_onnx("expected a network with one output, got one without", "export the one that is wanted");
  std::vector<std::size_t> read;
  for (const OnnxValue& output : model.outputs) {
    const std::size_t step = steps.find(output.name);
    if (steps[step].kind != OnnxStep::Kind::unknown) read.push_back(step);
  }
  if (read.size() > 1)
    fail_to_load_onnx(detail::joined("expected a network with one output, got one with ", read.size()),
                      "export the one that is wanted");
  if (read.size() == 1) return read[0];
  steps.fail(steps[steps.find(model.outputs[0].name)]);
}

}  // namespace detail

/// The network in a model; see load_onnx.
template <std::floating_point T = float>
Network<T> from_onnx(const OnnxModel& model, const OnnxImporters<T>& layers = onnx_patterns<T>()) {
  using namespace detail;
  check_opset(model.opset);
  const OnnxValue& input = only_input(model);
  std::vector<OnnxPattern> patterns;
  for (const OnnxImporter<T>& importer : layers) patterns.push_back(OnnxPattern::parse(importer.pattern));
  const OnnxSeriesParallel steps{model, input.name, patterns};
  const std::size_t end = output_step(model, steps);
  OnnxSamples samples;
  const auto read = [&](bool channels_last) {
    samples = samples_of(input, channels_last);
    return OnnxAssembly<T>{model, steps, layers}.network(0, end, samples);
  };
  Network<T> net;
  try {
    net = read(false);
  } catch (const FormatError&) {
    if (input.dims.size() < 3) throw;
    try {
      net = read(true);
    } catch (const FormatError&) {
    }
    if (net.size() == 0) throw;  // the first error
  }
  const std::optional<Shape> shape = samples.usual_shape();
  if (!shape)
    fail_to_load_onnx("expected an output with its channels in axis 1, got values in another order",
                      "end the network before they are reordered, or in a fully connected layer after it");
  view_as(net, samples, *shape);
  return or_identity(std::move(net));
}

/// Reads a network from .onnx, to predict with or to train further: what save_onnx writes, and fully connected
/// networks that PyTorch exports in inference mode. The guide says which operators are read as which layer.
///
/// An input [batch, channels, height, width] or [batch, channels, time] is that of images or sequences, whose channels vary
/// fastest here. If its layers cannot be read so, it is [batch, height, width, channels] or [batch, time, channels]. Layers that take their values in another order, as a fully connected one after Flatten, have their weights
/// reordered.
///
///   Network net = load_onnx("digits.onnx");
///
/// A network that was written with batch normalization folded in has none when it is read. Products and sums with
/// constants that are no layer here become a Standardize, which training does not change. Tensors that layers
/// share in the file are copied for each.
///
/// Of several inputs one may be used, and of several outputs one may come from layers: a classifier's
/// probabilities beside its labels.
///
/// Throws   FormatError, which names the node, for an operator, an attribute or a structure that no layer has:
///          shared layers, several inputs or outputs, values in an order that no layer has. And for files that are damaged,
///          keep their values in other files, or are of an opset after 23.
/// Cost     memory of about seven times the size of the file while it reads, and for no file of more than 48 times.
/// Source   ONNX 1.18, operators of opsets 1 to 23
/// Example  examples/15_onnx.cpp
template <std::floating_point T = float>
Network<T> load_onnx(std::istream& in, const OnnxImporters<T>& layers = onnx_patterns<T>()) {
  return from_onnx<T>(read_onnx(in), layers);
}
template <std::floating_point T = float>
Network<T> load_onnx(const std::filesystem::path& path, const OnnxImporters<T>& layers = onnx_patterns<T>()) {
  return from_onnx<T>(read_onnx(path), layers);
}

}  // namespace descent
