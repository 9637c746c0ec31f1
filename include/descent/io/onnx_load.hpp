#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <istream>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/io/onnx_attributes.hpp"
#include "descent/io/onnx_forms.hpp"
#include "descent/io/onnx_model.hpp"
#include "descent/io/onnx_numbers.hpp"
#include "descent/io/onnx_paths.hpp"
#include "descent/io/onnx_read.hpp"
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
    fail_to_load_onnx(concat("expected a network with one input, got one with ", inputs.size()),
                      inputs.empty() ? "its outputs are constants" : "several inputs are not read");
  return *inputs[0];
}

/// The largest number of features; no product of sizes overflows.
constexpr Index most_onnx_features = Index{1} << 31;

/// The sizes of the input.
inline OnnxSamples samples_of(const OnnxValue& input) {
  if (input.dims.empty())
    fail_to_load_onnx("expected an input [batch, features], got 0 dimensions",
                      "export it for batches of samples");
  OnnxSamples samples{.count = input.dims[0], .dims = {}};
  std::int64_t features = 1;
  for (std::size_t i = 1; i < input.dims.size(); ++i) {
    const std::int64_t size = input.dims[i];
    if (size < 1 || size > most_onnx_features / features)
      fail_to_load_onnx(concat("expected a fixed number of features up to 2^31, got a size of ", size),
                        "export with the batch alone dynamic");
    features *= size;
    samples.dims.push_back(Index{size});
  }
  return samples;
}

/// Makes a network of the steps in a file.
template <std::floating_point T>
class OnnxAssembly {
 public:
  OnnxAssembly(const OnnxModel& model, const OnnxPaths& paths)
      : paths_{paths}, budget_{model}, opset_{model.opset} {}

  /// The layers after the step `begin`, up to the step `end`; `samples` becomes the sizes of what they give.
  Network<T> network(std::size_t begin, std::size_t end, OnnxSamples& samples) {
    constexpr int most = 50;
    if (nesting_ == most)
      fail_to_load_onnx(concat("expected paths nested at most ", most, " deep, got more"),
                        "the file is damaged");
    ++nesting_;
    Network<T> net;
    for (const std::size_t step : paths_.between(begin, end)) {
      const OnnxNode& node = *paths_[step].node;
      if (!used_.insert(step).second)
        fail_to_load_onnx(
            concat(printed(node), ": expected it to lie on one path, but several lead through it"),
            "a network here has no layer in two places");
      try {
        const std::size_t before = net.size();
        Index features = samples.features();
        add(net, paths_[step], samples);
        for (std::size_t i = before; i < net.size(); ++i) features = net[i].output_shape({features}).size();
        if (features > most_onnx_features)
          fail_to_load_onnx(concat(printed(node), ": expected up to 2^31 features, got ", features),
                            "the file is damaged");
        if (features != samples.features()) samples.dims = {features};
      } catch (const FormatError&) {
        throw;
      } catch (const Error& error) {
        fail_to_load_onnx(concat(printed(node), ": expected a layer that fits, got: ", error.what()),
                          "the file is damaged");
      }
    }
    if (net.size() == 0) net.add(Identity<T>{});
    --nesting_;
    return net;
  }

 private:
  void add(Network<T>& net, const OnnxStep& step, OnnxSamples& samples) {
    if (step.kind == OnnxStep::Kind::layer) {
      for (const OnnxNode* node : step.match.nodes) check_attributes(*node, opset_);
      rows_[step.form].add(net, {step.match, samples, budget_, opset_});
      return;
    }
    check_attributes(*step.node, opset_);
    if (step.kind == OnnxStep::Kind::residual) {
      OnnxSamples inner = samples;
      net.add(Residual{network(step.from, step.ends[0], inner)});
      if (inner.dims != samples.dims) fail(step, "expected two values of the same sizes, got others");
    } else {
      const std::int64_t axis = attribute_or(*step.node, "axis", std::int64_t{0});
      if (axis != 1 && axis != -1)
        fail_to_load_onnx(concat(printed(*step.node), ": expected axis = 1, got ", axis),
                          "samples are rows, and their features columns");
      constexpr Index numbers_in_branch = 16;  // about as much memory as an empty branch takes
      budget_.spend(numbers_in_branch * static_cast<Index>(step.ends.size()));
      std::vector<Network<T>> branches;
      for (const std::size_t end : step.ends) {
        OnnxSamples inner = samples;
        branches.push_back(network(step.from, end, inner));
        if (!inner.is_flat()) fail(step, "expected values [batch, features], got images");
      }
      samples.dims.resize(1);
      net.add(joined(branches, 0, branches.size()));
    }
  }

  [[noreturn]] static void fail(const OnnxStep& step, std::string_view problem) {
    fail_to_load_onnx(concat(printed(*step.node), ": ", problem), "flatten the samples before it");
  }

  /// A Concat has its branches in its type. So that there may be any number, it is halved until two are left.
  static Network<T> joined(std::vector<Network<T>>& branches, std::size_t begin, std::size_t end) {
    if (end - begin == 1) return std::move(branches[begin]);
    const std::size_t middle = begin + (end - begin) / 2;
    return Network<T>{Concat{joined(branches, begin, middle), joined(branches, middle, end)}};
  }

  const OnnxPaths& paths_;
  OnnxBudget budget_;
  std::int64_t opset_;
  std::vector<typename OnnxForms<T>::Row> rows_ = OnnxForms<T>::rows();
  std::set<std::size_t> used_;
  int nesting_ = 0;
};

/// The step that gives the network's output: of several outputs, the one that is read. A classifier may give labels too.
inline std::size_t output_step(const OnnxModel& model, const OnnxPaths& paths) {
  if (model.outputs.empty())
    fail_to_load_onnx("expected a network with one output, got one without", "export the one that is wanted");
  std::vector<std::size_t> read;
  for (const OnnxValue& output : model.outputs) {
    const std::size_t step = paths.find(output.name);
    if (paths[step].kind != OnnxStep::Kind::unknown) read.push_back(step);
  }
  if (read.size() > 1)
    fail_to_load_onnx(concat("expected a network with one output, got one with ", read.size()),
                      "export the one that is wanted");
  if (read.size() == 1) return read[0];
  const OnnxStep& unknown = paths[paths.find(model.outputs[0].name)];
  const auto [reason, cure] = paths.fault(unknown);
  fail_to_load_onnx(concat(printed(*unknown.node), ": ", reason), cure);
}

}  // namespace detail

/// The network in a model; see load_onnx.
template <std::floating_point T = float>
Network<T> from_onnx(const OnnxModel& model) {
  using namespace detail;
  check_opset(model.opset);
  const OnnxValue& input = only_input(model);
  OnnxSamples samples = samples_of(input);
  std::vector<OnnxForm> forms;
  for (const auto& row : OnnxForms<T>::rows()) forms.push_back(OnnxForm::parse(row.form));
  const OnnxPaths paths{model, input.name, forms};
  const std::size_t end = output_step(model, paths);
  return OnnxAssembly<T>{model, paths}.network(0, end, samples);
}

/// Reads a network from .onnx, to predict with or to train further: what save_onnx writes, and fully connected
/// networks that PyTorch exports in inference mode. The guide says which operators are read as which layer.
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
///          shared layers, several inputs or outputs, images that are not flattened. And for files that are damaged,
///          keep their values in other files, or are of an opset after 23.
/// Cost     memory of about seven times the size of the file while it reads, and for no file of more than 48 times.
/// Source   ONNX 1.18, operators of opsets 1 to 23
/// Example  examples/15_onnx.cpp
template <std::floating_point T = float>
Network<T> load_onnx(std::istream& in) {
  return from_onnx<T>(read_onnx(in));
}
template <std::floating_point T = float>
Network<T> load_onnx(const std::filesystem::path& path) {
  return from_onnx<T>(read_onnx(path));
}

}  // namespace descent
