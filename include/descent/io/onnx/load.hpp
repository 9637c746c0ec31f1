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
#include "descent/io/onnx/input.hpp"
#include "descent/io/onnx/match.hpp"
#include "descent/io/onnx/model.hpp"
#include "descent/io/onnx/numbers.hpp"
#include "descent/io/onnx/patterns.hpp"
#include "descent/io/onnx/read.hpp"
#include "descent/io/onnx/samples.hpp"
#include "descent/io/onnx/series_parallel.hpp"
#include "descent/layers/identity.hpp"
#include "descent/models/concat.hpp"
#include "descent/models/dynamic_sequential.hpp"
#include "descent/models/residual.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

template <std::floating_point T>
DynamicSequential<T> or_identity(DynamicSequential<T> net) {
  if (net.size() == 0) net.add(Identity<T>{});
  return net;
}

/// Builds a network from the series-parallel structure of a graph: a series becomes a DynamicSequential, a join a
/// Residual or a Concat of the networks of its branches.
template <std::floating_point T>
class OnnxNetworkBuilder {
 public:
  OnnxNetworkBuilder(const OnnxModel& model, const OnnxSeriesParallel& steps,
                     const OnnxImporters<T>& importers)
      : steps_{steps}, importers_{importers}, budget_{model}, opset_{model.opset} {}

  /// Builds the layers after the step `begin`, up to the step `end`. `samples` is the layout of their input, then of
  /// their output.
  DynamicSequential<T> network(std::size_t begin, std::size_t end, OnnxSamples& samples) {
    constexpr int most = 50;
    if (nesting_ == most)
      fail_to_load_onnx(detail::joined("expected branches nested at most ", most, " deep, got more"),
                        "export a network with fewer nested joins");
    ++nesting_;
    DynamicSequential<T> net;
    for (const std::size_t step : steps_.series(begin, end)) {
      const OnnxNode& node = *steps_[step].node;
      if (!used_.insert(step).second)
        fail_to_load_onnx(detail::joined(printed(node), ": expected it on one branch, got it on several"),
                          "give each branch layers of its own");
      try {
        add(net, steps_[step], samples);
        if (const Index features = samples.shape.size(); features > most_onnx_features)
          fail_to_load_onnx(detail::joined(printed(node), ": expected up to 2^31 features, got ", features),
                            "export a network with fewer features");
      } catch (const FormatError&) {
        throw;
      } catch (const Error& error) {
        fail_to_load_onnx(
            detail::joined(printed(node),
                           ": expected a layer that fits the one before it, got: ", error.what()),
            "make their sizes agree");
      }
    }
    --nesting_;
    return net;
  }

 private:
  /// Throws unless the samples are in axis 0, or the operator can have them in another one.
  static void expect_batch(const OnnxStep& step, const OnnxSamples& samples) {
    constexpr std::string_view any[]{"Transpose", "Reshape", "Squeeze",  "Unsqueeze", "RNN",    "LSTM",
                                     "GRU",       "Gather",  "Identity", "Dropout",   "Concat", "Slice"};
    if (samples.batch != 0 && std::find(std::begin(any), std::end(any), step.node->op) == std::end(any))
      fail_to_load_onnx(
          joined(printed(*step.node), ": expected the batch in axis 0, got it in axis ", samples.batch),
          "move it there with a Transpose");
  }

  void add(DynamicSequential<T>& net, const OnnxStep& step, OnnxSamples& samples) {
    expect_batch(step, samples);
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

  void add_residual(DynamicSequential<T>& net, const OnnxStep& step, const OnnxSamples& samples) {
    OnnxSamples inner = samples;
    DynamicSequential<T> body = network(step.parent, step.branches[0], inner);
    if (inner.axes != samples.axes)
      fail_to_load_onnx(
          detail::joined(printed(*step.node), ": expected two values of the same dimensions, got others"),
          "give both the same axes in the same order");
    view_as(body, inner, samples.shape);
    net.add(Residual{or_identity(std::move(body))});
  }

  void add_concat(DynamicSequential<T>& net, const OnnxStep& step, OnnxSamples& samples) {
    constexpr Index numbers_per_branch = 16;  // the memory of an empty branch, about
    budget_.spend(numbers_per_branch * static_cast<Index>(step.branches.size()));
    const OnnxMatch match{{}, {step.node}, {}};
    std::vector<DynamicSequential<T>> branches;
    OnnxSamples all;
    for (const std::size_t end : step.branches) {
      OnnxSamples branch = samples;
      DynamicSequential<T> branch_net = network(step.parent, end, branch);
      OnnxImport<T> in{match, budget_, opset_, branch_net, branch};
      const std::size_t axis = in.axis("Concat", 0);
      if (!branch.is_channel_axis(axis)) in.fail_order();
      in.work_on(axis);
      const Index channels = branch.size(axis);
      if (branches.empty()) {
        all = branch;
      } else {
        branch.set_channels(axis, all.size(axis));
        if (branch.axes != all.axes)
          in.fail("expected values of the same dimensions except the channels, got others",
                  "give all the same axes in the same order");
        view_as(branch_net, branch, {channels, all.shape.height, all.shape.width});
        all.shape.channels += channels;
        all.set_channels(axis, all.shape.channels);
      }
      branches.push_back(or_identity(std::move(branch_net)));
    }
    samples = std::move(all);
    DynamicSequential<T> whole = concat_tree(branches, 0, branches.size());
    if (branches.size() == 1)
      net.add(std::move(whole));
    else
      net.add(std::move(whole[0]));
  }

  /// The branches as a balanced tree of Concats of two: the branches of a Concat are in its type, but their number is
  /// known only at run time.
  static DynamicSequential<T> concat_tree(std::vector<DynamicSequential<T>>& branches, std::size_t begin,
                                          std::size_t end) {
    if (end - begin == 1) return std::move(branches[begin]);
    const std::size_t middle = begin + (end - begin) / 2;
    return DynamicSequential<T>{
        Concat{concat_tree(branches, begin, middle), concat_tree(branches, middle, end)}};
  }

  const OnnxSeriesParallel& steps_;
  const OnnxImporters<T>& importers_;
  OnnxBudget budget_;
  std::int64_t opset_;
  std::set<std::size_t> used_;
  int nesting_ = 0;
};

/// The step of the network's output: the only output that is known. A classifier may have labels as another output.
inline std::size_t output_step(const OnnxModel& model, const OnnxSeriesParallel& steps) {
  if (model.outputs.empty())
    fail_to_load_onnx("expected a network with one output, got one without", "export with a single output");
  std::vector<std::size_t> read;
  for (const OnnxValue& output : model.outputs) {
    const std::size_t step = steps.find(output.name);
    if (steps[step].kind != OnnxStep::Kind::unknown) read.push_back(step);
  }
  // A recurrent node has its last state as another output.
  const auto of_one_node = [&](std::size_t step) {
    return steps[step].node != nullptr && steps[step].node == steps[read[0]].node;
  };
  if (read.size() > 1 && !std::all_of(read.begin(), read.end(), of_one_node))
    fail_to_load_onnx(detail::joined("expected a network with one output, got one with ", read.size()),
                      "export with a single output");
  if (!read.empty()) return read[0];
  steps.fail(steps[steps.find(model.outputs[0].name)]);
}

}  // namespace detail

/// Converts a model to a network.
///
/// Throws   as load_onnx.
template <std::floating_point T = float>
DynamicSequential<T> from_onnx(const OnnxModel& model, const OnnxImporters<T>& layers = onnx_patterns<T>()) {
  using namespace detail;
  check_opset(model.opset);
  const OnnxValue& input = only_input(model);
  std::vector<OnnxPattern> patterns;
  for (const OnnxImporter<T>& importer : layers) patterns.push_back(OnnxPattern::parse(importer.pattern));
  const OnnxSeriesParallel steps{model, input.name, patterns};
  const std::size_t end = output_step(model, steps);
  OnnxSamples samples;
  DynamicSequential<T> net;
  const auto read = [&](const OnnxValue& as, bool channels_last, std::size_t batch) {
    samples = samples_of(as, channels_last);
    samples.batch = batch;
    net = OnnxNetworkBuilder<T>{model, steps, layers}.network(0, end, samples);
    if (batch == 0 && samples.batch != 0)
      fail_to_load_onnx(joined("expected an output with the batch in axis 0, got it in axis ", samples.batch),
                        "keep the batch first");
  };
  const auto reads = [&](const OnnxValue& as, bool channels_last, std::size_t batch) {
    try {
      read(as, channels_last, batch);
      return true;
    } catch (const FormatError&) {
      return false;
    }
  };
  OnnxValue time_first = input;
  if (input.dims.size() == 3) std::swap(time_first.dims[0], time_first.dims[1]);
  const bool may_be_time_first =
      input.dims.size() == 3 && std::any_of(model.nodes.begin(), model.nodes.end(), is_recurrent);
  if (!reads(input, false, 0) && !(input.dims.size() > 2 && reads(input, true, 0)) &&
      !(may_be_time_first && reads(time_first, true, 1))) {
    // For the error of the likely order.
    const bool is_time_first = may_be_time_first && input.dims[0] > 0 && input.dims[1] < 0;
    read(is_time_first ? time_first : input, may_be_time_first, is_time_first ? 1 : 0);
  }
  const std::optional<Shape> shape = samples.standard_shape();
  if (!shape)
    fail_to_load_onnx(
        "expected an output with its channels in axis 1, got values in another order",
        "end the network before the values are reordered, or with a fully connected layer after it");
  view_as(net, samples, *shape);
  return or_identity(std::move(net));
}

/// Loads a network from .onnx, for inference or further training. Reads the files of save_onnx, and networks that
/// PyTorch exports in inference mode. The guide has the table of operators and layers.
///
///   DynamicSequential net = load_onnx("digits.onnx");
///
/// An input [batch, channels, height, width] is read as images, [batch, channels, time] as sequences. If the layers
/// do not allow this, it is read as [batch, height, width, channels], [batch, time, channels] or, before a recurrent
/// layer, [time, batch, channels]. In a `Batch` the channels vary fastest; the weights of a layer that takes flattened values are reordered accordingly.
///
/// Folded batch normalization is not restored. Arithmetic with constants that is no layer becomes a Standardize,
/// which training does not change. A tensor that several layers share in the file is copied for each.
///
/// A file may have further inputs that no output needs, and further outputs that no layer computes, such as the
/// labels of a classifier.
///
/// Throws   FormatError, which names the node, when an operator, an attribute or a structure has no layer: layers
///          shared by branches, several inputs or outputs, values in an order that no layer has. FormatError when the
///          file is damaged, keeps its values in other files, or has an opset above 23.
/// Cost     memory of about seven times the size of the file, and at most 48 times for any file.
/// Source   ONNX 1.18, operators of opsets 1 to 23
/// Example  examples/15_onnx.cpp
template <std::floating_point T = float>
DynamicSequential<T> load_onnx(std::istream& in, const OnnxImporters<T>& layers = onnx_patterns<T>()) {
  return from_onnx<T>(read_onnx(in), layers);
}
/// Reads a network from a file.
template <std::floating_point T = float>
DynamicSequential<T> load_onnx(const std::filesystem::path& path,
                               const OnnxImporters<T>& layers = onnx_patterns<T>()) {
  return from_onnx<T>(read_onnx(path), layers);
}

}  // namespace descent
